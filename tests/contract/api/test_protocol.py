"""What any gRPC tool expects of a server: health, reflection, deadlines, cancellation, unknown methods, TLS, metrics."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.contract.api.live import ADMIN_KEY, LiveEngine
from tests.contract.api.wire import SERVICES, call, outcome_of
from tests.contract.api.world import World, until
from tuan.server.grpc_server import GrpcServer
from tuan.settings import Settings, SettingsError
from tuan_api.v1 import order_pb2


def test_health_is_open_and_per_service(world: World) -> None:
    """Goal: a load balancer needs no key. Method: ask for the whole, each service, and one that is not there."""
    stub = health_pb2_grpc.HealthStub(world.channel)
    for service in ("", *(f"tuan_api.v1.{name}" for name in SERVICES)):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as raised:
        stub.Check(health_pb2.HealthCheckRequest(service="no.Such"), timeout=5)
    assert outcome_of(raised.value).status == "NOT_FOUND"


def test_reflection_lists_every_service_and_its_scopes(world: World) -> None:
    """Goal: grpcurl works without .proto files. Method: list the services, fetch a plugin's file, find the scope option in it."""
    stub = reflection_pb2_grpc.ServerReflectionStub(world.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="tuan_api.v1.FlashSaleService"),
    ]
    listed, fetched = stub.ServerReflectionInfo(iter(requests), timeout=5)
    names = {service.name for service in listed.list_services_response.service}
    assert names == {f"tuan_api.v1.{name}" for name in SERVICES} | {
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(raw)
        for raw in fetched.file_descriptor_response.file_descriptor_proto
    ]
    [flash_sale] = [each for each in files if each.name == "tuan_api/v1/flash_sale.proto"]
    assert flash_sale.service[0].name == "FlashSaleService"


def test_unknown_methods_are_unimplemented(world: World) -> None:
    """Goal: an old server and a new client understand each other. Method: a method and a service that are not there."""
    for name in ("/tuan_api.v1.OrderService/NoSuch", "/no.Such/Method"):
        method = world.channel.unary_unary(name, request_serializer=None, response_deserializer=None)
        with pytest.raises(grpc.RpcError) as raised:
            method(b"", timeout=5, metadata=[("authorization", f"Bearer {world.mine}")])
        assert outcome_of(raised.value).status == "UNIMPLEMENTED"


def test_an_order_whose_caller_gave_up_is_placed_once(world: World) -> None:
    """Goal: a deadline cuts the waiting, never the order in two. Method: deadlines of 0 to 9 ms, then the same requests again."""
    requests = [world.order(buyer_id="impatient") for _ in range(30)]
    first = [
        world.call("OrderService.PlaceOrder", request, timeout_s=number % 10 / 1_000)
        for number, request in enumerate(requests)
    ]
    assert {outcome.status for outcome in first} <= {"OK", "DEADLINE_EXCEEDED"}
    assert any(outcome.status == "DEADLINE_EXCEEDED" for outcome in first)
    answers = [world.ok("OrderService.PlaceOrder", request).result.placed for request in requests]
    for outcome, again in zip(first, answers, strict=True):
        if outcome.status == "OK":
            assert again.replayed
            assert again.order_id == outcome.answer.result.placed.order_id
    listed = world.ok(
        "OrderService.ListOrders", order_pb2.ListOrdersRequest(buyer_id="impatient", page_size=100)
    ).orders
    assert sorted(order.order_id for order in listed) == sorted(answer.order_id for answer in answers)


def test_metrics_are_served(world: World) -> None:
    """Goal: what happens can be seen. Method: place an order, refuse another, read the HTTP address."""
    world.place()
    world.call("OrderService.PlaceOrder", world.order("none"))
    port = world.live.server.metrics_port
    place = 'method="/tuan_api.v1.OrderService/PlaceOrder"'

    def text() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    lines = dict(line.rsplit(" ", 1) for line in text().splitlines() if not line.startswith("#"))
    assert float(lines[f'tuan_calls_total{{{place},status="OK"}}']) >= 1
    assert float(lines[f'tuan_calls_total{{{place},status="NOT_FOUND"}}']) >= 1
    assert float(lines[f'tuan_call_seconds_bucket{{le="+Inf",{place}}}']) >= 2
    assert float(lines['tuan_orders_total{outcome="placed"}']) >= 1
    assert float(lines['tuan_orders_total{outcome="sku_not_found"}']) >= 1
    until(lambda: 'tuan_shard_open{shard="retail"} 1.0' in text(), "the state of the shards is sampled")
    for name in (
        "tuan_drain_lag_seconds",
        'tuan_plugin_quarantined{plugin="flash_sale"}',
        'tuan_jobs{state="given_up"}',
    ):
        assert name in text()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(certificate, key) of a server named localhost, made for this run."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def test_tls_and_client_certificates(certificate: tuple[Path, Path]) -> None:
    """Goal: encrypted, and closed to clients without a certificate where one is wanted. Method: connect plainly, with TLS, with both."""
    cert, key = (path.read_bytes() for path in certificate)
    paths = {"tls_cert_path": certificate[0], "tls_key_path": certificate[1], "tls_client_ca_path": certificate[0]}
    with LiveEngine(**paths, metrics_address="off") as live:
        address = live.address.replace("127.0.0.1", "localhost")
        with grpc.secure_channel(address, grpc.ssl_channel_credentials(cert, key, cert)) as channel:
            assert call(channel, "OrderService.ListOrders", key=ADMIN_KEY).status == "OK"
        for credentials in (None, grpc.ssl_channel_credentials(cert)):
            closed = grpc.secure_channel(address, credentials) if credentials else grpc.insecure_channel(address)
            with closed:
                assert call(closed, "OrderService.ListOrders", key=ADMIN_KEY, timeout_s=5).status == "UNAVAILABLE"
        assert live.server.metrics_port == 0


def test_an_unfinished_handshake_is_cut() -> None:
    """Goal: silent connections do not pile up (gRPC's own limit is 120 s). Method: connect and say nothing."""
    with LiveEngine(handshake_timeout_ms=300) as live, socket.create_connection(_host_port(live)) as silent:
        silent.settimeout(10)
        started_s = time.monotonic()
        while silent.recv(4_096):
            continue
        assert time.monotonic() - started_s < 8


def test_an_idle_connection_is_closed() -> None:
    """Goal: connections of clients that have left do not pile up. Method: speak HTTP/2, then call nothing; a goodbye comes."""
    goodbye = b"\x07\x00"  # the type and flags of a GOAWAY frame
    with LiveEngine(connection_idle_ms=1_000) as live, socket.create_connection(_host_port(live)) as idle:
        idle.settimeout(10)
        idle.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00" + bytes(4))
        heard = b""
        while goodbye not in heard:
            part = idle.recv(4_096)
            assert part, "closed without a word"
            heard += part


def _host_port(live: LiveEngine) -> tuple[str, int]:
    host, _, port = live.address.rpartition(":")
    return host, int(port)


def test_addresses_that_are_taken_are_named(world: World) -> None:
    """Goal: a start that fails says which setting to change. Method: the addresses of the engine that runs."""
    for name, address in (
        ("listen_address", world.live.address),
        ("metrics_address", f"127.0.0.1:{world.live.server.metrics_port}"),
    ):
        taken = world.live.settings.model_copy(
            update={"metrics_address": "off", "listen_address": "127.0.0.1:0", name: address}
        )

        async def start(settings: Settings = taken) -> None:
            server = GrpcServer(world.live.engine, settings)
            try:
                await server.start()
            finally:
                await server.stop(0)

        with pytest.raises(SettingsError, match=f"TUAN_{name.upper()}"):
            world.live.run(start())
