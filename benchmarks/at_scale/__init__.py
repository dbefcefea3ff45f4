"""What a worker service and its workers would do at sizes that this machine hasn't: measured times, simulated."""
