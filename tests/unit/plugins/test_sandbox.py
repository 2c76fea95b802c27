"""The sandbox channel: its signature, its memory, its faults on request, and what it delivers when."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration

from tuan.domain.payment import PaymentState, RefundCause, RefundState
from tuan.plugin import GatewayRefusal, Payment, PaymentNotice, Reason, Refund, RefundOutcome, TuanError
from tuan.testing import FakeHost
from tuan_api.v1 import sandbox_pb2 as pb
from tuan_sandbox.channel import FILE_NAME, Channel, Totals
from tuan_sandbox.gateway import SandboxGateway
from tuan_sandbox.servicer import SandboxServicer
from tuan_sandbox.signing import sign


class Bank:
    """A gateway on a fake host, with the service that plays the buyer. `again` starts it anew, as after a kill."""

    def __init__(self, folder: Path) -> None:
        self.host = FakeHost(data_dir=folder)
        self._requests = itertools.count()
        self.again()

    def again(self) -> None:
        self.gateway = SandboxGateway()
        self.gateway.start(self.host)
        [entry] = self.gateway.servicers()
        assert isinstance(entry.servicer, SandboxServicer)
        self.service = entry.servicer

    def payment(self, payment_id: str = "p1", amount_minor: int = 35_00) -> Payment:
        payment = Payment(
            payment_id, "shop", "r", "sandbox", "CNY", amount_minor, (("o1", amount_minor),), PaymentState.CREATED, 1
        )
        self.gateway.create(payment)
        return payment

    def refund(self, refund_id: str, transaction_id: str, amount_minor: int, currency: str = "CNY"):
        cause, state = RefundCause.BUYER, RefundState.REQUESTED
        return self.gateway.refund(
            Refund(refund_id, "o1", "p1", "sandbox", transaction_id, currency, amount_minor, cause, state, (), 1)
        )

    async def behave(self, **fields) -> pb.SandboxBehaviour:
        request = pb.ConfigureSandboxRequest(request_id="c", behaviour=pb.SandboxBehaviour(**fields))
        return (await self.service.ConfigureSandbox(request, None)).behaviour

    async def pay(self, payment_id: str = "p1", request_id: str = "", **fields) -> pb.PayNowResponse:
        request_id = request_id or f"r{next(self._requests)}"
        return await self.service.PayNow(pb.PayNowRequest(request_id=request_id, payment_id=payment_id, **fields), None)

    async def listed(self, **fields) -> pb.ListSandboxCallbacksResponse:
        return await self.service.ListSandboxCallbacks(pb.ListSandboxCallbacksRequest(**fields), None)

    async def deliver(self) -> list[PaymentNotice | str]:
        """Deliver until nothing is due; what the engine makes of each callback so far: the notice, or why it is refused."""
        while await self.gateway.delivery.deliver_due():
            pass
        return [self._parsed(headers, body) for _, headers, body in self.host.notices]

    def _parsed(self, headers: dict[str, str], body: bytes) -> PaymentNotice | str:
        try:
            return self.gateway.parse_notice(headers, body)
        except TuanError as error:
            return error.reason.name


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path)


async def test_a_payment_from_request_to_notice(bank: Bank) -> None:
    """Goal: the ordinary way. Method: create, pay, deliver; the notice says what was asked, and query agrees."""
    payment = bank.payment()
    assert bank.gateway.query(payment) is None
    paid = await bank.pay()
    [notice] = await bank.deliver()
    assert notice == bank.gateway.query(payment)
    assert notice == PaymentNotice("sandbox", paid.transaction_id, "p1", True, 35_00, "CNY", bank.host.clock.now_ms())
    [callback] = (await bank.listed()).callbacks
    assert callback.delivery_count == 1
    assert not callback.HasField("due_time")


async def test_asking_twice_moves_money_once(bank: Bank) -> None:
    """Goal: PayNow and create are idempotent; a new id is a second payment. Method: repeats, a mismatch, another id."""
    bank.payment()
    bank.payment()
    first = await bank.pay(request_id="r1")
    assert (await bank.pay(request_id="r1")).transaction_id == first.transaction_id
    with pytest.raises(TuanError) as caught:
        await bank.pay(request_id="r1", outcome=pb.PAY_OUTCOME_FAILED)
    assert caught.value.reason is Reason.REQUEST_ID_REUSED
    assert (await bank.pay(request_id="r2")).transaction_id != first.transaction_id
    assert bank.gateway.statement() == {"CNY": Totals(70_00, 0)}
    with pytest.raises(GatewayRefusal, match="another amount"):
        bank.payment(amount_minor=1)


async def test_a_payment_that_fails(bank: Bank) -> None:
    """Goal: a failure is a notice too, and no money. Method: the outcome FAILED."""
    payment = bank.payment()
    await bank.pay(outcome=pb.PAY_OUTCOME_FAILED)
    [notice] = await bank.deliver()
    assert isinstance(notice, PaymentNotice)
    assert not notice.succeeded
    assert bank.gateway.query(payment) is None
    assert bank.gateway.statement() == {}


async def test_another_amount_than_asked(bank: Bank) -> None:
    """Goal: the engine can be told a wrong amount. Method: `reported_amount_minor`; the channel's books say the same."""
    bank.payment()
    await bank.pay(reported_amount_minor=1)
    [notice] = await bank.deliver()
    assert isinstance(notice, PaymentNotice)
    assert notice.amount_minor == 1
    assert bank.gateway.statement() == {"CNY": Totals(1, 0)}


async def test_the_signature_covers_everything(bank: Bank) -> None:
    """Goal: only the channel's own words pass, for five minutes. Method: change each part, drop each header, let time pass."""
    bank.payment()
    await bank.pay()
    await bank.deliver()
    [(_, headers, body)] = bank.host.notices
    assert bank.gateway.parse_notice({name.upper(): value for name, value in headers.items()}, body)
    bad = [{name: value for name, value in headers.items() if name != missing} for missing in headers]
    bad += [headers | {name: value[:-1] + ("0" if value[-1] != "0" else "1")} for name, value in headers.items()]
    bad += [{}, headers | {"sandbox-signature": "é"}, sign(b"another key", body, bank.host.clock.now_ms())]
    attempts = [(changed, body) for changed in bad] + [(headers, body + b" "), (headers, b""), (headers, b"\xff")]
    assert [bank._parsed(*attempt) for attempt in attempts] == ["PAYMENT_SIGNATURE_INVALID"] * len(attempts)
    bank.host.clock.advance(5 * 60_000)
    assert bank.gateway.parse_notice(headers, body)
    bank.host.clock.advance(1_000)
    assert bank._parsed(headers, body) == "PAYMENT_SIGNATURE_INVALID"


async def test_delayed(bank: Bank) -> None:
    """Goal: a callback comes when it was told to, freshly signed. Method: an hour's delay on a clock that the test moves."""
    await bank.behave(callback_delay=Duration(seconds=3_600))
    bank.payment()
    [callback] = (await bank.pay()).callbacks
    assert callback.due_time.ToMilliseconds() == bank.host.clock.now_ms() + 3_600_000
    assert await bank.deliver() == []
    bank.host.clock.advance(3_600_000)
    [notice] = await bank.deliver()
    assert isinstance(notice, PaymentNotice)


async def test_duplicated(bank: Bank) -> None:
    """Goal: so many deliveries as asked, each signed anew, of one movement. Method: five."""
    assert (await bank.behave(duplicate_count=5)).duplicate_count == 5
    bank.payment()
    await bank.pay()
    notices = await bank.deliver()
    assert len(notices) == 5
    assert len(set(notices)) == 1
    assert len({headers["sandbox-nonce"] for _, headers, _ in bank.host.notices}) == 5


async def test_reordered(bank: Bank) -> None:
    """Goal: the last payment is reported first. Method: three payments that wait; all come when the first is due."""
    await bank.behave(reorder=True, callback_delay=Duration(seconds=60))
    for number in range(3):
        bank.payment(f"p{number}")
        await bank.pay(f"p{number}")
        bank.host.clock.advance(10_000)
    bank.host.clock.advance(30_000)
    notices = await bank.deliver()
    assert [notice.payment_id for notice in notices if isinstance(notice, PaymentNotice)] == ["p2", "p1", "p0"]


async def test_forged(bank: Bank) -> None:
    """Goal: callbacks of a stranger, refused and not tried for ever. Method: the engine's own answer, given by the host."""
    await bank.behave(forge=True)
    bank.payment()
    await bank.pay()

    async def deliver(gateway: str, headers: dict[str, str], body: bytes) -> None:
        bank.host.notices.append((gateway, headers, body))
        bank.gateway.parse_notice(headers, body)

    bank.host.deliver_notice = deliver  # type: ignore[method-assign]
    assert await bank.deliver() == ["PAYMENT_SIGNATURE_INVALID"]
    assert (await bank.listed()).callbacks[0].delivery_count == 1


async def test_manual(bank: Bank) -> None:
    """Goal: somebody else may deliver. Method: nothing is delivered; what is listed passes as it is."""
    await bank.behave(manual=True)
    bank.payment()
    [callback] = (await bank.pay()).callbacks
    assert not callback.HasField("due_time")
    assert await bank.deliver() == []
    [listed] = (await bank.listed(payment_id="p1")).callbacks
    assert bank.gateway.parse_notice(dict(listed.headers), listed.body).payment_id == "p1"
    assert not (await bank.listed(payment_id="p2")).callbacks


async def test_unreachable(bank: Bank) -> None:
    """Goal: an outage is an answer that says when to ask again, and it ends. Method: two failures, over create and refund."""
    await bank.behave(fail_next_count=2)
    for call in (bank.payment, lambda: bank.refund("f1", "t", 1)):
        with pytest.raises(TuanError) as caught:
            call()
        assert caught.value.reason is Reason.PLUGIN_UNAVAILABLE
        assert caught.value.retry_after_ms
    assert bank.payment()


async def test_an_engine_that_is_away_is_asked_again(bank: Bank) -> None:
    """Goal: a callback is not lost because nobody was there. Method: the first delivery fails as unavailable; it counts as none,
    and is due again a second later."""
    bank.payment()
    await bank.pay()
    deliver = bank.host.deliver_notice

    async def failing(*arguments) -> None:
        raise TuanError(Reason.STORE_UNAVAILABLE, "away", retry_after_ms=1_000)

    bank.host.deliver_notice = failing  # type: ignore[method-assign]
    assert await bank.gateway.delivery.deliver_due() == 1
    bank.host.deliver_notice = deliver  # type: ignore[method-assign]
    assert await bank.deliver() == []
    assert (await bank.listed()).callbacks[0].delivery_count == 0
    bank.host.clock.advance(1_000)
    assert len(await bank.deliver()) == 1


async def test_paying_wakes_the_delivery(bank: Bank) -> None:
    """Goal: callbacks come by themselves. Method: the task that the engine runs; pay, and wait for the host to be called."""
    came = asyncio.Event()

    async def deliver(*arguments) -> None:
        came.set()

    bank.host.deliver_notice = deliver  # type: ignore[method-assign]
    task = asyncio.ensure_future(bank.host.spawned["sandbox.delivery"]())
    bank.payment()
    await bank.pay()
    await asyncio.wait_for(came.wait(), 10)
    task.cancel()


async def test_refunds(bank: Bank) -> None:
    """Goal: money goes back once per refund id, never more than came. Method: part, repeat, rest, more; wrong currency and id."""
    bank.payment()
    transaction_id = (await bank.pay()).transaction_id
    assert bank.refund("f1", transaction_id, 10_00).outcome is RefundOutcome.SUCCEEDED
    assert bank.refund("f1", transaction_id, 10_00).outcome is RefundOutcome.SUCCEEDED
    assert bank.refund("f1", transaction_id, 11_00).outcome is RefundOutcome.REFUSED
    assert bank.refund("f2", transaction_id, 25_00, "GBP").outcome is RefundOutcome.REFUSED
    assert bank.refund("f2", "nowhere", 25_00).outcome is RefundOutcome.REFUSED
    assert bank.refund("f2", transaction_id, 25_00).outcome is RefundOutcome.SUCCEEDED
    assert bank.refund("f3", transaction_id, 1).outcome is RefundOutcome.REFUSED
    assert bank.gateway.statement() == {"CNY": Totals(35_00, 35_00)}


async def test_refused_refunds(bank: Bank) -> None:
    """Goal: a refusal for good is an answer. Method: told to refuse; what was given back before stays so."""
    bank.payment()
    transaction_id = (await bank.pay()).transaction_id
    bank.refund("f1", transaction_id, 1)
    await bank.behave(refuse_refunds=True)
    assert bank.refund("f2", transaction_id, 1).outcome is RefundOutcome.REFUSED
    assert bank.refund("f1", transaction_id, 1).outcome is RefundOutcome.SUCCEEDED


async def test_the_channel_outlives_the_engine(bank: Bank) -> None:
    """Goal: what was paid stays paid when the engine dies, and its callbacks still come. Method: start again on the same file
    without closing anything."""
    await bank.behave(callback_delay=Duration(seconds=60), duplicate_count=2)
    payment = bank.payment()
    paid = await bank.pay()
    bank.again()
    assert bank.gateway.query(payment).transaction_id == paid.transaction_id
    bank.host.clock.advance(60_000)
    assert len(await bank.deliver()) == 2
    assert Channel(bank.host.data_dir / FILE_NAME).statement() == {"CNY": Totals(35_00, 0)}


def test_many_threads_and_processes_share_the_file(tmp_path: Path) -> None:
    """Goal: no lost or doubled money under concurrency. Method: 8 threads on 2 connections pay and refund one transaction."""
    channels = [Channel(tmp_path / FILE_NAME) for _ in range(2)]
    channels[0].open_payment("p", "CNY", 100)
    movement, _ = channels[0].pay("r", "t", "p", True, None, 1)
    done: list[str] = []

    def give_back(number: int) -> None:
        for step in range(5):
            try:
                channels[number % 2].refund(f"{number}-{step}", movement.transaction_id, "CNY", 5)
                done.append("ok")
            except Exception as error:
                done.append(type(error).__name__)

    threads = [threading.Thread(target=give_back, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(done)) == ["Refused", "ok"]
    assert done.count("ok") == 20
    assert channels[1].statement() == {"CNY": Totals(100, 100)}


async def test_pages_of_callbacks(bank: Bank) -> None:
    """Goal: lists have pages. Method: five callbacks in pages of two."""
    await bank.behave(manual=True)
    bank.payment()
    for _ in range(5):
        await bank.pay()
    seen, token = [], ""
    for _ in range(3):
        page = await bank.listed(page_size=2, page_token=token)
        seen += [callback.callback_id for callback in page.callbacks]
        token = page.next_page_token
    assert seen == [1, 2, 3, 4, 5]
    assert token == ""
    assert json.loads(page.callbacks[0].body)["payment_id"] == "p1"


@pytest.mark.parametrize(
    ("method", "message", "reason"),
    [
        ("PayNow", pb.PayNowRequest(payment_id="p1"), "INVALID_FIELD"),
        ("PayNow", pb.PayNowRequest(request_id="r"), "INVALID_FIELD"),
        ("PayNow", pb.PayNowRequest(request_id="r", payment_id="nope"), "PAYMENT_NOT_FOUND"),
        ("PayNow", pb.PayNowRequest(request_id="r", payment_id="p1", outcome=9), "INVALID_FIELD"),  # type: ignore[arg-type]
        ("PayNow", pb.PayNowRequest(request_id="r", payment_id="p1", reported_amount_minor=-1), "INVALID_FIELD"),
        ("ConfigureSandbox", pb.ConfigureSandboxRequest(), "INVALID_FIELD"),
        (
            "ConfigureSandbox",
            pb.ConfigureSandboxRequest(request_id="r", behaviour=pb.SandboxBehaviour(duplicate_count=101)),
            "INVALID_FIELD",
        ),
        (
            "ConfigureSandbox",
            pb.ConfigureSandboxRequest(
                request_id="r", behaviour=pb.SandboxBehaviour(callback_delay=Duration(seconds=3_601))
            ),
            "INVALID_FIELD",
        ),
        (
            "ConfigureSandbox",
            pb.ConfigureSandboxRequest(request_id="r", behaviour=pb.SandboxBehaviour(fail_next_count=-1)),
            "INVALID_FIELD",
        ),
        ("ListSandboxCallbacks", pb.ListSandboxCallbacksRequest(page_size=-1), "INVALID_FIELD"),
        ("ListSandboxCallbacks", pb.ListSandboxCallbacksRequest(page_token="x"), "PAGE_TOKEN_INVALID"),
        ("ListSandboxCallbacks", pb.ListSandboxCallbacksRequest(payment_id="p" * 65), "INVALID_FIELD"),
    ],
)
async def test_bad_input_is_refused_with_its_reason(bank: Bank, method: str, message, reason: str) -> None:
    """Goal: no bad input is an internal error. Method: a table of them."""
    bank.payment()
    with pytest.raises(TuanError) as caught:
        await getattr(bank.service, method)(message, None)
    assert caught.value.reason.name == reason
