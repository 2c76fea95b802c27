"""One synchronous class per service of the API, a method per RPC; `Client` holds them, users need not import this."""
