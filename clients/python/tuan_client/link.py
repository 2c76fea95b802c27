"""Connections to the server: calls with a deadline, repeated where that is safe, and streams that resume."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import grpc
from google.protobuf.message import Message

from tuan_client.config import ClientConfig
from tuan_client.errors import RateLimited
from tuan_client.failure import TuanApiError, error_from_rpc

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)


@dataclass(frozen=True, slots=True)
class Rpc(Generic[Req, Res]):
    """A method of the API. `repeatable`: sending it twice does no more than sending it once (a read, or by its request id)."""

    path: str
    request: type[Req]
    response: type[Res]
    repeatable: bool = False


class Link:
    """The channels of one client. Belongs to the event loop in which its first call is made."""

    def __init__(self, config: ClientConfig) -> None:
        self.config = config
        self._channels: list[grpc.aio.Channel] = []
        self._calls: dict[tuple[int, str], Any] = {}
        self._turn = 0
        self._closed = False

    async def unary(self, rpc: Rpc[Req, Res], request: Req, timeout_s: float | None = None) -> Res:
        """One answer to one request, within `timeout_s` (default: the client's). Raises TuanApiError."""
        deadline = time.monotonic() + (self.config.deadline_s if timeout_s is None else timeout_s)
        attempt = 1
        while True:
            try:
                call = self._call(rpc, "unary_unary")
                left = max(deadline - time.monotonic(), 0.001)
                return cast(Res, await call(request, timeout=left, metadata=self._metadata()))
            except grpc.aio.AioRpcError as failure:
                error = error_from_rpc(failure, rpc.path, getattr(request, "request_id", ""))
                delay = self.retry_delay(error, attempt) if rpc.repeatable else None
                if delay is None or time.monotonic() + delay >= deadline:
                    raise error from failure
            await asyncio.sleep(delay)
            attempt += 1

    async def resumed(self, rpc: Rpc[Req, Res], request: Req) -> AsyncIterator[Res]:
        """The answers of a stream that resumes by token: a broken connection is made anew, and the stream goes on behind the
        last answer that was seen. Raises TuanApiError when the server refuses, or after too many attempts without an answer.
        """
        attempt = 1
        cursor: Any = request
        while True:
            call = self._call(rpc, "unary_stream")(request, metadata=self._metadata())
            try:
                async for response in call:
                    attempt = 1
                    cursor.resume_token = response.resume_token
                    yield cast(Res, response)
                return
            except grpc.aio.AioRpcError as failure:
                error = error_from_rpc(failure, rpc.path)
                delay = self.retry_delay(error, attempt)
                if delay is None:
                    raise error from failure
            finally:
                call.cancel()
            await asyncio.sleep(delay)
            attempt += 1

    async def streamed(self, rpc: Rpc[Req, Res], request: Req) -> AsyncIterator[Res]:
        """The answers of a stream that ends by itself. Raises TuanApiError also where the connection breaks: ask again."""
        call = self._call(rpc, "unary_stream")(request, metadata=self._metadata())
        try:
            async for response in call:
                yield cast(Res, response)
        except grpc.aio.AioRpcError as failure:
            raise error_from_rpc(failure, rpc.path) from failure
        finally:
            call.cancel()

    def retry_delay(self, error: TuanApiError, attempt: int) -> float | None:
        """Seconds to wait before another attempt; None when there should be none.

        UNAVAILABLE is repeated, RATE_LIMITED where the server says when it will no longer be true, and a CANCELLED of gRPC's own: the
        server did not get round to taking the call up. Everything else is an answer, which would be the same again, or a
        deadline, which is over.
        """
        match error.status:
            case grpc.StatusCode.UNAVAILABLE:
                again = True
            case grpc.StatusCode.RESOURCE_EXHAUSTED:
                again = isinstance(error, RateLimited) and error.retry_delay_s is not None
            case grpc.StatusCode.CANCELLED:
                again = not error.reason and not self._closed
            case _:
                again = False
        if not again or attempt >= self.config.attempt_count_max:
            return None
        doubled: float = min(self.config.retry_delay_min_s * 2 ** (attempt - 1), self.config.retry_delay_max_s)
        # Half of it by chance: clients that were cut off together must not come back together.
        jittered = doubled * (0.5 + random.random() / 2)
        return jittered if error.retry_delay_s is None else error.retry_delay_s + jittered / 2

    async def close(self) -> None:
        """Close the connections; calls in flight end with CANCELLED."""
        self._closed = True
        channels, self._channels = self._channels, []
        self._calls.clear()
        for channel in channels:
            await channel.close(None)

    def _call(self, rpc: Rpc[Req, Res], kind: str) -> Any:
        """The next channel's callable of this method, made once."""
        if self._closed:
            raise RuntimeError("this client is closed; make a new one")
        if not self._channels:
            self._channels = [self._channel() for _ in range(self.config.channel_count)]
        self._turn = (self._turn + 1) % len(self._channels)
        key = (self._turn, rpc.path)
        if (call := self._calls.get(key)) is None:
            make = getattr(self._channels[self._turn], kind)
            call = make(
                rpc.path,
                request_serializer=rpc.request.SerializeToString,
                response_deserializer=rpc.response.FromString,
            )
            self._calls[key] = call
        return call

    def _channel(self) -> grpc.aio.Channel:
        options: list[tuple[str, Any]] = [
            ("grpc.max_receive_message_length", self.config.message_bytes_max),
            ("grpc.max_send_message_length", self.config.message_bytes_max),
            # Without it, channels to one address share one connection, and more of them gain nothing.
            ("grpc.use_local_subchannel_pool", 1),
            # A restarted server is found again within about a second; the default waits up to two minutes.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
            # gRPC's own retries know nothing of request ids; the repeating is done here, where it is safe.
            ("grpc.enable_retries", 0),
        ]
        tls = self.config.tls
        if tls is None:
            return grpc.aio.insecure_channel(self.config.target, options)
        if tls.server_name:
            options.append(("grpc.ssl_target_name_override", tls.server_name))
        credentials = grpc.ssl_channel_credentials(tls.root_certificates, tls.private_key, tls.certificate_chain)
        return grpc.aio.secure_channel(self.config.target, credentials, options)

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        token = self.config.token
        if callable(token):
            token = token()
        return (("authorization", f"Bearer {token}"),) if token else ()
