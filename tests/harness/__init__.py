"""The whole daemon, as a process, on a lab: what tests/integration/daemon and tests/faults share."""
