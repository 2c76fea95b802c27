"""The outside world behind the ports: stores, clock and ids. Imported by the composition root in `server/` alone."""
