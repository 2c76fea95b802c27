"""What the engine can do, one verb per file, over the ports alone; the server and the command line call these."""
