"""What :mod:`benchmarks.queue` measures: queues in temporary folders, and what is done with them."""
