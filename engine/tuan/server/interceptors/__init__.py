"""What stands between a call and its servicer: who calls, how much, how long, and how a refusal looks on the wire; for the server only."""
