"""Servers, clocks and other helpers that tests of every kind share; imported by tests alone."""
