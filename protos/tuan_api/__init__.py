"""The public API as generated messages and stubs; the server and every client import it, the engine below them does not."""
