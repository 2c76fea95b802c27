"""Jobs, events, alarms, request ids, API keys."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from tuan.adapters.sql_record import SqlRecord
from tuan.domain.errors import Reason, TuanError
from tuan.ports import ApiKey, Job, NewJob, Unit


def test_a_job_runs_once_for_ever(record: SqlRecord) -> None:
    """Goal: (kind, key) is unique, also after it is done. Method: add, finish, add again."""
    record.write_now(lambda unit: unit.jobs.add("refund", "f1", 10, {"refund_id": "f1"}))
    record.write_now(lambda unit: unit.jobs.add("refund", "f1", 5))
    [job] = record.read_now(lambda unit: unit.jobs.due(10, 9))
    assert (job.kind, job.key, job.run_time_ms, job.payload) == ("refund", "f1", 10, {"refund_id": "f1"})
    record.write_now(lambda unit: unit.jobs.done(job.job_id))
    record.write_now(lambda unit: unit.jobs.add("refund", "f1", 5))
    assert record.read_now(lambda unit: unit.jobs.due(100, 9)) == []


def test_due_jobs_come_in_the_order_of_their_time(record: SqlRecord) -> None:
    """Goal: oldest first, none too early. Method: three run times and a limit."""
    for key, run_time_ms in (("late", 30), ("first", 10), ("second", 20)):
        record.write_now(lambda unit, key=key, at=run_time_ms: unit.jobs.add("notify", key, at))
    assert [job.key for job in record.read_now(lambda unit: unit.jobs.due(29, 9))] == ["first", "second"]
    assert [job.key for job in record.read_now(lambda unit: unit.jobs.due(99, 1))] == ["first"]


def test_jobs_are_added_and_ended_together(record: SqlRecord) -> None:
    """Goal: one statement for many. Method: add with repeats, leave some out by kind and by id, end 600 at once."""
    record.write_now(lambda unit: unit.jobs.add_all([]))
    new = [NewJob("pay", f"{number:03}", 1, {"n": number}) for number in range(600)]
    record.write_now(lambda unit: unit.jobs.add_all([*new, new[0], NewJob("refund", "000", 2)]))
    record.write_now(lambda unit: unit.jobs.add_all(new[:2]))
    jobs = record.read_now(lambda unit: unit.jobs.due(9, 1_000))
    assert [(job.kind, job.key) for job in jobs] == [*(("pay", each.key) for each in new), ("refund", "000")]
    assert jobs[5].payload == {"n": 5}
    refund = jobs[-1].job_id
    first = [job.job_id for job in jobs[:2]]

    def due(count_max: int, kinds: list[str], without: list[int]) -> list[int]:
        return [job.job_id for job in record.read_now(lambda unit: unit.jobs.due(9, count_max, kinds, without))]

    assert due(2, ["pay"], first) == [job.job_id for job in jobs[2:4]]
    assert due(2, [], first) == [job.job_id for job in jobs[2:4]]
    assert due(9, ["refund", "nothing"], []) == [refund]
    assert due(9, ["refund"], [refund]) == []
    record.write_now(lambda unit: unit.jobs.done(*(job.job_id for job in jobs[:-1])))
    assert due(1_000, [], []) == [refund]


def test_a_failing_job_is_retried_then_given_up_then_retried_by_hand(record: SqlRecord) -> None:
    """Goal: the life of a job that fails. Method: retry, give up, list, retry now, finish by name."""
    record.write_now(lambda unit: unit.jobs.add("refund", "f1", 1))
    [job] = record.read_now(lambda unit: unit.jobs.due(1, 9))
    record.write_now(lambda unit: unit.jobs.retry(job.job_id, 50, "time-out"))
    assert record.read_now(lambda unit: unit.jobs.due(49, 9)) == []
    assert record.write_now(lambda unit: unit.jobs.retry_now(job.job_id, 1)) is None
    record.write_now(lambda unit: unit.jobs.give_up(job.job_id, "refused"))
    [failed] = record.read_now(lambda unit: unit.jobs.failed(0, 9))
    assert failed == Job(job.job_id, "refund", "f1", 50, 2, {}, "refused")
    assert record.read_now(lambda unit: unit.jobs.failed(job.job_id, 9)) == []
    assert record.read_now(lambda unit: unit.jobs.due(99, 9)) == []
    again = record.write_now(lambda unit: unit.jobs.retry_now(job.job_id, 60))
    assert again is not None and again.run_time_ms == 60
    assert record.read_now(lambda unit: unit.jobs.due(60, 9)) == [again]
    record.write_now(lambda unit: unit.jobs.finish("refund", "f1"))
    assert record.read_now(lambda unit: unit.jobs.due(99, 9)) == []


def test_events_are_read_by_kind_activity_and_cursor(record: SqlRecord) -> None:
    """Goal: what consumers and streams ask for. Method: four events, each filter; cursors never go back."""

    def add(unit: Unit) -> None:
        unit.outbox.add("order.paid", "o1", "evening", 1, {"order_id": "o1"})
        unit.outbox.add("order.placed", "o2", "evening", 2, {"n": [1, 2]})
        unit.outbox.add("order.paid", "o3", "retail", 3, {})

    assert record.read_now(lambda unit: unit.outbox.last()) == 0
    record.write_now(add)
    record.write_now(lambda unit: unit.outbox.add("order.paid", "o4", "evening", 4, {}))
    events = record.read_now(lambda unit: unit.outbox.after(0, 10))
    assert [event.subject for event in events] == ["o1", "o2", "o3", "o4"]
    assert events[1].data == {"n": [1, 2]}
    assert record.read_now(lambda unit: unit.outbox.after(events[0].event_id, 1)) == [events[1]]
    paid = record.read_now(lambda unit: unit.outbox.after(0, 10, ["order.paid"], "evening"))
    assert paid == [events[0], events[3]]
    assert record.read_now(lambda unit: unit.outbox.last()) == events[3].event_id
    assert record.read_now(lambda unit: unit.outbox.cursor("react:x")) == 0
    moved = [record.write_now(lambda unit, at=cursor: unit.outbox.advance("react:x", at)) for cursor in (2, 3, 1, 3)]
    assert moved == [True, True, False, False]
    assert record.read_now(lambda unit: unit.outbox.cursor("react:x")) == 3


def test_no_event_appears_before_one_with_a_lower_id(record: SqlRecord) -> None:
    """Goal: a consumer that moves its cursor never passes an event that commits later.

    Method: eight threads write events while a reader follows; it must see every one, in ids that only rise.
    """
    threads, each = 8, 25

    def write(name: int) -> None:
        for number in range(each):
            record.write_now(lambda unit, n=number: unit.outbox.add("a.b", f"{name}-{n}", "x", 1, {}))

    writers = [threading.Thread(target=write, args=(name,)) for name in range(threads)]
    for writer in writers:
        writer.start()
    seen: list[str] = []
    cursor = 0
    while len(seen) < threads * each:
        alive = any(writer.is_alive() for writer in writers)
        events = record.read_now(lambda unit: unit.outbox.after(cursor, 1000))  # noqa: B023 - it runs at once
        assert alive or events, "an event was passed by"
        seen += [event.subject for event in events]
        cursor = events[-1].event_id if events else cursor
    assert len(set(seen)) == threads * each


def test_a_request_id_is_claimed_once(record: SqlRecord) -> None:
    """Goal: idempotency of every other write. Method: the first, a repeat, another content, another method, another caller."""

    def claim(caller: str, method: str, fingerprint: str) -> bool:
        return record.write_now(lambda unit: unit.requests.claim(caller, "r1", method, fingerprint))

    def made(method: str, fingerprint: str) -> bool:
        return record.read_now(lambda unit: unit.requests.made("shop", "r1", method, fingerprint))

    assert not made("CancelOrder", "a")
    assert claim("shop", "CancelOrder", "a")
    assert not claim("shop", "CancelOrder", "a")
    assert made("CancelOrder", "a")
    assert claim("other", "CancelOrder", "b")
    for method, fingerprint in (("CancelOrder", "b"), ("ShipOrder", "a")):
        for ask in (partial(claim, "shop"), made):
            with pytest.raises(TuanError) as caught:
                ask(method, fingerprint)
            assert caught.value.reason is Reason.REQUEST_ID_REUSED


def test_alarms_come_newest_first(record: SqlRecord) -> None:
    """Goal: an operator's list. Method: three alarms, two pages."""
    for number in range(3):
        record.write_now(lambda unit, n=number: unit.alarms.add("reaction_failed", "flash_sale", f"event {n}", n))
    newest = record.read_now(lambda unit: unit.alarms.newest(0, 2))
    assert [alarm.message for alarm in newest] == ["event 2", "event 1"]
    rest = record.read_now(lambda unit: unit.alarms.newest(newest[-1].alarm_id, 2))
    assert [alarm.message for alarm in rest] == ["event 0"]
    assert record.read_now(lambda unit: unit.checks.alarms()) == []


def test_api_keys_are_replaced_by_their_id(record: SqlRecord) -> None:
    """Goal: a key can be revoked. Method: put it active, then not."""
    key = ApiKey("k1", "hash", "shop", ("orders.write", "orders.read"))
    record.write_now(lambda unit: unit.api_keys.put(key))
    assert record.read_now(lambda unit: unit.api_keys.all()) == [key]
    revoked = ApiKey("k1", "hash", "shop", (), active=False)
    record.write_now(lambda unit: unit.api_keys.put(revoked))
    assert record.read_now(lambda unit: unit.api_keys.all()) == [revoked]
