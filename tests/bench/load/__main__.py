"""One process of the generator: settings as a line of JSON in, `ready`, a line to begin, the result as a line of JSON out."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import grpc

from tests.bench.load import arrivals
from tests.bench.load.loops import closed_loop, open_loop
from tests.bench.load.orders import Messages
from tests.bench.load.recorder import Recorder
from tests.bench.load.settings import LoadResult, LoadSettings
from tests.bench.load.transfer import result_to_json, settings_from_json
from tests.bench.load.wires import Answer, Calls, Stream, wire

_OPTIONS = [
    # A batch of answers is larger than gRPC's 4 MB only in a burst's worst case.
    ("grpc.max_receive_message_length", 64 << 20),
    # Or all channels of a process would share one connection.
    ("grpc.use_local_subchannel_pool", 1),
]


async def run(settings: LoadSettings) -> LoadResult:
    messages, recorder = Messages(settings), Recorder(settings)
    # A burst is a crowd at the door, not one that is still being written down.
    ready: Iterator[bytes] = iter(
        [messages.next() for _ in range(settings.messages if settings.pattern == "burst" else 0)]
    )
    async with AsyncExitStack() as stack:
        lines = [await _connected(settings, stack) for _ in range(settings.connections)]
        turns = itertools.cycle(lines)

        async def send() -> Answer:
            return await next(turns).send(next(ready) if settings.pattern == "burst" else messages.next())

        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        begun_s, cpu_s = time.monotonic(), time.process_time()
        if settings.pattern == "closed":
            await closed_loop(settings.seconds, send, recorder.record, settings.in_flight, settings.messages)
        else:
            await open_loop(arrivals.of(settings), send, recorder.record, settings.in_flight)
        cpu_s = time.process_time() - cpu_s
        for line in lines:
            await line.close()
    return recorder.result(begun_s, cpu_s)


async def _connected(settings: LoadSettings, stack: AsyncExitStack) -> Calls | Stream:
    channel = await stack.enter_async_context(grpc.aio.insecure_channel(settings.address, options=_OPTIONS))
    await channel.channel_ready()
    return wire(channel, settings)


if __name__ == "__main__":
    print(result_to_json(asyncio.run(run(settings_from_json(sys.stdin.readline())))), flush=True)
