"""How a message goes out and its answer comes back: unary calls and one stream, as bytes, over one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any

import grpc

from tests.bench.load.orders import varint
from tests.bench.load.settings import LoadSettings
from tuan_api.v1 import order_pb2 as pb

#: Bytes of an answer, or why there is none.
Answer = bytes | grpc.RpcError

_METHODS = {
    "unary": "/tuan_api.v1.OrderService/PlaceOrder",
    "batch": "/tuan_api.v1.OrderService/BatchPlaceOrders",
    "quote": "/tuan_api.v1.PricingService/Quote",
    "quick_join": "/tuan_api.v1.GroupBuyService/QuickJoinGroup",
}


class Calls:
    """A call per message."""

    def __init__(self, channel: grpc.aio.Channel, settings: LoadSettings, metadata: Any) -> None:
        self._call = channel.unary_unary(_METHODS[settings.form])
        self._deadline_s, self._metadata = settings.deadline_s, metadata

    async def send(self, message: bytes) -> Answer:
        try:
            return bytes(await self._call(message, metadata=self._metadata, timeout=self._deadline_s))
        except grpc.aio.AioRpcError as error:
            return error

    async def close(self) -> None:
        """Nothing is left open."""


class Stream:
    """A message on the one stream. Writing waits while the engine reads none: its flow control is part of the latency."""

    def __init__(self, channel: grpc.aio.Channel, settings: LoadSettings, metadata: Any) -> None:
        method = channel.stream_stream("/tuan_api.v1.OrderService/PlaceOrderStream")
        self._call = method(metadata=metadata)
        self._deadline_s = settings.deadline_s
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._one_writer = asyncio.Lock()
        self._reader = asyncio.create_task(self._read())

    async def send(self, message: bytes) -> Answer:
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(self._deadline_s):
                async with self._one_writer:
                    await self._call.write(b"\x08" + varint(number) + message)
                return await answer
        except TimeoutError:
            return _late()
        except grpc.aio.AioRpcError as error:
            return error
        except asyncio.InvalidStateError:  # the stream has ended: its status says why
            return await self._broken()
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        await self._call.done_writing()
        await self._reader

    async def _read(self) -> None:
        try:
            async for message in self._call:
                read = pb.PlaceOrderStreamResponse.FromString(message)
                if (waiting := self._waiting.get(read.batch_id)) is not None and not waiting.done():
                    waiting.set_result(message)
        except grpc.aio.AioRpcError:
            broken = await self._broken()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(broken)

    async def _broken(self) -> grpc.RpcError:
        return _error(await self._call.code(), await self._call.details() or "the stream ended")


def wire(channel: grpc.aio.Channel, settings: LoadSettings) -> Calls | Stream:
    metadata = (("authorization", f"Bearer {settings.key}"),)
    made: Callable[..., Calls | Stream] = Stream if settings.form == "stream" else Calls
    return made(channel, settings, metadata)


def _late() -> grpc.RpcError:
    return _error(grpc.StatusCode.DEADLINE_EXCEEDED, "no answer within the deadline")


def _error(code: grpc.StatusCode, details: str) -> grpc.RpcError:
    nothing = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(code, nothing, nothing, details)
