"""Concurrent requests for tickets share messages, and each gets its own answer."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from tests.unit.client.fake_server import Orders, Tickets, serving, serving_beside, ticket_for
from tuan_api.v1 import error_reason_pb2, order_pb2
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_client import (
    AsyncClient,
    CartLine,
    Client,
    ClientConfig,
    DeadlineExceeded,
    PlacedOrder,
    RefusalKind,
    ServerUnreachable,
    TuanApiError,
    errors,
)
from tuan_client.values import RequestTicketRequest, RequestTicketResponse


def ticket_of(answer: object) -> str:
    assert isinstance(answer, RequestTicketResponse) and answer.ticket is not None, answer
    return answer.ticket.ticket


def failed(reason: int, retry_ms: int | None = None, **metadata: str) -> pb.RequestTicketResult:
    delay = None
    if retry_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(retry_ms)
    error: Any = error_reason_pb2.ItemError(reason=reason, message="no", metadata=metadata, retry_delay=delay)  # type: ignore[arg-type]
    return pb.RequestTicketResult(error=error)


async def test_concurrent_requests_share_messages_and_get_their_own_answers() -> None:
    """Goal: awaits become batches of at most 64, demultiplexed. Method: 300 at once; each ticket names its request."""
    tickets = Tickets()
    async with serving(tickets) as target, AsyncClient(ClientConfig(target)) as client:
        answers = await asyncio.gather(
            *(client.flash_sales.request_ticket("A1", f"B{n}", request_id=f"r{n}") for n in range(300))
        )
    assert [ticket_of(answer) for answer in answers] == [f"ticket-of-r{n}" for n in range(300)]
    sizes = [len(batch.requests) for batch in tickets.batches]
    assert (sum(sizes), max(sizes), len(sizes)) == (300, 64, 5)


async def test_every_field_of_the_request_is_sent() -> None:
    """Goal: nothing that the caller says is dropped. Method: all arguments given, alone and in a list; compared by field."""
    wanted = RequestTicketRequest("r1", "A1", "B1", "D1", "T1", "42")
    tickets = Tickets()
    async with serving(tickets) as target, AsyncClient(ClientConfig(target)) as client:
        await client.flash_sales.request_ticket("A1", "B1", "D1", "T1", "42", request_id="r1")
        await client.flash_sales.request_tickets([wanted])
        await client.flash_sales.request_ticket("A1", "B1")
    alone, listed, keyless = (batch.requests[0] for batch in tickets.batches)
    assert alone == listed == wanted.to_message()
    assert {field.name for field, _ in alone.ListFields()} == set(alone.DESCRIPTOR.fields_by_name)
    assert len(keyless.request_id) == 32, "made where none is given"


async def test_outcomes_of_one_batch_do_not_mix() -> None:
    """Goal: a ticket, a refusal and an error in one message go to their callers. Method: three at once, then as a list."""
    challenge = pb.Challenge(kind="proof_of_work", token="t", prompt="p")
    refusal = order_pb2.Refusal(kind=order_pb2.REFUSAL_KIND_CHALLENGE_REQUIRED, message="solve it")
    results: dict[str, pb.RequestTicketResult] = {
        "later": pb.RequestTicketResult(response=pb.RequestTicketResponse(refusal=refusal, challenge=challenge)),
        "bad": failed(error_reason_pb2.ERROR_REASON_CHALLENGE_FAILED, activity_id="A1"),
    }

    async def answer(request: Any, attempt: int) -> Any:
        return pb.BatchRequestTicketsResponse(
            results=[results.get(item.request_id) or ticket_for(item) for item in request.requests]
        )

    names = ("good", "later", "bad")
    async with serving(Tickets(answer)) as target, AsyncClient(ClientConfig(target)) as client:
        good, later, bad = await asyncio.gather(
            *(client.flash_sales.request_ticket("A1", "B1", request_id=name) for name in names), return_exceptions=True
        )
        many = await client.flash_sales.request_tickets([RequestTicketRequest(name, "A1", "B1") for name in names])
    assert ticket_of(good) == "ticket-of-good"
    assert isinstance(later, RequestTicketResponse) and later.refusal is not None and later.challenge is not None
    assert (later.ticket, later.refusal.kind, later.challenge.prompt) == (None, RefusalKind.CHALLENGE_REQUIRED, "p")
    assert isinstance(bad, errors.ChallengeFailed)
    assert (bad.status, bad.metadata, bad.request_id) == (
        grpc.StatusCode.PERMISSION_DENIED,
        {"activity_id": "A1"},
        "bad",
    )
    assert bad.method == "/tuan_api.v1.FlashSaleService/BatchRequestTickets"
    assert many[:2] == [good, later]
    assert isinstance(many[2], errors.ChallengeFailed)


async def test_an_item_that_failed_for_now_is_sent_again_by_itself() -> None:
    """Goal: a store that is away delays its own session only. Method: one of three is refused twice, with a delay to keep."""

    async def answer(request: Any, attempt: int) -> Any:
        away = failed(error_reason_pb2.ERROR_REASON_STORE_UNAVAILABLE, retry_ms=20)
        return pb.BatchRequestTicketsResponse(
            results=[away if item.request_id == "r1" and attempt < 3 else ticket_for(item) for item in request.requests]
        )

    tickets = Tickets(answer)
    async with serving(tickets) as target, AsyncClient(ClientConfig(target)) as client:
        waiting = [client.flash_sales.request_ticket("A1", "B1", request_id=f"r{n}") for n in range(3)]
        answers = await asyncio.gather(*waiting)
    assert [ticket_of(answer) for answer in answers] == ["ticket-of-r0", "ticket-of-r1", "ticket-of-r2"]
    sent = [[item.request_id for item in batch.requests] for batch in tickets.batches]
    assert sent == [["r0", "r1", "r2"], ["r1"], ["r1"]]


async def test_calls_with_another_deadline_travel_in_another_message() -> None:
    """Goal: `timeout_s` holds for the call that states it. Method: two deadlines, interleaved; what each message's call stated."""
    tickets = Tickets()
    async with serving(tickets) as target, AsyncClient(ClientConfig(target, deadline_s=30)) as client:
        timeouts = [None, None, 3.0, 3.0, None]
        await asyncio.gather(
            *(
                client.flash_sales.request_ticket("A1", "B1", request_id=f"r{n}", timeout_s=timeout_s)
                for n, timeout_s in enumerate(timeouts)
            )
        )
    sent = [[item.request_id for item in batch.requests] for batch in tickets.batches]
    by_first = {ids[0]: (ids, deadline_s) for ids, deadline_s in zip(sent, tickets.deadlines_s, strict=True)}
    assert {first: ids for first, (ids, _) in by_first.items()} == {
        "r0": ["r0", "r1"],
        "r2": ["r2", "r3"],
        "r4": ["r4"],
    }
    # What arrives is a little off: gRPC rounds.
    assert {first: round(deadline_s / 10) for first, (_, deadline_s) in by_first.items()} == {"r0": 3, "r2": 0, "r4": 3}


async def test_a_batch_without_answer_fails_each_under_its_own_request_id() -> None:
    """Goal: every caller can ask again, when its own time is over. Method: a server that never answers, then none at all."""

    async def answer(request: Any, attempt: int) -> Any:
        await asyncio.Event().wait()

    async def two(client: AsyncClient) -> list[Any]:
        waiting = [client.flash_sales.request_ticket("A1", "B1", request_id=f"r{n}", timeout_s=0.2) for n in range(2)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    async with serving(Tickets(answer)) as target, AsyncClient(ClientConfig(target, deadline_s=60)) as client:
        silent = await two(client)
    async with AsyncClient(ClientConfig(target, attempt_count_max=2)) as client:
        absent = await two(client)
    for results, kind in ((silent, DeadlineExceeded), (absent, ServerUnreachable)):
        assert [type(error) for error in results] == [kind, kind]
        assert [error.request_id for error in results] == ["r0", "r1"]


async def test_an_outcome_of_a_newer_server_is_an_error() -> None:
    """Goal: nobody takes an unknown answer for a ticket. Method: a result with nothing set."""

    async def answer(request: Any, attempt: int) -> Any:
        return pb.BatchRequestTicketsResponse(results=[pb.RequestTicketResult()])

    async with serving(Tickets(answer)) as target, AsyncClient(ClientConfig(target)) as client:
        with pytest.raises(TuanApiError, match="update the client"):
            await client.flash_sales.request_ticket("A1", "B1")


async def test_close_sends_what_waits() -> None:
    """Goal: leaving the client loses neither orders nor tickets. Method: close before either has left."""
    async with serving(Orders(), Tickets()) as target:
        client = AsyncClient(ClientConfig(target, batch_wait_ms=100))
        order = asyncio.ensure_future(client.place_order("B1", "CNY", [CartLine("S1", 1)]))
        ticket = asyncio.ensure_future(client.flash_sales.request_ticket("A1", "B1", request_id="r1"))
        await asyncio.sleep(0)
        await client.close()
        assert isinstance(await order, PlacedOrder)
        assert ticket_of(await ticket) == "ticket-of-r1"


def test_requests_of_many_threads_share_messages() -> None:
    """Goal: batching without asyncio. Method: 32 threads released at once; fewer messages than requests, each its own answer."""
    tickets = Tickets()
    start = threading.Barrier(32)

    def ask(number: int) -> str:
        start.wait()
        return ticket_of(client.flash_sales.request_ticket("A1", "B1", request_id=f"r{number}", timeout_s=20))

    with (
        serving_beside(tickets) as target,
        Client(ClientConfig(target, batch_wait_ms=50)) as client,
        ThreadPoolExecutor(32) as pool,
    ):
        assert list(pool.map(ask, range(32))) == [f"ticket-of-r{number}" for number in range(32)]
        listed = client.flash_sales.request_tickets([RequestTicketRequest("r99", "A1", "B1")])
    assert [ticket_of(answer) for answer in listed] == ["ticket-of-r99"]
    assert sum(len(batch.requests) for batch in tickets.batches) == 33
    assert len(tickets.batches) < 16
