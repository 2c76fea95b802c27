"""One asynchronous class per service of the API, a method per RPC; `AsyncClient` holds them, users need not import this."""
