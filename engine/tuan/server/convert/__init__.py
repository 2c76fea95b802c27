"""From messages to domain values and back, one file per subject; for servicers only."""
