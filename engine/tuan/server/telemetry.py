"""The engine's own state as Prometheus metrics, and the HTTP address at which all metrics are read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, start_http_server

from tuan.ports import Unit
from tuan.server.overload.admission import Admission
from tuan.server.overload.metrics import OverloadMetrics
from tuan.settings import SettingsError
from tuan.usecases.read_status import StatusReader

if TYPE_CHECKING:
    from tuan.server.engine import Engine

log = structlog.get_logger()

SAMPLE_MS = 2_000
#: Counting stops there: more is no other news, and the query stays cheap.
JOBS_COUNTED_MAX = 1_000


class Telemetry:
    """Samples every two seconds, because a scrape comes in a thread that must not touch the stores."""

    def __init__(self, engine: Engine, registry: CollectorRegistry, admission: Admission) -> None:
        self._engine = engine
        self._overload = OverloadMetrics(engine, admission, registry)
        self._status = StatusReader(engine.inventory, engine.record, engine.stores.intent_log())
        ProcessCollector(registry=registry)
        self._lag = Gauge("tuan_drain_lag_seconds", "Age of the oldest intent that is not in SQL.", registry=registry)
        self._duty = Gauge("tuan_duty", "1: this process does the work that one does for all.", registry=registry)
        self._open = Gauge("tuan_shard_open", "1: the shard takes orders.", ("shard",), registry=registry)
        self._behind = Gauge(
            "tuan_shard_intents_not_in_sql", "Intents of the shard that are not in SQL.", ("shard",), registry=registry
        )
        self._quarantined = Gauge(
            "tuan_plugin_quarantined",
            "1: the plugin is not called, after repeated faults.",
            ("plugin",),
            registry=registry,
        )
        self._faults = Gauge("tuan_plugin_faults", "Faults of the plugin in a row.", ("plugin",), registry=registry)
        self._jobs = Gauge(
            "tuan_jobs",
            f"Jobs, counted up to {JOBS_COUNTED_MAX}: due, or given up and waiting for an operator.",
            ("state",),
            registry=registry,
        )

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sample()
            except Exception as error:  # a store is away, which other metrics show
                log.warning("metrics_not_sampled", error=repr(error))
            await asyncio.sleep(SAMPLE_MS / 1_000)

    async def sample(self) -> None:
        engine = self._engine
        self._overload.sample()
        self._duty.set(engine.duty.held)
        for plugin in engine.registry:
            standing = engine.supervisor.standing(plugin)
            self._quarantined.labels(plugin.code).set(not engine.supervisor.usable(plugin))
            self._faults.labels(plugin.code).set(standing.faults)
        due, given_up, cursors = await engine.record.read(self._read)
        self._jobs.labels("due").set(due)
        self._jobs.labels("given_up").set(given_up)
        # Closed activities would otherwise stay among the metrics for ever.
        self._open.clear()
        self._behind.clear()
        lag_ms = engine.drain.drainer.lag_ms() if engine.drain is not None else 0
        for row in engine.keeper.current.live_shards():
            state = await engine.inventory.shard_state(row.shard)
            self._open.labels(row.shard).set(state is not None and state.open)
            if state is not None:
                behind = max(0, state.sequence - cursors.get(row.shard, 0))
                self._behind.labels(row.shard).set(behind)
                if behind and engine.drain is None and (seen := await self._status.shard(row.shard)) is not None:
                    lag_ms = max(lag_ms, seen.lag_ms)  # the drain is in another process
        self._lag.set(lag_ms / 1_000)

    def _read(self, unit: Unit) -> tuple[int, int, dict[str, int]]:
        due = len(unit.jobs.due(self._engine.clock.now_ms(), JOBS_COUNTED_MAX))
        given_up = len(unit.jobs.failed(0, JOBS_COUNTED_MAX))
        return due, given_up, {row.shard: row.cursor for row in unit.shards.all()}


class MetricsServer:
    """`address`: `host:port`, or `off`."""

    def __init__(self, address: str, registry: CollectorRegistry) -> None:
        self.port = 0
        self._server = None
        if address == "off":
            return
        host, _, port = address.rpartition(":")
        try:
            self._server, self._thread = start_http_server(int(port), host.strip("[]"), registry)
        except OSError as error:
            raise SettingsError(
                [f"TUAN_METRICS_ADDRESS={address!r}: {error.strerror}; write another one, or off"]
            ) from error
        self.port = self._server.server_port

    async def stop(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.shutdown)
            self._server.server_close()
