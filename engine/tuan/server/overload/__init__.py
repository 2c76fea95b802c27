"""How the engine says no before it is drowned: a rate per caller, a limit of what is under way; for the server only."""
