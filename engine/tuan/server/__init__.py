"""The network side and the composition root: servicers, interceptors, conversion, command line; nobody imports it."""
