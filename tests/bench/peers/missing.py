"""A peer that cannot be had on this machine."""


class NotHere(Exception):
    """Its text says what is missing and how it can be had."""
