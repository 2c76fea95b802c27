"""The engine's migrations, oldest first; once released, a script never changes."""
