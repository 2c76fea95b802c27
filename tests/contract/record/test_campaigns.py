"""Rulesets, activities and transfers between shards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tuan.adapters.sql_record import SqlRecord
from tuan.domain.activity import Activity, ActivityState, StockShare
from tuan.domain.claim import CounterSpec
from tuan.domain.errors import Reason, TuanError
from tuan.domain.ruleset import Stage, check_stage
from tuan.ports import PastRule, PriceRule, RuleFile, Ruleset, ShadowTotals, StockTransfer, Unit

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


def activate(record: SqlRecord, new: Ruleset, *rules: PriceRule, time_ms: int = 1) -> None:
    """Store a version as a draft, and make it the active one."""

    def work(unit: Unit) -> None:
        unit.rulesets.add(replace(new, state="draft"))
        unit.rulesets.put_price_rules(new.ruleset_hash, rules)
        unit.rulesets.move(new.ruleset_hash, Stage.ACTIVE, time_ms)

    record.write_now(work)


def test_becoming_active_retires_the_packages_previous_ruleset(record: SqlRecord) -> None:
    """Goal: one active version per package. Method: activate two of one package and one of another, then the first again."""
    activate(record, ruleset("h1"), rule("r1", "h1"))
    activate(record, ruleset("h2", time_ms=2), rule("r2", "h2", 7), rule("r3", "h2", 3), time_ms=2)
    activate(record, ruleset("h9", "winter", 3), rule("r9", "h9", 5), time_ms=3)
    active = record.read_now(lambda unit: unit.rulesets.active_price_rules())
    assert [each.rule_id for each in active] == ["r3", "r9", "r2"]
    assert active[0] == rule("r3", "h2", 3)
    states = {each.ruleset_hash: each.state for each in record.read_now(lambda unit: unit.rulesets.versions("autumn"))}
    assert states == {"h2": "active", "h1": "retired"}
    before = record.read_now(lambda unit: unit.rulesets.revision())
    activate(record, ruleset("h1", time_ms=4), rule("r4", "h1"), time_ms=4)
    assert record.read_now(lambda unit: unit.rulesets.get("h1")) == replace(ruleset("h1"), activate_time_ms=4)
    assert record.read_now(lambda unit: unit.rulesets.revision()) > before
    assert [each.rule_id for each in record.read_now(lambda unit: unit.rulesets.active_price_rules())] == ["r4", "r9"]
    assert [each.ruleset_hash for each in record.read_now(lambda unit: unit.rulesets.versions())] == ["h9", "h2", "h1"]
    past = record.read_now(lambda unit: unit.rulesets.past_price_rules(["second_half"]))
    assert past == [PastRule(rule("r2", "h2", 7), 4), PastRule(rule("r3", "h2", 3), 4)]
    assert record.read_now(lambda unit: unit.rulesets.past_price_rules(["another"])) == []
    retired = record.read_now(lambda unit: unit.rulesets.versions("autumn", [Stage.RETIRED, Stage.DRAFT]))
    assert [each.ruleset_hash for each in retired] == ["h2"]
    assert record.read_now(lambda unit: unit.rulesets.get("none")) is None


def test_stages_move_along_their_edges_alone(record: SqlRecord) -> None:
    """Goal: no stage is skipped or left by accident. Method: every pair of stages against the table of the domain."""
    for number, (source, target) in enumerate((a, b) for a in Stage for b in Stage):
        name = f"s{number}"
        record.write_now(
            lambda unit, name=name, source=source: unit.rulesets.add(replace(ruleset(name, name), state=source.value))
        )
        try:
            check_stage(name, source, target)
        except TuanError as refused:
            with pytest.raises(TuanError) as caught:
                record.write_now(lambda unit, name=name, target=target: unit.rulesets.move(name, target, 5, 10))
            assert caught.value.metadata == refused.metadata
            assert record.read_now(lambda unit, name=name: unit.rulesets.get(name)).state == source
        else:
            record.write_now(lambda unit, name=name, target=target: unit.rulesets.move(name, target, 5, 10))
            moved = record.read_now(lambda unit, name=name: unit.rulesets.get(name))
            assert moved is not None
            percent, active_ms = 10 if target is Stage.CANARY else 0, 5 if target is Stage.ACTIVE else 0
            assert (moved.state, moved.canary_percent, moved.activate_time_ms) == (target, percent, active_ms)
    with pytest.raises(TuanError) as unknown:
        record.write_now(lambda unit: unit.rulesets.move("none", Stage.ACTIVE, 5))
    assert unknown.value.reason is Reason.RULESET_NOT_FOUND


def test_a_change_that_was_judged_too_early_is_noticed(record: SqlRecord) -> None:
    """Goal: two publications at once cannot both be judged by what was there before. Method: the revision of one is overtaken."""
    seen = record.read_now(lambda unit: unit.rulesets.revision())
    assert record.write_now(lambda unit: unit.rulesets.begin_change(seen))
    assert not record.write_now(lambda unit: unit.rulesets.begin_change(seen))


def test_a_set_stands_for_its_members(record: SqlRecord) -> None:
    """Goal: what an order names can be resolved for ever. Method: a set, written twice, a ruleset, and a name of nothing."""
    record.write_now(lambda unit: unit.rulesets.add(ruleset("h1")))
    for _ in range(2):
        record.write_now(lambda unit: unit.rulesets.put_sets({"set": ("h1", "h2")}))
    names = record.read_now(lambda unit: [unit.rulesets.members(name) for name in ("set", "h1", "h3")])
    assert names == [("h1", "h2"), ("h1",), ()]


def test_totals_of_a_shadow_add_up_and_begin_anew(record: SqlRecord) -> None:
    """Goal: no order is counted for the wrong run. Method: two batches of one that is a shadow and one that is none; then again."""
    for name in ("h1", "h2"):
        record.write_now(lambda unit, name=name: unit.rulesets.add(replace(ruleset(name), state="draft")))
    record.write_now(lambda unit: unit.rulesets.move("h1", Stage.SHADOW, 1))
    batch = ShadowTotals("h1", "CNY", 3, 1, 1, 2, 4, 3_000, 2_900, 7)
    for later in (0, 1):
        rows = [replace(batch, update_time_ms=7 + later), replace(batch, ruleset_hash="h2")]
        record.write_now(lambda unit, rows=rows: unit.rulesets.add_shadow_totals(rows))
    assert record.read_now(lambda unit: unit.rulesets.shadow_totals("h1")) == [
        ShadowTotals("h1", "CNY", 6, 2, 2, 4, 8, 6_000, 5_800, 8)
    ]
    assert record.read_now(lambda unit: unit.rulesets.shadow_totals("h2")) == []
    record.write_now(lambda unit: unit.rulesets.move("h1", Stage.CANARY, 2, 5))
    record.write_now(lambda unit: unit.rulesets.move("h1", Stage.SHADOW, 3))
    assert record.read_now(lambda unit: unit.rulesets.shadow_totals("h1")) == []


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
