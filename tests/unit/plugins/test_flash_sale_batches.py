"""Tickets in batches: each request is answered as if it had come alone, and what can be done once is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.plugins.flash_service import RULES, Page
from tuan.plugin import Attempt, CounterState, Reason, Refusal, RefusalKind, TuanError
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_api.v1 import order_pb2
from tuan_api.v1.error_reason_pb2 import ErrorReason
from tuan_flash_sale.servicer import REQUESTS_MAX
from tuan_proof_of_work.work import solve

LATER = (
    'flash_sale "later" { on = line.sku in ["S3"] price = off(10%) active = from 2027-02-10 20:00 until 2027-02-11 }'
)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr("tuan_flash_sale.live_sessions.INTERVAL_MS", 0)
    page = Page()
    page.open()
    return page


def wanted(page: Page, request_id: str = "r1", **fields: str) -> pb.RequestTicketRequest:
    fields = {"activity_id": page.activity.activity_id, "buyer_id": "b1", "device_id": "d1"} | fields
    return pb.RequestTicketRequest(request_id=request_id, **fields)


async def batch(page: Page, *requests: pb.RequestTicketRequest) -> Sequence[pb.RequestTicketResult]:
    message = pb.BatchRequestTicketsRequest(requests=requests)
    return (await page.service.BatchRequestTickets(message, None)).results


def told(result: pb.RequestTicketResult) -> str:
    """The outcome in a word."""
    if result.WhichOneof("outcome") == "error":
        return ErrorReason.Name(result.error.reason).removeprefix("ERROR_REASON_")
    if result.response.WhichOneof("outcome") == "refusal":
        return order_pb2.RefusalKind.Name(result.response.refusal.kind).removeprefix("REFUSAL_KIND_")
    return "ticket"


async def test_each_is_answered_in_order(page: Page) -> None:
    """Goal: a bad request does not touch the others. Method: good ones among all that is refused; each ticket is good for an
    order."""
    page.host.buyer_name = "b1"
    results = await batch(
        page,
        wanted(page, "r1"),
        wanted(page, ""),
        wanted(page, "r3", buyer_id="b2"),
        wanted(page, "r4", activity_id="nope"),
        wanted(page, "r5", challenge_token="x", challenge_answer="1"),
        wanted(page, "r6", device_id="d" * 65),
        wanted(page, "r7", buyer_id=""),
        wanted(page, "r8", device_id="d2"),
    )
    assert [told(result) for result in results] == [
        "ticket",
        "INVALID_FIELD",
        "NOT_THE_OWNER",
        "ACTIVITY_NOT_FOUND",
        "CHALLENGE_FAILED",
        "INVALID_FIELD",
        "INVALID_FIELD",
        "ticket",
    ]
    fields = [dict(results[place].error.metadata) for place in (1, 2, 3, 5, 6)]
    assert fields == [
        {"field": "request_id"},
        {"field": "buyer_id"},
        {"activity_id": "nope"},
        {"field": "device_id"},
        {"field": "buyer_id"},
    ]
    for result, device in ((results[0], "d1"), (results[7], "d2")):
        ticket = result.response.ticket.ticket
        order = page.bench.attempt(("S1", 1), activity=page.activity, device=device, ticket=ticket)
        assert page.bench.place(order).total_minor == 9_90


@pytest.mark.parametrize(
    ("phase", "fields", "outcome"),
    [
        ("open", {}, "ticket"),
        ("open", {"device_id": ""}, "ticket"),
        ("open", {"buyer_id": "b 1"}, "INVALID_FIELD"),
        ("open", {"request_id": "汉" * 22}, "INVALID_FIELD"),
        ("open", {"challenge_token": "x" * 1_025}, "INVALID_FIELD"),
        ("open", {"challenge_answer": "x" * 257}, "INVALID_FIELD"),
        ("open", {"activity_id": ""}, "ACTIVITY_NOT_FOUND"),
        ("open", {"activity_id": "汉" * 300}, "ACTIVITY_NOT_FOUND"),
        ("open", {"challenge_token": "x", "challenge_answer": "1"}, "CHALLENGE_FAILED"),
        ("sold out", {}, "SOLD_OUT"),
        ("early", {}, "NOT_OPEN_YET"),
        ("over", {}, "ENDED"),
        ("denied", {}, "RISK_DENIED"),
        ("checker broken", {}, "PLUGIN_UNAVAILABLE"),
        ("store away", {}, "STORE_UNAVAILABLE"),
    ],
)
async def test_a_batch_says_what_single_calls_say(
    monkeypatch: pytest.MonkeyPatch, phase: str, fields: dict[str, str], outcome: str
) -> None:
    """Goal: one path for both. Method: the same request alone and in a batch, to two desks in the same state; both answers."""
    answers: list[Any] = []
    for single in (True, False):
        page = _page_in(phase, monkeypatch)
        request = wanted(page, fields.get("request_id", "r1"), **{k: v for k, v in fields.items() if k != "request_id"})
        if single:
            try:
                answers.append(await page.service.RequestTicket(request, None))
            except TuanError as error:
                answers.append(error)
        else:
            [result] = await batch(page, request)
            assert told(result) == outcome
            answers.append(result)
    alone, batched = answers
    if isinstance(alone, TuanError):
        assert batched.error.message == alone.message
        assert dict(batched.error.metadata) == alone.metadata
        assert batched.error.retry_delay.ToMilliseconds() == (alone.retry_after_ms or 0)
    else:
        assert batched.response == alone


def _page_in(phase: str, monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page()
    page.open()
    match phase:
        case "sold out":
            page.stock(S1=(100, 100), S2=(10, 10))
        case "early":
            page.host.clock.move_to(page.activity.start_time_ms - 3_600_000)
        case "over":
            page.end()
        case "denied":
            page.host.verdict = Refusal(RefusalKind.RISK_DENIED, "refused by risk control (R-101)", limit="R-101")
        case "checker broken":
            broken = TuanError(Reason.PLUGIN_UNAVAILABLE, "plugin x: raised", retry_after_ms=1_000, plugin="x")
            _replace(monkeypatch, page, "judge_many", lambda attempts: [broken] * len(attempts))
        case "store away":
            _replace(monkeypatch, page, "stock", _store_is_away)
    return page


def _replace(monkeypatch: pytest.MonkeyPatch, page: Page, name: str, answer: Any) -> None:
    async def member(*arguments: Any) -> Any:
        return answer(*arguments)

    monkeypatch.setattr(page.host, name, member)


def _store_is_away(*_: Any) -> Any:
    raise TuanError(Reason.STORE_UNAVAILABLE, "the claims store is away", retry_after_ms=500)


async def test_a_session_whose_store_is_away_spares_the_others(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: sessions stand apart. Method: two in one batch; the stock of one cannot be read."""
    [later] = page.bench.publish(LATER)

    def stock(activity_id: str, skus: Sequence[str]) -> dict[str, CounterState]:
        return _store_is_away() if activity_id == later.activity_id else {sku: CounterState(9, 0, 0) for sku in skus}

    _replace(monkeypatch, page, "stock", stock)
    results = await batch(page, wanted(page, "r1", activity_id=later.activity_id), wanted(page, "r2"))
    assert [told(result) for result in results] == ["STORE_UNAVAILABLE", "ticket"]


async def test_a_batch_looks_once_and_asks_once(page: Page) -> None:
    """Goal: what costs by the call is paid once a batch. Method: 200 requests of two sessions; reads of the stock by session,
    calls of the risk checkers."""
    [later] = page.bench.publish(LATER)
    page.host.stock_of[later.activity_id] = {"S3": CounterState(9, 0, 0)}
    ids = (page.activity.activity_id, later.activity_id)
    requests = [wanted(page, f"r{n}", buyer_id=f"b{n}", device_id=f"d{n}", activity_id=ids[n % 2]) for n in range(200)]
    assert {told(result) for result in await batch(page, *requests)} == {"ticket"}
    assert (page.host.stock_reads, page.host.judged) == (2, [200])
    assert {told(result) for result in await batch(page, *requests)} == {"ticket"}
    assert page.host.judged == [200], "repeats are not judged again"


async def test_the_same_request_twice_in_a_batch(page: Page) -> None:
    """Goal: a client that repeats itself gets one ticket. Method: one id three times, the last with another content; then the
    batch again."""
    requests = [wanted(page), wanted(page), wanted(page, device_id="d2")]
    first = await batch(page, *requests)
    assert [told(result) for result in first] == ["ticket", "ticket", "REQUEST_ID_REUSED"]
    assert first[0].response == first[1].response
    page.host.clock.advance(1_000)
    again = await batch(page, *requests)
    assert again[0].response.ticket == first[0].response.ticket
    assert told(again[2]) == "REQUEST_ID_REUSED"


async def test_who_asks_too_often_is_found_within_a_batch(page: Page) -> None:
    """Goal: a batch is no way around the challenge. Method: five requests of one buyer among others; then the solved fourth."""
    requests = [wanted(page, f"r{n}") for n in range(5)]
    requests.insert(2, wanted(page, "other", buyer_id="b2", device_id="d2"))
    results = await batch(page, *requests)
    assert [told(result) for result in results] == ["ticket"] * 4 + ["CHALLENGE_REQUIRED"] * 2
    challenge = results[4].response.challenge
    assert challenge.kind == "proof_of_work"
    solved = {"challenge_token": challenge.token, "challenge_answer": solve(challenge.prompt)}
    results = await batch(page, wanted(page, "r3", **solved), wanted(page, "r4", **solved))
    assert [told(result) for result in results] == ["ticket", "CHALLENGE_FAILED"], "an answer is good once"


async def test_a_repeat_while_the_first_is_being_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a client that asks again before the answer came gets that answer, its challenge being used up. Method: the same
    request twice at once; the verdict takes a turn of the loop."""
    page = Page("always")
    challenge = (await batch(page, wanted(page)))[0].response.challenge
    solved = wanted(page, challenge_token=challenge.token, challenge_answer=solve(challenge.prompt))

    async def judge_many(attempts: Sequence[Attempt]) -> Sequence[Refusal | None]:
        await asyncio.sleep(0)
        return [None] * len(attempts)

    monkeypatch.setattr(page.host, "judge_many", judge_many)
    first, second = await asyncio.gather(*(page.service.RequestTicket(solved, None) for _ in range(2)))
    assert first.ticket.ticket and first.ticket == second.ticket


@pytest.mark.parametrize("count", [0, REQUESTS_MAX + 1])
async def test_a_batch_has_bounds(page: Page, count: int) -> None:
    """Goal: no empty and no endless message. Method: none, and one too many."""
    with pytest.raises(TuanError) as caught:
        await batch(page, *(wanted(page, f"r{n}") for n in range(count)))
    assert (caught.value.reason, caught.value.metadata) == (Reason.INVALID_FIELD, {"field": "requests"})


async def test_an_error_stays_within_what_the_api_promises(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a checker's long story does not swell the answer. Method: 5,000 characters of two bytes, in message and metadata."""
    story = TuanError(Reason.PLUGIN_UNAVAILABLE, "é" * 5_000, plugin="é" * 5_000)
    _replace(monkeypatch, page, "judge_many", lambda attempts: [story] * len(attempts))
    [result] = await batch(page, wanted(page))
    assert result.error.message == "é" * 512
    assert dict(result.error.metadata) == {"plugin": "é" * 128}


async def test_pages_and_tickets_need_no_sql(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a rush on the page does not reach the record. Method: a record that cannot be read; prices are there all the same."""
    monkeypatch.setattr(page.host, "read", None)
    sale = await page.service.GetSale(
        pb.GetSaleRequest(activity_id=page.activity.activity_id, buyer_id="b1", device_id="d1"), None
    )
    assert [(item.sku, item.list_price.amount_minor) for item in sale.items] == [("S1", 10_00), ("S2", 20_00)]
    assert told((await batch(page, wanted(page)))[0]) == "ticket"


async def test_settings_follow_the_activity(page: Page) -> None:
    """Goal: what is kept of a session is renewed with it. Method: the snapshot brings the activity with another setting."""
    assert told((await batch(page, wanted(page, "r1")))[0]) == "ticket"
    assert page.bench.publish(RULES % "always")[0].activity_id == page.activity.activity_id
    assert told((await batch(page, wanted(page, "r2")))[0]) == "CHALLENGE_REQUIRED"
