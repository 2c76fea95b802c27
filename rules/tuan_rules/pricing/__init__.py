"""Prices of carts by compiled rules: index, algebra, ledger and explanation; for whoever has checked packages and a cart."""
