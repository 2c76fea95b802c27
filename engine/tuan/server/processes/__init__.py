"""Several processes that are one engine: a parent that starts, watches and ends them; imported by the command line alone."""
