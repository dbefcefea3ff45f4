"""The executors: where a worker service can have its jobs run."""
