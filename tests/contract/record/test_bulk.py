"""Rows that go in many at a time are the rows that were given, whatever they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select

from tuan.adapters.sql_record import SqlRecord
from tuan.adapters.sql_record.drain.bulk import bulk_for
from tuan.adapters.sql_record.tables import applied_keys, reservations

#: Around the sizes of the groups in which SQLite takes them.
COUNTS = (1, 2, 7, 8, 9, 63, 511, 512, 513, 641)
TEXTS = ("", "a", "é", "0", "1", "it's", '"', "?1", "%s", "\t\\N")


def reservation_columns(random: Random, count: int) -> dict[str, list[Any]]:
    """Each column has one value throughout, a few, or its own in each row; or is another one again."""
    columns: dict[str, list[Any]] = {"shard": ["sale"] * count, "sequence": list(range(count))}
    for name in ("key", "order_id", "order_key", "fingerprint", "label", "state", "claims", "returned"):
        nullable = name in ("order_id", "order_key")
        values: Sequence[str | None] = (*TEXTS, None) if nullable else TEXTS
        kind = random.randrange(4)
        again = columns["order_key" if nullable and "order_key" in columns else "key"] if name != "key" else []
        if kind == 0 and again:
            columns[name] = list(again)
        elif kind == 1:
            columns[name] = [random.choice(values)] * count
        elif kind == 2:
            columns[name] = [random.choice(values) for _ in range(count)]
        else:
            columns[name] = [f"{random.choice(TEXTS)}{row}" for row in range(count)]
    for name in ("create_time_ms", "due_ms"):
        columns[name] = random.choice(([5] * count, [random.choice((0, 1, 2**53)) for _ in range(count)]))
    columns["commits_order"] = random.choice(([True] * count, [random.random() < 0.5 for _ in range(count)]))
    columns["alone"] = [True] * count
    return dict(random.sample(sorted(columns.items()), len(columns)))


@pytest.mark.parametrize("count", COUNTS)
def test_rows_go_in_as_they_are(record: SqlRecord, count: int) -> None:
    """Goal: what rows share is bound once, and no row is given another's. Method: columns of every kind and in any order, and
    what the table has then, row by row."""
    random = Random(count)

    def insert_and_look(connection: Connection) -> None:
        bulk = bulk_for(connection.dialect.name)
        for _ in range(12):
            columns = reservation_columns(random, count)
            bulk.insert(connection, reservations, columns)
            raw = [f'"{name}"' for name in columns]
            found = connection.exec_driver_sql(f"SELECT {', '.join(raw)} FROM reservations ORDER BY sequence").all()
            assert [tuple(row) for row in found] == list(zip(*columns.values(), strict=True))
            connection.execute(reservations.delete())

    record.store.drain(insert_and_look).result()


@pytest.mark.parametrize("count", COUNTS)
def test_rows_that_are_there_are_left_out_and_counted(record: SqlRecord, count: int) -> None:
    """Goal: who had the key first keeps it, in whatever group the others come. Method: every third key is there before."""
    names = applied_keys.c.keys()
    rows = [("sale", f"k{number}", "restock", number, 9) for number in range(count)]
    before = [("sale", f"k{number}", "define", -1, 1) for number in range(0, count, 3)]

    def insert_twice(connection: Connection) -> list[tuple[int, list[Any]]]:
        bulk, seen = bulk_for(connection.dialect.name), []
        for each in (before, rows, rows):
            new = bulk.insert_new(connection, applied_keys, dict(zip(names, zip(*each, strict=True), strict=True)))
            seen.append((new, [tuple(row) for row in connection.execute(select(applied_keys))]))
        return seen

    first, second, third = record.store.drain(insert_twice).result()
    expected = {row[1]: row for row in rows} | {row[1]: row for row in before}
    assert [first[0], second[0], third[0]] == [len(before), count - len(before), 0]
    assert sorted(second[1]) == sorted(third[1]) == sorted(expected.values())
