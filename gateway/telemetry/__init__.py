"""What the processes tell of themselves: `logs` (structlog on stderr), `metrics` (the table of all of them), `sharing` (metrics of several
processes as one). Any room may log and count; PURE rooms do neither."""
