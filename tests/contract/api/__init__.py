"""The API as callers meet it: every method over a real socket, with right and wrong requests."""
