"""What `Record.write` and `read` promise, and how a database's troubles are told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.support.postgres import PostgresServer
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.catalogue import StockLevel
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.ports import Unit


def register(unit: Unit) -> int:
    return unit.shards.register("sale")


async def test_work_that_raises_leaves_nothing_behind(record: SqlRecord) -> None:
    """Goal: all or nothing, events too. Method: write a row and an event, then raise; the error comes through as it is."""

    def fail(unit: Unit) -> None:
        register(unit)
        unit.outbox.add("a.b", "s", "x", 1, {})
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await record.write(fail)
    assert await record.read(lambda unit: unit.shards.all()) == []
    assert await record.read(lambda unit: unit.outbox.after(0, 9)) == []


async def test_one_failing_work_spares_those_that_share_its_transaction(record: SqlRecord) -> None:
    """Goal: SQLite commits waiting work together; a bad one must not take the rest along. Method: 60 at once, each third raises."""

    def work(number: int, unit: Unit) -> int:
        unit.jobs.add("k", str(number), 1)
        if number % 3 == 0:
            raise ValueError(number)
        return number

    tasks = [record.write(lambda unit, n=number: work(n, unit)) for number in range(60)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for number, result in enumerate(results):
        assert isinstance(result, ValueError) if number % 3 == 0 else result == number
    due = await record.read(lambda unit: unit.jobs.due(1, 100))
    assert sorted(int(job.key) for job in due) == [number for number in range(60) if number % 3]


async def test_concurrent_work_is_as_if_one_came_after_the_other(record: SqlRecord) -> None:
    """Goal: read, think, write is safe. Method: 40 transactions each read a sum and write it back plus one."""

    def add_one(number: int, unit: Unit) -> None:
        level = unit.catalogue.stock_levels(["tea"])
        on_hand = level[0].on_hand if level else 0
        unit.catalogue.add_stock(f"k{number}", [StockLevel("tea", "east", on_hand + 1 - on_hand)])
        unit.requests.claim("shop", f"sum-{on_hand}", "m", "f")

    await asyncio.gather(*(record.write(lambda unit, n=number: add_one(n, unit)) for number in range(40)))
    [level] = await record.read(lambda unit: unit.catalogue.stock_levels())
    claimed = await record.read(lambda unit: unit.connection.execute(text("SELECT count(*) FROM requests")).scalar())
    assert (level.on_hand, claimed) == (40, 40), "two transactions saw the same sum"


def test_a_reader_cannot_write(record: SqlRecord) -> None:
    """Goal: one writer. Method: a write inside `read` is refused by the database."""
    with pytest.raises((DBAPIError, TuanError)):
        record.read_now(register)
    assert record.read_now(lambda unit: unit.shards.all()) == []


def test_a_reader_sees_one_moment(record: SqlRecord) -> None:
    """Goal: figures of one read fit together. Method: another thread commits between two looks of the same read."""

    def look_twice(unit: Unit) -> tuple[int, int]:
        first = len(unit.shards.all())
        writer = threading.Thread(target=lambda: record.write_now(register))
        writer.start()
        writer.join()
        return first, len(unit.shards.all())

    assert record.read_now(look_twice) == (0, 0)
    assert len(record.read_now(lambda unit: unit.shards.all())) == 1


def test_what_no_column_can_hold_is_the_callers_fault(record: SqlRecord) -> None:
    """Goal: bad input is never INTERNAL. Method: a number beyond 64 bits, on both databases."""
    level = StockLevel("tea", "east", 2**70)
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.catalogue.add_stock("k", [level]))
    assert caught.value.reason is Reason.INVALID_FIELD


@pytest.mark.postgres
def test_nul_characters_are_the_callers_fault(postgres_url: str) -> None:
    """Goal: the same, for what PostgreSQL alone refuses. Method: a text with NUL."""
    record = SqlRecord(postgres_url)
    record.migrate()
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.shards.register("a\0b"))
    assert caught.value.reason is Reason.INVALID_FIELD
    record.close()


def test_a_full_disk_is_unavailable_and_then_over(sqlite_url: str) -> None:
    """Goal: nothing is half-written when the disk is full, and the engine goes on when there is room again.

    Method: SQLite's own page limit makes the file full; then it is lifted.
    """
    record = SqlRecord(sqlite_url)
    record.migrate()
    pages = record.store.write(lambda c: int(c.execute(text("PRAGMA page_count")).scalar_one())).result()
    record.store.write(lambda c: c.execute(text(f"PRAGMA max_page_count={pages + 4}")).scalar_one()).result()
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.jobs.add("k", "big", 1, {"text": "x" * 100_000}))
    assert caught.value.reason in (Reason.STORE_UNAVAILABLE, Reason.OUTCOME_UNKNOWN)
    record.store.write(lambda c: c.execute(text("PRAGMA max_page_count=1000000")).scalar_one()).result()
    record.write_now(lambda unit: unit.jobs.add("k", "small", 1))
    assert [job.key for job in record.read_now(lambda unit: unit.jobs.due(1, 9))] == ["small"]
    record.close()


@pytest.fixture
def mortal_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.mark.postgres
async def test_a_killed_server_is_unavailable_until_it_is_back(mortal_server: PostgresServer) -> None:
    """Goal: no driver error leaves the adapter, and dead pooled connections do no harm. Method: SIGKILL, calls, restart, calls."""
    record = SqlRecord(mortal_server.create_database())
    record.migrate()
    await record.write(register)
    mortal_server.kill()
    for call in (record.write(register), record.read(register)):
        with pytest.raises(TuanError) as caught:
            await call
        assert caught.value.reason is Reason.STORE_UNAVAILABLE
        assert caught.value.retry_after_ms
    mortal_server.start()
    assert await record.write(register) == 1
    assert [row.shard for row in await record.read(lambda unit: unit.shards.all())] == ["sale"]
    mortal_server.kill()
    mortal_server.start()
    assert await record.write(register) == 1, "a restart between two calls goes unnoticed"
    record.close()


def test_a_closed_record_is_unavailable(record: SqlRecord) -> None:
    """Goal: late calls of a stopping engine end well. Method: close twice, then write and read."""
    record.close()
    record.close()
    for call in (record.write_now, record.read_now):
        with pytest.raises(TuanError) as caught:
            call(register)
        assert caught.value.reason is Reason.STORE_UNAVAILABLE


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:", "mysql://host/db"])
def test_a_wrong_url_says_what_to_write(url: str) -> None:
    """Goal: a typo in a setting is told at the start. Method: URLs that no record can live at."""
    with pytest.raises(InvalidValue, match="sqlite:////"):
        SqlRecord(url)
