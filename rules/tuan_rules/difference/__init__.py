"""What two versions of a package mean differently; for the command line and whoever publishes rules."""
