"""More than can be done: bursts, a drain that is held back, stores that go away and come back; over real gRPC."""
