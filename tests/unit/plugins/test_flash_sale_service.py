"""FlashSaleService on a fake host: pages, tickets, challenges, buffers, and what it refuses."""

from __future__ import annotations

import pytest

from tests.unit.plugins.flash_service import MINUTE_MS, Page
from tuan.plugin import Refusal, RefusalKind, TuanError
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_api.v1 import order_pb2
from tuan_flash_sale.board import INTERVAL_MS
from tuan_proof_of_work.work import solve


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    # Every call reads the stock anew, so that a test need not wait a quarter of a second for what it changed.
    monkeypatch.setattr("tuan_flash_sale.live_sessions.INTERVAL_MS", 0)
    return Page()


async def get(page: Page, **fields: str) -> pb.GetSaleResponse:
    fields = {"activity_id": page.activity.activity_id, "buyer_id": "b1", "device_id": "d1"} | fields
    return await page.service.GetSale(pb.GetSaleRequest(**fields), None)


async def ask(page: Page, request_id: str = "r1", **fields: str) -> pb.RequestTicketResponse:
    fields = {"activity_id": page.activity.activity_id, "buyer_id": "b1", "device_id": "d1"} | fields
    return await page.service.RequestTicket(pb.RequestTicketRequest(request_id=request_id, **fields), None)


async def refused(call, reason: str, field: str = "") -> None:
    with pytest.raises(TuanError) as caught:
        await call
    assert caught.value.reason.name == reason
    assert not field or caught.value.metadata["field"] == field


async def test_three_calls_from_page_to_order(page: Page) -> None:
    """Goal: GetSale, RequestTicket, PlaceOrder is all it takes. Method: the third is judged by the engine's own assembler."""
    page.open()
    sale = await get(page)
    assert not sale.HasField("challenge")
    given = await ask(page)
    assert given.WhichOneof("outcome") == "ticket"
    order = page.bench.place(page.bench.attempt(("S1", 1), activity=page.activity, ticket=given.ticket.ticket))
    assert order.total_minor == sale.items[0].sale_price.amount_minor == 9_90


async def test_a_page_shows_prices_countdown_and_what_is_left(page: Page) -> None:
    """Goal: a page needs no other call. Method: every field during warm-up, sale and buffer release."""
    sale = await get(page)
    session = sale.session
    assert session.state == pb.SALE_STATE_WARM_UP
    assert session.start_time.ToMilliseconds() - sale.server_time.ToMilliseconds() == 5 * MINUTE_MS
    assert session.start_time.ToMilliseconds() - session.warm_up_time.ToMilliseconds() == 10 * MINUTE_MS
    assert (sale.limit_per_buyer, sale.limit_per_device, sale.limit_per_address) == (1, 2, 0)
    assert [(item.sku, item.title, item.list_price.amount_minor) for item in sale.items] == [
        ("S1", "Green tea", 10_00),
        ("S2", "Black tea", 20_00),
    ]
    page.open()
    page.stock(S1=(100, 10 + 30), S2=(10, 10))
    sale = await get(page)
    assert sale.session.state == pb.SALE_STATE_OPEN
    assert [(item.capacity, item.available) for item in sale.items] == [(90, 60), (9, 0)], (
        "without the buffer of a tenth"
    )
    page.stock(S1=(100, 100), S2=(10, 10))
    assert (await get(page)).session.state == pb.SALE_STATE_SOLD_OUT
    page.end()
    assert (await get(page)).session.state == pb.SALE_STATE_ENDED


async def test_tickets_from_the_warm_up_until_the_end(page: Page) -> None:
    """Goal: tickets can be had before the rush, not after the sale. Method: before, during warm-up, in the sale, after it."""
    start_ms = page.activity.start_time_ms
    page.host.clock.move_to(start_ms - 11 * MINUTE_MS)
    early = await ask(page)
    assert early.refusal.kind == order_pb2.REFUSAL_KIND_NOT_OPEN_YET
    assert early.refusal.start_time.ToMilliseconds() == start_ms
    page.host.clock.move_to(start_ms - 10 * MINUTE_MS)
    warm = await ask(page)
    assert warm.ticket.expire_time.ToMilliseconds() == start_ms + 15 * MINUTE_MS
    page.host.clock.move_to(page.activity.end_time_ms - 1)
    assert (await ask(page, "r2", buyer_id="b2")).ticket.expire_time.ToMilliseconds() == page.activity.end_time_ms
    page.end()
    assert (await ask(page, "r3")).refusal.kind == order_pb2.REFUSAL_KIND_ENDED


async def test_sold_out_is_answered_at_the_desk_with_similar_goods(page: Page) -> None:
    """Goal: when all is gone nobody is sent on to order. Method: no stock; the answer names goods of the same category."""
    page.open()
    page.stock(S1=(100, 100), S2=(10, 10))
    answer = await ask(page)
    assert answer.refusal.kind == order_pb2.REFUSAL_KIND_SOLD_OUT
    assert list(answer.refusal.similar_skus) == ["S2"]


async def test_the_same_request_gets_the_same_ticket(page: Page) -> None:
    """Goal: a repeat after a lost answer is safe. Method: the same id twice, then with another buyer."""
    first = await ask(page)
    assert (await ask(page)).ticket == first.ticket
    await refused(ask(page, buyer_id="b2"), "REQUEST_ID_REUSED")


async def test_too_many_tickets_need_a_challenge(page: Page) -> None:
    """Goal: whoever asks too often has to work for it. Method: three tickets in a minute, the fourth is challenged."""
    for number in range(3):
        assert (await ask(page, f"r{number}")).WhichOneof("outcome") == "ticket"
    assert (await ask(page, "r0")).WhichOneof("outcome") == "ticket", "a repeat is not another"
    fourth = await ask(page, "r4")
    assert fourth.refusal.kind == order_pb2.REFUSAL_KIND_CHALLENGE_REQUIRED
    assert fourth.challenge.kind == "proof_of_work"
    assert (await get(page)).challenge.token, "the page says so beforehand"
    assert (await ask(page, "r5", buyer_id="b2")).HasField("challenge"), "the device counts too"
    assert not (await ask(page, "r6", buyer_id="b2", device_id="d2")).HasField("challenge")

    answer = solve(fourth.challenge.prompt)
    solved = {"challenge_token": fourth.challenge.token, "challenge_answer": answer}
    given = await ask(page, "r4", **solved)
    assert given.WhichOneof("outcome") == "ticket"
    assert (await ask(page, "r4", **solved)).ticket == given.ticket, "the same request again"
    await refused(ask(page, "r7", **solved), "CHALLENGE_FAILED")
    page.host.clock.advance(MINUTE_MS)
    assert not (await get(page)).HasField("challenge"), "a minute later all is forgotten"


async def test_risk_control_has_its_say(page: Page) -> None:
    """Goal: CHALLENGE and DENY verdicts hold at the desk. Method: both verdicts; a solved one is noted in the ticket."""
    page.open()
    page.host.verdict = Refusal(RefusalKind.RISK_DENIED, "refused by risk control (R-101)", limit="R-101")
    denied = await ask(page)
    assert denied.refusal.kind == order_pb2.REFUSAL_KIND_RISK_DENIED
    assert not denied.HasField("challenge")
    page.host.verdict = Refusal(RefusalKind.CHALLENGE_REQUIRED, "prove it")
    challenge = (await get(page)).challenge
    given = await ask(page, challenge_token=challenge.token, challenge_answer=solve(challenge.prompt))
    attempt = page.bench.attempt(("S1", 1), activity=page.activity, ticket=given.ticket.ticket)
    live = page.bench.snapshot.activities[page.activity.activity_id]
    assert live.promotion.answers_challenge(attempt, live.activity, live.prepared)


async def test_always_and_never() -> None:
    """Goal: the rule's word counts. Method: `always` challenges a first request, `none` not even a suspicious one."""
    always, never = Page("always"), Page("none")
    never.host.verdict = Refusal(RefusalKind.CHALLENGE_REQUIRED, "prove it")
    assert (await get(always)).HasField("challenge")
    assert (await ask(always)).refusal.kind == order_pb2.REFUSAL_KIND_CHALLENGE_REQUIRED
    assert not (await get(never)).HasField("challenge")
    for number in range(9):
        assert (await ask(never, f"r{number}")).WhichOneof("outcome") == "ticket"


async def test_a_challenge_is_good_for_its_buyer_device_and_session() -> None:
    """Goal: answers cannot be traded. Method: a right answer from another buyer, and from another device."""
    page = Page("always")
    challenge = (await get(page)).challenge
    solved = {"challenge_token": challenge.token, "challenge_answer": solve(challenge.prompt)}
    await refused(ask(page, buyer_id="b2", **solved), "CHALLENGE_FAILED")
    await refused(ask(page, device_id="d2", **solved), "CHALLENGE_FAILED")
    await refused(ask(page, challenge_token="x", challenge_answer="1"), "CHALLENGE_FAILED")
    assert (await ask(page, **solved)).WhichOneof("outcome") == "ticket"


async def test_no_challenge_plugin_no_ticket() -> None:
    """Goal: a challenge that cannot be set is not skipped. Method: the plugin is not installed."""
    page = Page("always")
    page.host.challenges.clear()
    await refused(ask(page), "PLUGIN_UNAVAILABLE")


async def test_sessions_are_listed_in_order_and_pages(page: Page) -> None:
    """Goal: a start page lists what is on and what comes. Method: four sessions, pages of three, one of them over."""
    text = 'flash_sale "days" { on = line.sku in ["S3"] price = off(10%) active = from 2027-02-11 until 2027-02-13 '
    page.bench.publish(text + "sessions = daily(at: [10:00, 20:00], for: 1h) }")
    first = await page.service.ListSessions(pb.ListSessionsRequest(page_size=3), None)
    second = await page.service.ListSessions(
        pb.ListSessionsRequest(page_size=3, page_token=first.next_page_token), None
    )
    ids = [session.activity_id for session in (*first.sessions, *second.sessions)]
    assert ids == ["evening-20270210T2000", *(f"days-2027021{day}T{hour}00" for day in (1, 2) for hour in (10, 20))]
    assert not second.next_page_token
    assert [session.state for session in first.sessions][:2] == [pb.SALE_STATE_WARM_UP, pb.SALE_STATE_SCHEDULED]
    page.end()
    left = await page.service.ListSessions(pb.ListSessionsRequest(), None)
    assert [session.activity_id for session in left.sessions] == ids[1:]
    assert left.server_time.ToMilliseconds() == page.activity.end_time_ms


async def test_buffers_are_released_by_sku(page: Page) -> None:
    """Goal: the buffer of the SKUs named, or of all. Method: one, then all; what was released before counts nothing."""
    page.host.buffers = {(page.activity.activity_id, "S1"): 10, (page.activity.activity_id, "S2"): 1}

    async def release(*skus: str):
        request = pb.ReleaseBufferRequest(request_id="r", activity_id=page.activity.activity_id, skus=skus)
        return [(item.sku, item.quantity) for item in (await page.service.ReleaseBuffer(request, None)).released]

    assert await release("S1", "S1") == [("S1", 10)]
    assert await release() == [("S1", 0), ("S2", 1)]
    await refused(release("S3"), "SKU_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "request_message", "reason", "field"),
    [
        ("GetSale", pb.GetSaleRequest(activity_id="a"), "INVALID_FIELD", "buyer_id"),
        ("GetSale", pb.GetSaleRequest(buyer_id="b"), "ACTIVITY_NOT_FOUND", ""),
        ("GetSale", pb.GetSaleRequest(buyer_id="b", activity_id="nope"), "ACTIVITY_NOT_FOUND", ""),
        ("GetSale", pb.GetSaleRequest(buyer_id="b" * 65), "INVALID_FIELD", "buyer_id"),
        ("GetSale", pb.GetSaleRequest(buyer_id="b 1"), "INVALID_FIELD", "buyer_id"),
        ("GetSale", pb.GetSaleRequest(buyer_id="b\0"), "INVALID_FIELD", "buyer_id"),
        ("GetSale", pb.GetSaleRequest(buyer_id="b", device_id="d" * 65), "INVALID_FIELD", "device_id"),
        ("RequestTicket", pb.RequestTicketRequest(buyer_id="b"), "INVALID_FIELD", "request_id"),
        ("RequestTicket", pb.RequestTicketRequest(request_id="r"), "INVALID_FIELD", "buyer_id"),
        ("RequestTicket", pb.RequestTicketRequest(request_id="r", buyer_id="b"), "ACTIVITY_NOT_FOUND", ""),
        (
            "RequestTicket",
            pb.RequestTicketRequest(request_id="r", buyer_id="b", challenge_token="x" * 1_025),
            "INVALID_FIELD",
            "challenge_token",
        ),
        (
            "RequestTicket",
            pb.RequestTicketRequest(request_id="r", buyer_id="b", challenge_answer="x" * 257),
            "INVALID_FIELD",
            "challenge_answer",
        ),
        ("ListSessions", pb.ListSessionsRequest(page_size=-1), "INVALID_FIELD", "page_size"),
        ("ListSessions", pb.ListSessionsRequest(page_token="nonsense"), "PAGE_TOKEN_INVALID", "page_token"),
        ("ListSessions", pb.ListSessionsRequest(page_token="WzEsMl0="), "PAGE_TOKEN_INVALID", "page_token"),
        ("ReleaseBuffer", pb.ReleaseBufferRequest(activity_id="a"), "INVALID_FIELD", "request_id"),
        ("ReleaseBuffer", pb.ReleaseBufferRequest(request_id="r", activity_id="nope"), "ACTIVITY_NOT_FOUND", ""),
        (
            "NotifyMeWhenRestocked",
            pb.NotifyMeWhenRestockedRequest(request_id="r", buyer_id="b"),
            "INVALID_FIELD",
            "sku",
        ),
        (
            "NotifyMeWhenRestocked",
            pb.NotifyMeWhenRestockedRequest(request_id="r", buyer_id="b", sku="NOPE"),
            "SKU_NOT_FOUND",
            "",
        ),
        (
            "NotifyMeWhenRestocked",
            pb.NotifyMeWhenRestockedRequest(request_id="r", buyer_id="b", sku="S1", activity_id="nope"),
            "ACTIVITY_NOT_FOUND",
            "",
        ),
    ],
)
async def test_bad_input_is_refused_with_its_reason(
    page: Page, method: str, request_message, reason: str, field: str
) -> None:
    """Goal: no bad input is an internal error. Method: a table of them, each with reason and field."""
    await refused(getattr(page.service, method)(request_message, None), reason, field)


async def test_readers_share_one_look_at_the_stock() -> None:
    """Goal: a thousand pages cost the claims store one read per interval. Method: count the reads."""
    page = Page()
    for number in range(1_000):
        await get(page, buyer_id=f"b{number}", device_id=f"d{number}")
    assert page.host.stock_reads <= 1 + 60_000 // INTERVAL_MS
    assert page.host.stock_reads < 50
