"""Runs jobs on a Dask cluster, in children of its workers: ``pip install 'queuebit[dask]'``.

Dask carries assignments there and reports back. What there is to do, and what has been done, only the store knows.
:mod:`.executor` keeps the books in the service's thread, :mod:`.link` with :mod:`.connection` talks with the cluster in
a thread of its own, and :mod:`.worker_side` with :mod:`.runner` is what takes place in a Dask worker.
"""
