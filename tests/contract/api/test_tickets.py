"""Tickets in their two forms: what is answered, in which order, and that one bad request harms no other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.contract.api.cases import BLANK, CONTROL, LONG, NOBODY
from tests.contract.api.live import LiveEngine
from tests.contract.api.world import World
from tuan.plugin import Attempt, FaultPolicy, RiskChecker, Verdict, VerdictKind
from tuan_api.v1 import flash_sale_pb2 as f
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1.error_reason_pb2 import ErrorReason

SINGLE, BATCH = "FlashSaleService.RequestTicket", "FlashSaleService.BatchRequestTickets"


def _ticket(world: World, **fields: str) -> f.RequestTicketRequest:
    who = world.new_id()
    defaults = {"request_id": who, "activity_id": world.activity_id, "buyer_id": who, "device_id": who}
    return f.RequestTicketRequest(**{**defaults, **fields})


def _batch(world: World, requests: Sequence[f.RequestTicketRequest]) -> Sequence[f.RequestTicketResult]:
    results: Sequence[f.RequestTicketResult] = world.ok(BATCH, f.BatchRequestTicketsRequest(requests=requests)).results
    assert len(results) == len(requests)
    return results


#: One wrong field each, and what is said of it.
WRONG = {
    **{
        f"{field}-{name}": ({field: value}, "INVALID_FIELD", {"field": field})
        for field in ("request_id", "buyer_id", "device_id")
        for name, value in {"oversized": LONG, "blank": BLANK, "control": CONTROL, "bytes": "汉" * 22}.items()
    },
    "request_id-missing": ({"request_id": ""}, "INVALID_FIELD", {"field": "request_id"}),
    "buyer_id-missing": ({"buyer_id": ""}, "INVALID_FIELD", {"field": "buyer_id"}),
    "token-oversized": ({"challenge_token": "x" * 1_025}, "INVALID_FIELD", {"field": "challenge_token"}),
    "answer-oversized": ({"challenge_answer": "x" * 257}, "INVALID_FIELD", {"field": "challenge_answer"}),
    "activity-unknown": ({"activity_id": NOBODY}, "ACTIVITY_NOT_FOUND", {"activity_id": NOBODY}),
    "activity-missing": ({"activity_id": ""}, "ACTIVITY_NOT_FOUND", {"activity_id": ""}),
    "answer-wrong": ({"challenge_token": "x", "challenge_answer": "1"}, "CHALLENGE_FAILED", None),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_request_is_refused_alone(world: World, wrong: str) -> None:
    """Goal: its result says what a single call would have said, and its neighbours get their tickets. Method: one wrong request
    between two good ones; the same one by itself."""
    fields, reason, metadata = WRONG[wrong]
    request = _ticket(world, **fields)
    before, refused, after = _batch(world, [_ticket(world), request, _ticket(world)])
    assert before.response.ticket.ticket and after.response.ticket.ticket
    assert ErrorReason.Name(refused.error.reason) == f"ERROR_REASON_{reason}"
    alone = world.call(SINGLE, request)
    assert (alone.reason, alone.message) == (reason, refused.error.message)
    assert dict(refused.error.metadata) == dict(alone.metadata)
    assert metadata is None or metadata == dict(alone.metadata)


def test_tickets_of_a_batch_are_good_for_orders(world: World) -> None:
    """Goal: a batch hands out what a single call does. Method: the longest batch; an order with each ticket; then with another
    buyer's."""
    requests = [_ticket(world) for _ in range(256)]
    tickets = [result.response.ticket.ticket for result in _batch(world, requests)]
    assert len(set(tickets)) == 256

    def place(request: f.RequestTicketRequest, ticket: str) -> o.PlaceOrderRequest:
        ids = {"buyer_id": request.buyer_id, "device_id": request.device_id, "activity_id": world.activity_id}
        return world.order("S2", ticket=ticket, **ids)

    orders = [place(request, ticket) for request, ticket in zip(requests, tickets, strict=True)]
    foreign = place(requests[0], tickets[1])
    placed = world.ok("OrderService.BatchPlaceOrders", o.BatchPlaceOrdersRequest(requests=orders)).results
    assert {result.WhichOneof("outcome") for result in placed} == {"placed"}
    refused = world.ok("OrderService.PlaceOrder", foreign).result.refusal
    assert refused.kind == o.REFUSAL_KIND_TICKET_INVALID


def test_a_repeat_gets_the_first_ticket_in_either_form(world: World) -> None:
    """Goal: a request id works once, whichever way it comes. Method: alone, then twice in a batch, then with another content."""
    request = _ticket(world)
    first = world.ok(SINGLE, request).ticket
    other = f.RequestTicketRequest()
    other.CopyFrom(request)
    other.device_id = "another"
    again, twice, reused = _batch(world, [request, request, other])
    assert again.response.ticket == twice.response.ticket == first
    assert ErrorReason.Name(reused.error.reason) == "ERROR_REASON_REQUEST_ID_REUSED"
    assert dict(reused.error.metadata) == {"request_id": request.request_id}
    refused = world.call(SINGLE, other)
    assert (refused.status, refused.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")


def test_who_asks_too_often_is_challenged_within_a_batch(world: World) -> None:
    """Goal: a batch is no way around the challenge. Method: four requests of one buyer in a batch; the clock is in each answer."""
    results = _batch(world, [_ticket(world, buyer_id="hasty", device_id="hasty") for _ in range(4)])
    assert [result.response.WhichOneof("outcome") for result in results] == ["ticket"] * 3 + ["refusal"]
    assert results[3].response.refusal.kind == o.REFUSAL_KIND_CHALLENGE_REQUIRED
    assert results[3].response.challenge.token
    times = {result.response.server_time.ToMilliseconds() for result in results}
    assert len(times) == 1 and min(times) > 0


class Suspicious(RiskChecker):
    """Denies devices that say so; keeps how many it was asked about at a time."""

    code = "suspicious"
    fault_policy = FaultPolicy.FAIL_CLOSED

    def __init__(self) -> None:
        self.asked: list[int] = []

    def assess(self, attempts: Sequence[Attempt]) -> Sequence[Verdict]:
        self.asked.append(len(attempts))
        devices = [attempt.device for attempt in attempts]
        if "broken" in devices:
            raise RuntimeError("out of order")
        return [Verdict(VerdictKind.DENY if device == "bad" else VerdictKind.ALLOW, "R-1") for device in devices]


def test_risk_checkers_are_asked_once_a_batch(live: LiveEngine, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a checker's call costs 60 µs, so a batch makes one; each request gets its own verdict, and one that fails closed
    refuses. Method: a checker that denies one device of 64; then one that raises."""
    checker = Suspicious()
    monkeypatch.setattr(live.engine.judge, "_checkers", (checker,))
    requests = [_ticket(world, **({"device_id": "bad"} if number == 7 else {})) for number in range(64)]
    results = _batch(world, requests)
    assert checker.asked == [64]
    outcomes = [result.response.WhichOneof("outcome") for result in results]
    assert outcomes == ["refusal" if number == 7 else "ticket" for number in range(64)]
    assert results[7].response.refusal.kind == o.REFUSAL_KIND_RISK_DENIED
    broken = _batch(world, [_ticket(world, device_id="broken"), _ticket(world)])
    assert {ErrorReason.Name(result.error.reason) for result in broken} == {"ERROR_REASON_PLUGIN_UNAVAILABLE"}
    assert all(result.error.retry_delay.ToMilliseconds() > 0 for result in broken)
