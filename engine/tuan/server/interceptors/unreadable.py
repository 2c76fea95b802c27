"""Bytes that are no message: the sender's mistake, which gRPC itself would report as INTERNAL, a fault of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import DecodeError

from tuan.domain.errors import InvalidValue


class Unreadable:
    """Takes the place of a request that could not be parsed; the gate answers it."""

    __slots__ = ()

    def error(self) -> InvalidValue:
        return InvalidValue(
            "request", "the bytes are no message of the method's request type; use stubs of tuan_api.v1"
        )


def readable(parse: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """A deserializer that never raises."""
    if parse is None:
        return None

    def read(raw: bytes) -> Any:
        try:
            return parse(raw)
        except DecodeError:
            return Unreadable()

    return read


async def all_readable(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The requests of a stream; raises InvalidValue at the first that could not be parsed."""
    async for request in requests:
        if type(request) is Unreadable:
            raise request.error()
        yield request
