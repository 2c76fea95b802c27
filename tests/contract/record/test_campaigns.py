"""Rulesets, activities and transfers between shards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tuan.adapters.sql_record import SqlRecord
from tuan.domain.activity import Activity, ActivityState, StockShare
from tuan.domain.claim import CounterSpec
from tuan.domain.errors import Reason, TuanError
from tuan.ports import PriceRule, RuleFile, Ruleset, StockTransfer

EVENING = Activity(
    activity_id="evening",
    promotion="flash_sale",
    block_id="evening_tea",
    title="晚八点秒杀",
    ruleset_hash="h1",
    start_time_ms=10,
    end_time_ms=20,
    config={"price": "9.90", "limits": {"buyer": 2}, "times": ["20:00"]},
    stock=(StockShare("tea", 900, 9, 10), StockShare("cup", None)),
    counters=(CounterSpec("budget", 5000, 1, 2, 3),),
    campaign_id="autumn",
    provision_time_ms=5,
    package="autumn",
)


def ruleset(ruleset_hash: str, package: str = "autumn", time_ms: int = 1) -> Ruleset:
    return Ruleset(ruleset_hash, package, "1.0", (RuleFile("a.tuan", "flash_sale {}"),), "active", time_ms)


def rule(rule_id: str, ruleset_hash: str, priority: int = 0) -> PriceRule:
    return PriceRule(rule_id, "second_half", ruleset_hash, {"percent": 50}, 1, 9, ("tea", "cup"), priority)


def test_publishing_retires_the_packages_previous_ruleset(record: SqlRecord) -> None:
    """Goal: one active version per package. Method: publish two of one package and one of another, then the first again."""
    record.write_now(lambda unit: unit.rulesets.put(ruleset("h1"), [rule("r1", "h1")]))
    record.write_now(
        lambda unit: unit.rulesets.put(ruleset("h2", time_ms=2), [rule("r2", "h2", 7), rule("r3", "h2", 3)])
    )
    record.write_now(lambda unit: unit.rulesets.put(ruleset("h9", "winter", 3), [rule("r9", "h9", 5)]))
    active = record.read_now(lambda unit: unit.rulesets.active_price_rules())
    assert [each.rule_id for each in active] == ["r3", "r9", "r2"]
    assert active[0] == rule("r3", "h2", 3)
    states = {each.ruleset_hash: each.state for each in record.read_now(lambda unit: unit.rulesets.versions("autumn"))}
    assert states == {"h2": "active", "h1": "retired"}
    before = record.read_now(lambda unit: unit.rulesets.revision())
    record.write_now(lambda unit: unit.rulesets.put(ruleset("h1", time_ms=4), [rule("r1", "h1")]))
    assert record.read_now(lambda unit: unit.rulesets.get("h1")) == ruleset("h1", time_ms=4)
    assert record.read_now(lambda unit: unit.rulesets.revision()) > before
    assert [each.ruleset_hash for each in record.read_now(lambda unit: unit.rulesets.versions())] == ["h1", "h9", "h2"]
    assert record.read_now(lambda unit: unit.rulesets.get("none")) is None


def test_an_activity_comes_back_as_it_was_stored_once(record: SqlRecord) -> None:
    """Goal: publishing twice makes one activity. Method: put twice with another title; the first one stays, and is equal."""
    assert record.write_now(lambda unit: unit.activities.put(EVENING))
    assert not record.write_now(lambda unit: unit.activities.put(replace(EVENING, title="other")))
    assert record.read_now(lambda unit: unit.activities.get("evening")) == EVENING
    assert record.read_now(lambda unit: unit.activities.get("none")) is None


def test_activities_move_through_their_states(record: SqlRecord) -> None:
    """Goal: the keeper's steps. Method: state, buffer, list by state and page; every change raises the revision."""
    for name in ("c", "a", "b"):
        record.write_now(lambda unit, name=name: unit.activities.put(replace(EVENING, activity_id=name)))
    revisions = [record.read_now(lambda unit: unit.activities.revision())]
    record.write_now(lambda unit: unit.activities.set_state("b", ActivityState.RUNNING))
    revisions.append(record.read_now(lambda unit: unit.activities.revision()))
    assert record.write_now(lambda unit: unit.activities.add_released_buffer("b", "tea"))
    assert not record.write_now(lambda unit: unit.activities.add_released_buffer("b", "tea"))
    assert record.write_now(lambda unit: unit.activities.add_released_buffer("b", "cup"))
    revisions.append(record.read_now(lambda unit: unit.activities.revision()))
    assert revisions == sorted(set(revisions))
    running = record.read_now(lambda unit: unit.activities.list([ActivityState.RUNNING]))
    assert [(each.activity_id, each.released_buffer) for each in running] == [("b", ("tea", "cup"))]
    page = record.read_now(lambda unit: unit.activities.list(after="a", count_max=1))
    assert [each.activity_id for each in page] == ["b"]


@pytest.mark.parametrize("change", ["set_state", "add_released_buffer"])
def test_an_unknown_activity_is_not_changed(record: SqlRecord, change: str) -> None:
    """Goal: a wrong id is told. Method: each change of an activity that is not there."""
    argument = ActivityState.RUNNING if change == "set_state" else "tea"
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: getattr(unit.activities, change)("none", argument))
    assert caught.value.reason is Reason.ACTIVITY_NOT_FOUND


def test_transfers_are_planned_once_and_stay_open_until_done(record: SqlRecord) -> None:
    """Goal: a saga that a crash cannot double. Method: plan the same twice, take, finish; look after each step."""
    all_of_it = StockTransfer("t1", "retail", "evening", "tea", None)
    some = StockTransfer("t2", "retail", "evening", "cup", 5)
    record.write_now(lambda unit: unit.activities.plan_transfers([all_of_it, some]))
    record.write_now(lambda unit: unit.activities.set_transfer("t1", "taken", 3))
    record.write_now(lambda unit: unit.activities.plan_transfers([all_of_it]))
    taken = replace(all_of_it, state="taken", taken=3)
    assert record.read_now(lambda unit: unit.activities.open_transfers()) == [taken, some]
    record.write_now(lambda unit: unit.activities.set_transfer("t1", "done", 3))
    assert record.read_now(lambda unit: unit.activities.open_transfers()) == [some]
