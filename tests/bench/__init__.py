"""`make bench`: what the engine can do on this machine, as ratios taken in one run; its short form is a test."""
