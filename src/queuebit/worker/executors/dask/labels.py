"""The resource labels of Dask workers that are understood."""

THREADS = "threads"
"""How many threads a worker has for all its runs together."""

MEMORY = "memory"
"""How many bytes of memory it has for them."""
