"""A command of `tuan` that a distribution brings along."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """`tuan NAME`, by an entry point NAME of the group `tuan.commands` that names this object.

    It runs without an engine, and has what it needs from its arguments. `run` returns the exit status: 0 done, 1 done and something is
    wrong, 2 not done; TuanError and OSError become 2 with their message.
    """

    help: str
    add_to: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
