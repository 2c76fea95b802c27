"""`tuan serve --processes N`: several processes that are one engine, over real sockets and with real deaths."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT, environment, run
from tests.support.postgres import PostgresServer
from tests.support.processes import children, running, wait_gone
from tuan_client import AsyncClient, CartLine, ClientConfig, PlacedOrder
from tuan_client.values.catalogue import InitialStock, Product, Sku
from tuan_client.values.money import Money

CHANNELS = 16
UNITS = 100_000
LEASE_MS = 60_000

pytestmark = pytest.mark.postgres


@dataclass
class Serving:
    """A parent and what it told of itself. `metrics`: the ports of its engines."""

    process: subprocess.Popen[str]
    address: str
    data_dir: Path
    metrics: tuple[int, int]

    def parts(self, command: str) -> list[int]:
        """Process ids of the children that run `tuan COMMAND --part`."""
        wanted = f"\0{command}\0--part".encode()
        return [pid for pid in children(self.process.pid) if wanted in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def client(self) -> AsyncClient:
        key = (self.data_dir / "admin.key").read_text().strip()
        config = ClientConfig(
            self.address,
            token=key,
            deadline_s=60,
            attempt_count_max=1_000,
            retry_delay_max_s=0.2,
            channel_count=CHANNELS,
        )
        return AsyncClient(config)

    def metric(self, name: str) -> list[float]:
        """The sum of a metric over its labels, in each engine."""
        return [_sum(port, name) for port in self.metrics]


def _sum(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
    assert found, f"no {name} at {port}"
    return sum(float(value) for value in found)


def _two_free_ports() -> int:
    """The first of two ports in a row."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.fixture
def serving(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Serving]:
    database_url, metrics = postgres_server.create_database(), _two_free_ports()
    settings = {
        "TUAN_DATA_DIR": str(tmp_path / "data"),
        "TUAN_DATABASE_URL": database_url,
        "TUAN_LISTEN_ADDRESS": "127.0.0.1:0",
        "TUAN_METRICS_ADDRESS": f"127.0.0.1:{metrics}",
        "TUAN_DRAIN_LEASE_MS": str(LEASE_MS),
    }
    log = (tmp_path / "engine.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "tuan.server", "serve", "--processes", "2"],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdout is not None
    ready = next((line for line in process.stdout if line.startswith("tuan: ready on ")), "")
    assert ready, (tmp_path / "engine.log").read_text()[-4000:]
    yield Serving(process, ready.split()[-1], tmp_path / "data", (metrics, metrics + 1))
    family = children(process.pid)
    process.kill()
    process.wait()
    wait_gone(family)
    log.close()
    postgres_server.drop_database(database_url)


async def _stock(client: AsyncClient) -> None:
    product = Product("P", "tea", "goods", (Sku("TEA", Money("CNY", 1_990)),))
    answer = await client.catalogue.import_products([product], [InitialStock("TEA", "main", UNITS)], request_id="tea")
    assert not answer.rejections, answer.rejections


async def _place(client: AsyncClient, names: Iterator[str]) -> dict[str, str]:
    """One order for each name, at once; order ids by name."""

    async def one(name: str) -> tuple[str, str]:
        placed = await client.place_order(f"b-{name}", "CNY", [CartLine("TEA", 1)], request_id=name)
        assert isinstance(placed, PlacedOrder), placed
        return name, placed.order_id

    return dict(await asyncio.gather(*(one(name) for name in names)))


async def _one_on_duty(serving: Serving) -> None:
    """The metric is a sample of every two seconds; on a busy machine the duty may just be on its way from one to the other."""
    for _ in range(100):
        held = await asyncio.to_thread(serving.metric, "tuan_duty")
        if sum(held) == 1:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"on duty: {held}")


async def test_kills_lose_nothing(serving: Serving) -> None:
    """Goal: processes that are killed take nothing with them, and others go on. Method: orders over the shared port at both engines; kill
    -9 the drainer while it is behind, then each engine while orders are under way; read all, ask for some again, audit."""
    first_drainer, engines = serving.parts("drain"), serving.parts("serve")
    assert (len(first_drainer), len(engines)) == (1, 2)
    async with serving.client() as client:
        await _stock(client)
        placed = await _place(client, (f"warm-{number}" for number in range(64)))
        await _one_on_duty(serving)
        orders = asyncio.create_task(_place(client, (f"drain-{number}" for number in range(400))))
        os.kill(first_drainer[0], signal.SIGKILL)
        placed |= await orders
        # The lease of the dead one would last for a minute: its successor was told that it has ended.
        begun = asyncio.get_running_loop().time()
        order = await client.orders.get_order(placed["drain-399"])
        assert order.order_id == placed["drain-399"]
        assert asyncio.get_running_loop().time() - begun < LEASE_MS / 1_000 / 2
        assert serving.parts("drain") != first_drainer
        for round_, victim in enumerate(engines):
            orders = asyncio.create_task(_place(client, (f"engine{round_}-{number}" for number in range(400))))
            os.kill(victim, signal.SIGKILL)
            placed |= await orders
        again = await _place(client, iter(sorted(placed)[::7]))
        assert again == {name: placed[name] for name in again}
        kept = await asyncio.gather(*(client.orders.get_order(order_id) for order_id in placed.values()))
        assert {order.order_id for order in kept} == set(placed.values())
        report = await client.admin.audit(timeout_s=120)
        assert not report.differences
        status = await client.admin.get_status()
        assert all(not shard.lag for shard in status.shards if shard.lag is not None), status.shards
    assert len(set(placed.values())) == len(placed) == 64 + 3 * 400


async def test_all_serve_one_keeps_house_and_sigterm_ends_all(serving: Serving) -> None:
    """Goal: calls reach every process, the work for all is done by one, and the end is in order. Method: many connections; the metrics of
    each process; then SIGTERM with orders under way: each is answered or refused, none is left without an answer, and nobody is left."""
    async with serving.client() as client:
        await _stock(client)
        await asyncio.gather(*(client.admin.get_status() for _ in range(4 * CHANNELS)))
        calls = await asyncio.to_thread(serving.metric, "tuan_calls_total")
        assert all(calls), calls
        await _one_on_duty(serving)
        assert all(lag >= 0 for lag in await asyncio.to_thread(serving.metric, "tuan_drain_lag_seconds"))
        placed = await _place(client, (f"last-{number}" for number in range(200)))
        assert len(set(placed.values())) == 200
    family = children(serving.process.pid)
    assert len(family) == 4, "Redis, two engines, a drainer"
    [drainer] = serving.parts("drain")
    os.kill(drainer, signal.SIGTERM)  # as a service manager does, which signals all at once: it waits for its turn
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(wait_gone, [drainer], 0.5)
    serving.process.send_signal(signal.SIGTERM)
    rest, _ = await asyncio.to_thread(serving.process.communicate, timeout=60)
    assert serving.process.returncode == 0
    assert rest.endswith("tuan: stopped\n")
    assert not any(running(pid) for pid in family)


async def test_nobody_outlives_a_killed_parent(serving: Serving) -> None:
    """Goal: a parent's death is a power cut, after which all can be started again. Method: kill -9 it; its processes are gone."""
    family = children(serving.process.pid)
    serving.process.kill()
    serving.process.wait()
    await asyncio.to_thread(wait_gone, family)


def test_sqlite_is_for_one_process(tmp_path: Path) -> None:
    """Goal: who asks for more than SQLite can do is told why, and what to do. Method: `--processes 2` without a database URL."""
    refused = run("tuan.server", "serve", "--processes", "2", TUAN_DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "needs PostgreSQL: the record is a SQLite file, which one process alone can write" in refused.stderr
    assert "Set TUAN_DATABASE_URL=postgresql://user@host/name, or leave TUAN_PROCESSES at 1" in refused.stderr
