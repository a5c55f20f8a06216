"""What people see of a running daemon: log lines, notices with cause and remedy, metrics. It changes nothing."""
