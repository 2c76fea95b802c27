"""The gRPC server around an engine: its own services and those of the plugins, behind one gate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha._async import ReflectionServicer
from prometheus_client import CollectorRegistry

from tuan.plugin import Servicer
from tuan.registry import PluginRefused
from tuan.server.in_flight import InFlight
from tuan.server.interceptors.access_log import AccessLog
from tuan.server.interceptors.auth import Authenticator, KeyRing, Tokens
from tuan.server.interceptors.deadline import DefaultDeadline
from tuan.server.interceptors.gate import Gate, Guards
from tuan.server.interceptors.methods import facts_of
from tuan.server.interceptors.metrics import CallMetrics
from tuan.server.interceptors.recorder import Recorder
from tuan.server.overload.admission import Admission
from tuan.server.servicers import Bench, own_servicers
from tuan.server.telemetry import MetricsServer, Telemetry
from tuan.settings import Settings, SettingsError

if TYPE_CHECKING:
    from tuan.server.engine import Engine

log = structlog.get_logger()

HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
REFLECTION = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"].full_name
#: So long streams go on after the health has turned, or those who watch it would be cut off before they are told.
HEALTH_NOTICE_S = 0.1


class GrpcServer:
    """`start`, then `stop` once. `reuse_port`: several processes share the address (SO_REUSEPORT)."""

    def __init__(
        self, engine: Engine, settings: Settings, *, reuse_port: bool = False, reflection: bool = True
    ) -> None:
        self._settings = settings
        self._reuse_port = reuse_port
        self._reflection = reflection
        self._metrics_registry = CollectorRegistry()
        self._metrics = CallMetrics(self._metrics_registry)
        self._admission = Admission(settings, engine.watch.lag, engine.stores.record_away)
        self._telemetry = Telemetry(engine, self._metrics_registry, self._admission)
        self._metrics_server: MetricsServer | None = None
        self._in_flight = InFlight()
        self._keys = KeyRing(engine.record, settings)
        self._deadline = DefaultDeadline(settings.call_deadline_ms / 1_000)
        self._health = HealthServicer()
        self._bench = Bench(engine, self._in_flight, self._metrics, self._keys, self._admission)
        self._servicers = [*own_servicers(self._bench), *_of_plugins(engine)]
        self._gate = self._build_gate(engine)
        self._server: grpc.aio.Server | None = None
        self._background: list[asyncio.Task[None]] = []

    @property
    def metrics_port(self) -> int:
        """0 when metrics are off."""
        return self._metrics_server.port if self._metrics_server is not None else 0

    async def start(self) -> int:
        """The port that it listens on (without meaning for a unix socket). Calls are served when this returns."""
        await self._keys.refresh()
        self._server = grpc.aio.server(
            handlers=(self._gate,),
            options=server_options(self._settings, reuse_port=self._reuse_port),
            maximum_concurrent_rpcs=self._settings.calls_in_flight_max,
        )
        port = self._listen(self._server)
        self._metrics_server = MetricsServer(self._settings.metrics_address, self._metrics_registry)
        await self._server.start()
        for item in self._servicers:
            await self._health.set(item.service, health_pb2.HealthCheckResponse.SERVING)
        loop = asyncio.get_running_loop()
        work = (self._keys.run(), self._deadline.run(), self._telemetry.run())
        self._background = [loop.create_task(each) for each in work]
        log.info("serving", address=self._settings.listen_address, port=port, services=len(self._servicers))
        return port

    async def stop(self, grace_s: float) -> None:
        """Nothing new is taken; calls in flight get `grace_s` seconds, and what they began is finished in any case."""
        self._in_flight.draining.set()
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(HEALTH_NOTICE_S)
        self._gate.end_streams()
        if self._server is not None:
            await self._server.stop(grace_s)
        await self._in_flight.settle()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._metrics_server is not None:
            await self._metrics_server.stop()

    def _build_gate(self, engine: Engine) -> Gate:
        settings, recorder = self._settings, Recorder()
        for item in self._servicers:
            item.add_to_server(item.servicer, recorder)
        open_services = [HEALTH]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, recorder)
        services = [item.service for item in self._servicers]
        if self._reflection:
            open_services.append(REFLECTION)
            servicer = ReflectionServicer([*services, HEALTH, REFLECTION])
            reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, recorder)
        facts = facts_of(services, open_services)
        self._bench.known_scopes.update(fact.scope for fact in facts.values() if fact.scope is not None)
        handlers = {method: handler for method in facts if (handler := recorder.handler(method)) is not None}
        if missing := sorted(set(facts) - set(handlers)):
            raise PluginRefused(f"methods that nobody serves: {', '.join(missing)}")
        guards = Guards(
            Authenticator(self._keys, Tokens(settings, engine.clock)),
            self._bench.limits,
            self._in_flight,
            AccessLog(settings),
            self._metrics,
            self._deadline,
            self._admission,
        )
        return Gate(facts, guards, handlers)

    def _listen(self, server: grpc.aio.Server) -> int:
        address = self._settings.listen_address
        try:
            if not self._settings.tls:
                return server.add_insecure_port(address)
            return server.add_secure_port(address, _credentials(self._settings))
        except RuntimeError as error:
            raise SettingsError([f"TUAN_LISTEN_ADDRESS={address!r}: cannot listen there; write another one"]) from error


def server_options(settings: Settings, *, reuse_port: bool = False) -> list[tuple[str, int]]:
    """What gRPC is told of our limits; the echo of the benchmark is told the same."""
    return [
        ("grpc.max_receive_message_length", settings.message_bytes_max),
        # What we send is bounded by page sizes; a client that wants less asks for smaller pages.
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", settings.calls_in_flight_max),
        # Calls that wait to be taken up; from 1,000 on, gRPC cancels those of all callers at random, without a reason.
        ("grpc.server.max_pending_requests", settings.calls_in_flight_max),
        ("grpc.server.max_pending_requests_hard_limit", 2 * settings.calls_in_flight_max),
        # The same for both, or calls between the two would be cut off at random, as gRPC does from the soft limit on.
        ("grpc.max_metadata_size", settings.metadata_bytes_max),
        ("grpc.absolute_max_metadata_size", settings.metadata_bytes_max),
        ("grpc.server_handshake_timeout_ms", settings.handshake_timeout_ms),
        ("grpc.max_connection_idle_ms", settings.connection_idle_ms),
        ("grpc.so_reuseport", int(reuse_port)),
        # Watchers are idle for minutes; their clients may ask every 10 s whether we live.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]


def _of_plugins(engine: Engine) -> list[Servicer]:
    return [item for plugin in engine.registry for item in plugin.servicers()]


def _credentials(settings: Settings) -> grpc.ServerCredentials:
    assert settings.tls_cert_path is not None and settings.tls_key_path is not None
    pair = (settings.tls_key_path.read_bytes(), settings.tls_cert_path.read_bytes())
    authorities = settings.tls_client_ca_path.read_bytes() if settings.tls_client_ca_path is not None else None
    return grpc.ssl_server_credentials([pair], authorities, authorities is not None)
