"""`make demo`: the main job on embedded stores, with a crash in the middle and an audit at the end; run by the command line."""
