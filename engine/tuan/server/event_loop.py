"""The event loop of a process that serves: uvloop's.

A unary call takes some four turns of the loop and twelve callbacks in grpc.aio, which asyncio's loop does in Python: of a bare
echo's CPU a quarter (docs/performance.md). Everything else of an engine runs on either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
