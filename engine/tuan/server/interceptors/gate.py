"""The gate: every call passes it on its way in (who, how much) and on its way out (errors, figures, log).

It is gRPC's generic handler, the one that finds the handler of a method, and not a chain of `ServerInterceptor`s: each of those
costs a coroutine, a closure and a look-up per call, and a bare call costs 300 µs in all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isasyncgenfunction, iscoroutinefunction
from time import perf_counter
from typing import Any, NoReturn

import grpc

from tuan.domain.errors import Reason, TuanError
from tuan.registry import PluginRefused
from tuan.server.host import current_caller
from tuan.server.in_flight import InFlight, shutting_down
from tuan.server.interceptors.access_log import AccessLog
from tuan.server.interceptors.auth import Authenticator
from tuan.server.interceptors.call import Call, current_call
from tuan.server.interceptors.deadline import DefaultDeadline
from tuan.server.interceptors.errors import DETAILS_KEY, code_of, details_of, message_of, report_fault
from tuan.server.interceptors.handler_types import GenericHandler, Handler
from tuan.server.interceptors.limits import CallLimits
from tuan.server.interceptors.methods import MethodFacts
from tuan.server.interceptors.metrics import CallMetrics
from tuan.server.interceptors.unreadable import Unreadable, all_readable, readable
from tuan.server.overload.admission import Admission
from tuan.server.overload.shedding import Shedding


@dataclass(frozen=True, slots=True)
class Guards:
    """Whom the gate asks."""

    authenticator: Authenticator
    limits: CallLimits
    in_flight: InFlight
    log: AccessLog
    metrics: CallMetrics
    deadline: DefaultDeadline
    admission: Admission


def counts_its_work(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a handler that tells `Admission` itself what is under way, since its work may outlive the call."""
    handler.counts_its_work = True  # type: ignore[attr-defined]
    return handler


def ends_by_itself(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a streaming handler that watches `InFlight.draining` itself; all others are ended by the gate."""
    handler.ends_by_itself = True  # type: ignore[attr-defined]
    return handler


class Gate(GenericHandler):
    """`handlers`: what serves each method, by its full name; a method without facts is served by nobody."""

    def __init__(self, facts: Mapping[str, MethodFacts], guards: Guards, handlers: Mapping[str, Handler]) -> None:
        self._facts = facts
        self._guards = guards
        self._endless: set[asyncio.Task[Any]] = set()
        self._drained: set[asyncio.Task[Any]] = set()
        self._wrapped = {method: self._wrap(facts[method], handler) for method, handler in handlers.items()}

    def service(self, details: grpc.HandlerCallDetails) -> Handler | None:
        """Runs in the task of the call, before its message is read."""
        facts = self._facts.get(details.method)
        if facts is None:
            return None  # gRPC answers UNIMPLEMENTED
        call = Call(details.method, started_s=perf_counter())
        try:
            if self._guards.in_flight.draining.is_set():
                raise shutting_down()
            if facts.scope is not None:
                self._admit(call, facts, facts.scope, details)
        except TuanError as error:
            return self._refusal(call, error)
        current_call.set(call)
        current_caller.set(call.caller)
        return self._wrapped.get(details.method)

    def end_streams(self) -> None:
        """Every stream that would go on for ever ends with SHUTTING_DOWN; its client resumes elsewhere by its token."""
        self._drained |= self._endless
        for task in self._endless:
            task.cancel()

    def _admit(self, call: Call, facts: MethodFacts, scope: str, details: grpc.HandlerCallDetails) -> None:
        identity = self._guards.authenticator.identify(details.invocation_metadata, call.method, scope)
        call.caller, call.buyer = identity.caller, identity.buyer
        self._guards.limits.take(identity.caller)
        if facts.shedding is not Shedding.NEVER:
            try:
                self._guards.admission.check(facts.shedding)
            except TuanError:
                self._guards.limits.give_back(identity.caller)
                raise

    def _refusal(self, call: Call, error: TuanError) -> Handler:
        """Answers without reading the request: who may not call does not make the server parse anything."""

        async def refuse(_: Any, context: Any) -> None:
            await self._abort(call, context, error)

        return grpc.stream_stream_rpc_method_handler(refuse)

    def _wrap(self, facts: MethodFacts, handler: Handler) -> Handler:
        serde = (readable(handler.request_deserializer), handler.response_serializer)
        if not facts.streaming:
            return grpc.unary_unary_rpc_method_handler(self._unary(facts, handler.unary_unary), *serde)
        behaviour = handler.unary_stream or handler.stream_stream or handler.stream_unary
        make = {
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
        }[handler.request_streaming, handler.response_streaming]
        if isasyncgenfunction(behaviour):
            return make(self._generator(facts, behaviour), *serde)
        return make(self._coroutine(facts, behaviour), *serde)

    def _unary(self, facts: MethodFacts, behaviour: Any) -> Any:
        _must_be_async(facts, behaviour)
        guards, deadline, names_buyer = self._guards, self._guards.deadline, facts.names_buyer
        admission, limits = guards.admission, guards.limits
        sheddable, is_batch = facts.shedding is not Shedding.NEVER, facts.is_batch
        counted = sheddable and not getattr(behaviour, "counts_its_work", False)

        async def unary(request: Any, context: Any) -> Any:
            call = current_call.get()
            in_work = 0
            try:
                if type(request) is Unreadable:
                    raise request.error()
                if names_buyer and call.buyer:
                    _check_buyer(call, request)
                left_s = context.time_remaining()
                if sheddable:
                    admission.check_time(facts.shedding, call.method, left_s)
                if is_batch:
                    limits.take_batch(call.caller, len(request.requests))
                if counted:
                    in_work = len(request.requests) if is_batch else 1
                    admission.begin(in_work)
                if left_s is None:
                    task = deadline.begin()
                    try:
                        answer = await behaviour(request, context)
                    finally:
                        deadline.end(task)
                else:
                    call.until_s = perf_counter() + left_s
                    answer = await behaviour(request, context)
            except BaseException as error:
                await self._failed(call, context, error)
            finally:
                if in_work:
                    admission.end(call.method, in_work, call.started_s)
            duration_s = call.duration_s()
            guards.metrics.ended(call.method, "OK", duration_s)
            guards.log.ended(call, "OK")
            return answer

        return unary

    def _generator(self, facts: MethodFacts, behaviour: Any) -> Any:
        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            call = await self._stream_begins(facts, behaviour, request, context)
            if isinstance(request, AsyncIterator):
                request = all_readable(request)
            try:
                async with aclosing(behaviour(request, context)) as answers:
                    async for answer in answers:
                        yield answer
            except BaseException as error:
                await self._failed(call, context, error)
            else:
                self._ended(call, "OK")
            finally:
                self._stream_ends(call)

        return stream

    def _coroutine(self, facts: MethodFacts, behaviour: Any) -> Any:
        _must_be_async(facts, behaviour)

        async def stream(request: Any, context: Any) -> Any:
            call = await self._stream_begins(facts, behaviour, request, context)
            if isinstance(request, AsyncIterator):
                request = all_readable(request)
            try:
                answer = await behaviour(request, context)
            except BaseException as error:
                await self._failed(call, context, error)
            else:
                self._ended(call, "OK")
                return answer
            finally:
                self._stream_ends(call)

        return stream

    async def _stream_begins(self, facts: MethodFacts, behaviour: Any, request: Any, context: Any) -> Call:
        call = current_call.get()
        try:
            if type(request) is Unreadable:
                raise request.error()
            if facts.names_buyer and call.buyer and not isinstance(request, AsyncIterator):
                _check_buyer(call, request)
            self._guards.limits.open_stream(call.caller)
        except TuanError as error:
            await self._abort(call, context, error)
        self._guards.metrics.stream_opened(call.method)
        task = asyncio.current_task()
        if task is not None and not getattr(behaviour, "ends_by_itself", False):
            self._endless.add(task)
        return call

    def _stream_ends(self, call: Call) -> None:
        self._guards.limits.close_stream(call.caller)
        self._guards.metrics.stream_closed(call.method)
        task = asyncio.current_task()
        if task is not None:
            self._endless.discard(task)
            self._drained.discard(task)

    async def _failed(self, call: Call, context: Any, error: BaseException) -> NoReturn:
        """Whatever a handler raised becomes a status; what is not ours to translate goes on as it is."""
        match error:
            case TuanError():
                await self._abort(call, context, error)
            case asyncio.CancelledError():
                await self._cancelled(call, context, asyncio.current_task())
            case GeneratorExit():
                self._ended(call, "CANCELLED")
            case grpc.aio.AbortError():
                code = context.code()
                self._ended(call, getattr(code, "name", "UNKNOWN"))
            case Exception():
                message = report_fault(call.method, error)
                self._ended(call, "INTERNAL")
                await context.abort(grpc.StatusCode.INTERNAL, message)
        raise error

    async def _cancelled(self, call: Call, context: Any, task: asyncio.Task[Any] | None) -> None:
        """By us, for a reason that the client is told; or by gRPC, because the client is gone or its deadline over."""
        if task is not None and self._guards.deadline.passed(task):
            task.uncancel()
            self._ended(call, "DEADLINE_EXCEEDED")
            message = f"not done within {self._guards.deadline.deadline_s:g} s, the longest for a call that states no deadline"
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, message)
        if task is not None and task in self._drained:
            task.uncancel()
            await self._abort(call, context, shutting_down())
        self._ended(call, "CANCELLED")

    async def _abort(self, call: Call, context: Any, error: TuanError) -> NoReturn:
        code = code_of(error.reason)
        self._ended(call, code.name, error.reason)
        await context.abort(code, message_of(error), ((DETAILS_KEY, details_of(error)),))
        raise error

    def _ended(self, call: Call, status: str, reason: Reason | None = None) -> None:
        facts = self._facts[call.method]
        self._guards.metrics.ended(call.method, status, None if facts.streaming else call.duration_s())
        self._guards.log.ended(call, status, reason)


def _check_buyer(call: Call, request: Any) -> None:
    """Credentials of one buyer act for that buyer alone. (An empty field is the servicer's to refuse or to fill.)"""
    if request.buyer_id and request.buyer_id != call.buyer:
        message = "the credentials are those of another buyer"
        raise TuanError(Reason.NOT_THE_OWNER, message, field="buyer_id")


def _must_be_async(facts: MethodFacts, behaviour: Any) -> None:
    if not iscoroutinefunction(behaviour):
        raise PluginRefused(f"{facts.method}: write the handler with `async def`; the server has no threads for it")
