"""A backend whose results are large, for the torture of disks. A child imports this module by its name."""

import numpy as np
from qiskit.result.models import ExperimentResultData
from torture_backends import TortureBackend


class ArrayBackend(TortureBackend):
    """Does what a ``TortureBackend`` does, and gives a statevector that is so large that it is a file."""

    def run(self, run_input, **options):
        job = super().run(run_input, **options)
        result = job.result

        def with_array():
            found = result()
            found.results[0].data = ExperimentResultData(statevector=np.arange(4096, dtype=complex))
            return found

        job.result = with_array
        return job
