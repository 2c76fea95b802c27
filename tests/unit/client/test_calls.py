"""Deadlines, repetition, credentials, connections, pages and streams of the client, against a real server."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.client.fake_server import Events, Orders, refuse, serving
from tuan_api.v1 import order_pb2
from tuan_client import AsyncClient, ClientConfig, DeadlineExceeded, ServerUnreachable, Tls, TuanApiError, errors
from tuan_client.link import Link, Rpc

NOT_REPEATABLE = Rpc("/tuan_api.v1.OrderService/GetOrder", order_pb2.GetOrderRequest, order_pb2.GetOrderResponse)


def unavailable_until(attempt_wanted: int, **refusal: Any) -> Any:
    async def answer(request: Any, context: Any, attempt: int) -> Any:
        if attempt < attempt_wanted:
            await refuse(context, grpc.StatusCode.UNAVAILABLE, "not now", "STORE_UNAVAILABLE", **refusal)
        return order_pb2.CancelOrderResponse(order=order_pb2.Order(order_id="O1"))

    return answer


async def test_an_unavailable_write_is_repeated_under_the_same_request_id() -> None:
    """Goal: safe repetition. Method: two refusals, then success; all three carry one request id that the client made."""
    orders = Orders(cancel=unavailable_until(3))
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        order = await client.orders.cancel_order("O1")
    assert order.order_id == "O1"
    assert len(orders.seen) == 3
    assert len(set(orders.seen)) == 1
    assert orders.seen[0][1]


async def test_the_servers_retry_delay_is_kept() -> None:
    """Goal: RetryInfo counts more than our own back-off. Method: 150 ms asked for, where ours would wait 50 at most."""
    orders = Orders(cancel=unavailable_until(2, retry_ms=150))
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        started = asyncio.get_running_loop().time()
        await client.orders.cancel_order("O1")
        assert asyncio.get_running_loop().time() - started >= 0.15


async def test_what_is_not_known_to_be_repeatable_is_sent_once() -> None:
    """Goal: a method without an idempotency level is never repeated. Method: the same refusal, a method declared so."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, grpc.StatusCode.UNAVAILABLE, "not now", "STORE_UNAVAILABLE", retry_ms=1)

    orders = Orders(get=answer)
    async with serving(orders) as target:
        link = Link(ClientConfig(target))
        with pytest.raises(errors.StoreUnavailable) as caught:
            await link.unary(NOT_REPEATABLE, order_pb2.GetOrderRequest(order_id="O1"))
        await link.close()
    assert len(orders.seen) == 1
    assert caught.value.retry_delay_s == 0.001


@pytest.mark.parametrize(
    "code",
    [
        code
        for code in grpc.StatusCode
        if code not in (grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
    ],
    ids=lambda code: code.name,
)
async def test_an_answer_is_not_asked_for_again(code: grpc.StatusCode) -> None:
    """Goal: UNAVAILABLE and RATE_LIMITED alone are repeated. Method: every other status, with RetryInfo to tempt; one call is seen."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, code, "no", "RATE_LIMITED", retry_ms=1)

    orders = Orders(get=answer)
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        with pytest.raises(TuanApiError) as caught:
            await client.orders.get_order("O1")
    assert caught.value.status is code
    assert len(orders.seen) == 1


async def test_a_rate_is_kept_by_waiting_as_told() -> None:
    """Goal: who is too fast waits as long as the server says, and loses nothing. Method: refused once for 150 ms, then answered."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        if attempt == 1:
            await refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "slower", "RATE_LIMITED", retry_ms=150)
        return order_pb2.GetOrderResponse(order=order_pb2.Order(order_id="O1"))

    orders = Orders(get=answer)
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        started = asyncio.get_running_loop().time()
        assert (await client.orders.get_order("O1")).order_id == "O1"
        assert asyncio.get_running_loop().time() - started >= 0.15
    assert len(orders.seen) == 2


@pytest.mark.parametrize(("reason", "retry_ms"), [("RATE_LIMITED", None), ("TOO_MANY_STREAMS", 1), ("", 1)])
async def test_other_exhaustion_is_an_answer(reason: str, retry_ms: int | None) -> None:
    """Goal: nothing is repeated of which nobody says when it will be over. Method: no RetryInfo; another reason; gRPC's own refusal."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "no", reason, retry_ms=retry_ms)

    orders = Orders(get=answer)
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        with pytest.raises(TuanApiError):
            await client.orders.get_order("O1")
    assert len(orders.seen) == 1


async def test_a_call_that_an_overrun_server_did_not_take_up_is_repeated() -> None:
    """Goal: gRPC's own CANCELLED, which comes without a reason, is a No for now. Method: once so, then answered."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        if attempt == 1:
            await refuse(context, grpc.StatusCode.CANCELLED, "CANCELLED")
        return order_pb2.GetOrderResponse(order=order_pb2.Order(order_id="O1"))

    orders = Orders(get=answer)
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        assert (await client.orders.get_order("O1")).order_id == "O1"
    assert len(orders.seen) == 2


async def test_repeating_ends_after_the_configured_attempts() -> None:
    """Goal: a bound. Method: a server that refuses for ever, three attempts allowed."""
    orders = Orders(cancel=unavailable_until(1000, retry_ms=1))
    async with serving(orders) as target, AsyncClient(ClientConfig(target, attempt_count_max=3)) as client:
        with pytest.raises(errors.StoreUnavailable):
            await client.orders.cancel_order("O1")
    assert len(orders.seen) == 3


async def test_the_deadline_covers_all_attempts() -> None:
    """Goal: 5 s by default, repetitions included, and per call. Method: a silent server, a deadline of 0.2 s; the request id is told."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await asyncio.Event().wait()

    async with serving(Orders(cancel=answer)) as target, AsyncClient(ClientConfig(target)) as client:
        assert client.link.config.deadline_s == 5.0
        started = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded) as caught:
            await client.orders.cancel_order("O1", request_id="r1", timeout_s=0.2)
        assert asyncio.get_running_loop().time() - started < 2
    assert (caught.value.request_id, caught.value.method) == ("r1", "/tuan_api.v1.OrderService/CancelOrder")


async def test_a_restarted_server_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a crash in between costs time, not calls. Method: stop, call, start again on the same port while the call waits."""
    orders = Orders()
    async with serving(orders) as target:
        client = AsyncClient(ClientConfig(target))
        await client.orders.get_order("O1")
    refused = asyncio.Event()
    delay = client.link.retry_delay

    def noted(error: TuanApiError, attempt: int) -> float | None:
        refused.set()
        return delay(error, attempt)

    monkeypatch.setattr(client.link, "retry_delay", noted)
    waiting = asyncio.ensure_future(client.orders.get_order("O2"))
    await asyncio.wait_for(refused.wait(), 5)
    async with serving(orders, port=int(target.rpartition(":")[2])):
        assert (await waiting).order_id == "O2"
        await client.close()


async def test_nobody_there_is_server_unreachable() -> None:
    """Goal: a name for it. Method: call a port that was just given up."""
    async with serving(Orders()) as target:
        pass
    async with AsyncClient(ClientConfig(target, attempt_count_max=2)) as client:
        with pytest.raises(ServerUnreachable):
            await client.orders.get_order("O1")


async def test_the_token_goes_with_each_call_and_may_change() -> None:
    """Goal: API keys and refreshed JWTs. Method: a function as token, called for each call."""
    tokens = iter(["first", "second"])
    orders = Orders()
    async with serving(orders) as target, AsyncClient(ClientConfig(target, token=lambda: next(tokens))) as client:
        await client.orders.get_order("O1")
        await client.orders.get_order("O1")
    assert [metadata["authorization"] for metadata in orders.metadata] == ["Bearer first", "Bearer second"]


async def test_channels_are_connections_of_their_own() -> None:
    """Goal: several connections under load. Method: nine calls over three channels; the server counts its peers."""
    orders = Orders()
    async with serving(orders) as target, AsyncClient(ClientConfig(target, channel_count=3)) as client:
        await asyncio.gather(*(client.orders.get_order(f"O{n}") for n in range(9)))
    assert len(orders.peers) == 3


async def test_tls_is_checked() -> None:
    """Goal: encrypted, and only with a server that we trust. Method: a self-signed certificate, trusted and not."""
    certificate, key = self_signed()
    credentials = grpc.ssl_server_credentials([(key, certificate)])
    async with serving(Orders(), credentials=credentials) as target:
        async with AsyncClient(ClientConfig(target, token="key", tls=Tls(certificate))) as client:
            assert (await client.orders.get_order("O1")).order_id == "O1"
        stranger, _ = self_signed()
        async with AsyncClient(ClientConfig(target, tls=Tls(stranger), attempt_count_max=1)) as client:
            with pytest.raises(ServerUnreachable):
                await client.orders.get_order("O1")


def self_signed() -> tuple[bytes, bytes]:
    """Certificate for 127.0.0.1 and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    unencrypted = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return certificate.public_bytes(pem), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, unencrypted)


async def test_lists_follow_their_pages() -> None:
    """Goal: a list is iterated to its end. Method: three pages of two; the tokens that were sent."""
    orders = Orders(pages=3)
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        ids = [order.order_id async for order in client.orders.list_orders("B1")]
    assert ids == [f"B1-{page}-{index}" for page in range(3) for index in range(2)]
    assert [token for _, token in orders.seen] == ["", "1", "2"]


async def test_a_broken_stream_resumes_behind_the_last_answer() -> None:
    """Goal: each event once over broken connections. Method: ten events, a break after every three."""
    events = Events(count=10, break_after=3)
    async with serving(events) as target, AsyncClient(ClientConfig(target, attempt_count_max=2)) as client:
        ids = [event.event_id async for answer in client.events.watch_events() for event in answer.events]
    assert ids == list(range(1, 11))
    assert events.tokens == ["", "3", "6", "9"]


async def test_a_refused_stream_raises() -> None:
    """Goal: an answer is not asked for again. Method: a token that the server does not know."""
    events = Events(refusal="RESUME_TOKEN_INVALID")
    async with serving(events) as target, AsyncClient(ClientConfig(target)) as client:
        with pytest.raises(errors.ResumeTokenInvalid):
            await anext(aiter(client.events.watch_events(resume_token="?")))
    assert events.tokens == ["?"]


async def test_leaving_a_stream_ends_it_at_the_server() -> None:
    """Goal: no stream is left behind. Method: close the iterator of an endless stream, wait until the server sees it end."""
    events = Events(endless=True)
    async with serving(events) as target, AsyncClient(ClientConfig(target)) as client:
        stream = client.events.watch_events()
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.wait_for(events.ended.wait(), 5)
    assert events.tokens == [""]
