"""Pure values and transitions of the engine; every other layer may import it, it imports the standard library alone."""
