"""Placing orders: one by one through the batcher, or many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Protocol

from tuan.domain.errors import Reason, TuanError
from tuan.server.convert.fields import check_count
from tuan.server.convert.placing import SeenLines, place_order
from tuan.server.interceptors.call import Call, current_call
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.owner import check_facts_are_allowed
from tuan.usecases.order_commands import PlaceOrder, PlaceResult
from tuan_api.v1 import order_pb2 as api

REQUESTS_MAX = 256


class Results(Protocol):
    """A repeated field of results."""

    def add(self) -> api.PlaceOrderResult: ...


class Placing:
    def __init__(self, bench: Bench) -> None:
        self._batcher = bench.engine.batcher
        self._buyer_limit = bench.buyer_limit
        self._results = bench.results
        self._metrics = bench.metrics
        self._admission = bench.admission
        self._shielded = bench.shielded

    async def one(self, request: api.PlaceOrderRequest) -> api.PlaceOrderResponse:
        """Gathered with whatever comes within the same millisecond. Needs no shield: the batcher owns the work."""
        call = current_call.get()
        command = self._command(request, call.caller, call.buyer)
        result = command if isinstance(command, TuanError) else await self._place(command, call)
        if isinstance(result, TuanError):
            self._metrics.order(result.reason.name.lower())
            raise result
        answer = api.PlaceOrderResponse()
        self._metrics.order(self._results.write(result, request.currency_code, answer.result))
        return answer

    async def many(self, requests: Sequence[api.PlaceOrderRequest], results: Results) -> None:
        """One result per request, in order; a bad item does not touch the others. Raises OVERLOADED when none is let in."""
        count, begin_s = len(requests), perf_counter()
        check_count("requests", count, REQUESTS_MAX)
        self._admission.begin_orders(count)
        try:
            await self._many(requests, results)
        finally:
            self._admission.end("batch", count, begin_s)

    async def for_plugin(self, requests: Sequence[api.PlaceOrderRequest]) -> Sequence[api.PlaceOrderResult]:
        """Orders of the call that a plugin's servicer answers (`Host.place`)."""
        answer = api.BatchPlaceOrdersResponse()
        await self._shielded(self.many(requests, answer.results))
        return answer.results

    def refuse(self, error: TuanError, requests: Sequence[api.PlaceOrderRequest], results: Results) -> None:
        """The same error for each."""
        for request in requests:
            self._results.write(error, request.currency_code, results.add())
        self._metrics.order(error.reason.name.lower(), len(requests))

    async def _place(self, command: PlaceOrder, call: Call) -> PlaceResult:
        self._admission.begin_orders(1)
        try:
            return await self._batcher.place(command, call.until_s)
        finally:
            self._admission.end("order", 1, call.started_s)

    async def _many(self, requests: Sequence[api.PlaceOrderRequest], results: Results) -> None:
        call = current_call.get()
        seen: SeenLines = {}
        commands = [self._command(request, call.caller, call.buyer, seen) for request in requests]
        good = [command for command in commands if isinstance(command, PlaceOrder)]
        placed = iter(await self._batcher.place_all(good) if good else ())
        outcomes: dict[str, int] = {}
        for request, command in zip(requests, commands, strict=True):
            result: PlaceResult = command if isinstance(command, TuanError) else next(placed)
            outcome = self._results.write(result, request.currency_code, results.add())
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        for outcome, count in outcomes.items():
            self._metrics.order(outcome, count)

    def _command(
        self, request: api.PlaceOrderRequest, caller: str, bound: str, seen: SeenLines | None = None
    ) -> PlaceOrder | TuanError:
        try:
            command = place_order(request, caller, seen)
            if bound:
                check_facts_are_allowed(command)
        except TuanError as error:
            return error
        if bound and command.buyer != bound:
            message = "the credentials are those of another buyer"
            return TuanError(Reason.NOT_THE_OWNER, message, field="buyer_id")
        return self._buyer_limit.refusal(caller, command.buyer) or command
