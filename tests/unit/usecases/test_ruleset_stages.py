"""Stages of rulesets. Goal: versions move along stated edges alone, and what is active stays so until a better one is. Method: a shop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.unit.usecases.shop import CALLER, TEA, Shop, rule_files
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.ruleset import Stage
from tuan.usecases.rules.change_stage import Published
from tuan_rules import Severity

STACK = 'stack "line" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
FAILING = (
    'test "t" { at = 2027-02-11  given = { lines: [ { sku: "tea", list: ¥10.00 } ] }  expect { total = ¥1.00 } }\n'
)


def off(percent: int, label: str = "off") -> str:
    """Rules that take so much off everything."""
    return STACK + f'price "{label}" {{ give = off({percent}%)  stack = stack "line"  priority = {percent} }}\n'


async def refused(work: Coroutine[Any, Any, object]) -> TuanError:
    with pytest.raises(TuanError) as caught:
        await work
    return caught.value


async def promote(shop: Shop, ruleset: str, stage: Stage, percent: int = 0, request_id: str = "") -> Published:
    request_id = request_id or f"promote-{ruleset[:8]}-{stage.value}-{percent}"
    return await shop.rules.promoter.promote(CALLER, request_id, ruleset, stage, percent)


async def roll_back(shop: Shop, request_id: str, ruleset: str = "") -> str:
    published = await shop.rules.roller.roll_back(CALLER, request_id, "shop.rules", ruleset)
    return published.ruleset.ruleset_hash


async def test_a_draft_goes_all_the_way(shop: Shop) -> None:
    """Goal: draft, checked, shadow, canary, active, retired. Method: one version through all of them, and the one that retires it."""
    live = await shop.publish(off(10), request_id="p0")
    new = await shop.publish(off(20), request_id="p1", stage=Stage.DRAFT)
    assert await shop.stage(new) == "checked"
    way = [
        (Stage.SHADOW, 0),
        (Stage.CANARY, 1),
        (Stage.CANARY, 2),
        (Stage.SHADOW, 0),
        (Stage.RETIRED, 0),
        (Stage.SHADOW, 0),
    ]
    for number, (stage, percent) in enumerate(way):
        moved = (await promote(shop, new, stage, percent, f"way-{number}")).ruleset
        assert (moved.state, moved.canary_percent) == (stage, percent)
    assert (await shop.placed("r1")).total_minor == 9_00
    await promote(shop, new, Stage.ACTIVE)
    assert [await shop.stage(each) for each in (live, new)] == ["retired", "active"]
    assert (await shop.placed("r9")).total_minor == 8_00
    assert set(await shop.kinds()) >= {"ruleset.published", "ruleset.staged"}


async def test_a_draft_tells_what_keeps_it_from_being_more(shop: Shop) -> None:
    """Goal: it is stored, and its author knows. Method: a failing test; the same repaired is another version."""
    files = rule_files(off(10) + FAILING)
    published = await shop.rules.publisher.publish(CALLER, "p1", files, Stage.DRAFT)
    assert published.ruleset.state == "draft"
    [found] = published.diagnostics
    assert (found.code, found.severity) == ("TR-402", Severity.ERROR)
    error = await refused(promote(shop, published.ruleset.ruleset_hash, Stage.SHADOW))
    assert (error.reason, error.metadata["code"]) == (Reason.RULES_INVALID, "TR-402")
    assert await shop.stage(published.ruleset.ruleset_hash) == "draft"


async def test_a_bad_file_never_replaces_a_good_one(shop: Shop) -> None:
    """Goal: whatever is wrong, what was active prices on. Method: a mistake, a failing test, a conflict with another package."""
    await shop.publish(off(10), request_id="p0")
    other = off(50, "other").replace("best_for_buyer", "all")
    for number, (blocks, package, code) in enumerate(
        (
            ('price "x" { give = off(10)  stack = stack "line" }', "shop.rules", ""),
            (off(20) + FAILING, "shop.rules", "TR-402"),
            (other, "shop.other", "TR-403"),
            (off(10, "other"), "shop.other", "TR-403"),
        )
    ):
        for stage, percent in ((Stage.ACTIVE, 0), (Stage.CANARY, 50), (Stage.SHADOW, 0)):
            error = await refused(shop.publish(blocks, package, f"bad-{number}-{stage}", stage, percent))
            assert error.reason is Reason.RULES_INVALID
            assert code in error.metadata["code"]
        assert (await shop.placed(f"r{number}")).total_minor == 9_00
    assert not (await shop.rules.checker.check_for_publication(rule_files(other, "shop.other"))).package


async def test_a_conflict_names_the_place_and_the_way_out(shop: Shop) -> None:
    """Goal: two packages that do not go together are told of at publication, in both languages. Method: one stack in two forms, one
    priority twice."""
    await shop.publish(off(10), request_id="p0")
    for blocks, line, words in (
        (off(50, "other").replace("best_for_buyer", "all"), 2, ("is not the same in", "不一致")),
        (off(10, "other"), 3, ("have priority 10", "优先级同为 10")),
    ):
        result = await shop.rules.checker.check_for_publication(rule_files(blocks, "shop.other"))
        [found] = result.diagnostics
        assert (found.code, found.span.line) == ("TR-403", line)
        assert words[0] in found.message("en")
        assert words[1] in found.message("zh")
    assert await shop.publish(off(20, "other"), "shop.other", "fine")
    assert (await shop.placed("r1")).total_minor == 8_00


async def test_what_does_not_go_together_with_a_canary_waits_for_it(shop: Shop) -> None:
    """Goal: a canary is not dropped behind its back. Method: a package that the active version allows and the canary does not."""
    await shop.publish(off(10), request_id="p0")
    canary = await shop.publish(off(20), request_id="p1", stage=Stage.CANARY, canary_percent=5)
    error = await refused(shop.publish(off(20, "b"), "shop.b", "p2"))
    assert (error.reason, error.metadata["code"]) == (Reason.RULES_INVALID, "TR-403")
    await promote(shop, canary, Stage.RETIRED)
    assert await shop.publish(off(20, "b"), "shop.b", "p2")


async def test_of_two_that_do_not_go_together_one_becomes_active(shop: Shop) -> None:
    """Goal: a conflict is found however close two publications are. Method: both at once, each fine without the other."""
    other = off(50, "other").replace("best_for_buyer", "all")
    results = await asyncio.gather(
        shop.publish(off(10), request_id="p0"), shop.publish(other, "shop.other", "p1"), return_exceptions=True
    )
    [error] = [result for result in results if isinstance(result, BaseException)]
    assert isinstance(error, TuanError)
    assert (error.reason, error.metadata["code"]) == (Reason.RULES_INVALID, "TR-403")
    active = await shop.sql.read(lambda unit: unit.rulesets.versions(states=[Stage.ACTIVE]))
    assert [each.ruleset_hash for each in active] == [result for result in results if isinstance(result, str)]


async def test_rolling_back(shop: Shop) -> None:
    """Goal: the version that was active before is so again; a repetition does nothing more. Method: three versions and back."""
    one, two, three = [await shop.publish(off(10 * n), request_id=f"p{n}") for n in (1, 2, 3)]
    shop.clock.advance(1)
    assert await roll_back(shop, "b1") == two
    assert await roll_back(shop, "b1") == two
    assert [await shop.stage(each) for each in (one, two, three)] == ["retired", "active", "retired"]
    shop.clock.advance(1)
    assert await roll_back(shop, "b2") == three
    assert await roll_back(shop, "b3", one) == one
    assert await roll_back(shop, "b3", one) == one
    assert (await shop.placed("r1")).total_minor == 9_00
    assert (await refused(roll_back(shop, "b3", two))).reason is Reason.REQUEST_ID_REUSED


async def test_rolling_back_needs_a_version_that_was_active(shop: Shop) -> None:
    """Goal: going back is to what was. Method: a package of one version, a draft, an unknown hash, a name that is none."""
    await shop.publish(off(10), request_id="p1")
    draft = await shop.publish(off(20), request_id="p2", stage=Stage.DRAFT)
    assert (await refused(roll_back(shop, "b1"))).reason is Reason.RULESET_NOT_FOUND
    assert (await refused(roll_back(shop, "b2", "0" * 64))).reason is Reason.RULESET_NOT_FOUND
    error = await refused(roll_back(shop, "b3", draft))
    assert error.reason is Reason.RULESET_STATE_CONFLICT
    assert "promote it instead" in error.message
    assert isinstance(await refused(shop.rules.roller.roll_back(CALLER, "b4", "")), InvalidValue)


async def test_a_repeated_publication_does_not_bring_an_old_version_back(shop: Shop) -> None:
    """Goal: a request that is sent again long after does nothing twice. Method: publish, publish another, repeat the first."""
    one = await shop.publish(off(10), request_id="p1")
    two = await shop.publish(off(20), request_id="p2")
    assert await shop.publish(off(10), request_id="p1") == one
    assert [await shop.stage(each) for each in (one, two)] == ["retired", "active"]


@pytest.mark.parametrize(
    ("stage", "percent", "said"),
    [
        (Stage.CANARY, 0, "send 1 to 99"),
        (Stage.CANARY, 100, "send 1 to 99"),
        (Stage.SHADOW, 5, "leave it out"),
        (Stage.CHECKED, 0, "cannot be asked for"),
        (Stage.DRAFT, 0, "cannot be asked for"),
    ],
)
async def test_wrong_wishes_are_refused(shop: Shop, stage: Stage, percent: int, said: str) -> None:
    """Goal: what cannot be is said with what can. Method: each wrong stage and percent."""
    ruleset = await shop.publish(off(10), stage=Stage.DRAFT)
    error = await refused(promote(shop, ruleset, stage, percent))
    assert isinstance(error, InvalidValue)
    assert said in error.message


async def test_stages_that_do_not_follow_are_refused(shop: Shop) -> None:
    """Goal: the active version ends by another one alone, and a currency has one canary. Method: demote it; a second canary."""
    live = await shop.publish(off(10), request_id="p0")
    for stage, percent in ((Stage.SHADOW, 0), (Stage.CANARY, 5), (Stage.RETIRED, 0)):
        error = await refused(promote(shop, live, stage, percent))
        assert (error.reason, error.metadata["state"]) == (Reason.RULESET_STATE_CONFLICT, "active")
        assert "another version" in error.message
    first = await shop.publish(off(20), request_id="p1", stage=Stage.CANARY, canary_percent=5)
    error = await refused(shop.publish(off(30, "b"), "shop.b", "p2", Stage.CANARY, 5))
    assert error.reason is Reason.RULESET_STATE_CONFLICT
    assert first[:12] in error.message
    await promote(shop, first, Stage.RETIRED)
    await shop.publish(off(30, "b"), "shop.b", "p2", Stage.CANARY, 5)
    nothing = await refused(shop.publish(STACK, "shop.none", "p3", Stage.SHADOW))
    assert isinstance(nothing, InvalidValue)
    assert (await refused(promote(shop, "0" * 64, Stage.ACTIVE))).reason is Reason.RULESET_NOT_FOUND


async def test_an_order_names_its_rules_for_ever(shop: Shop) -> None:
    """Goal: a set of rulesets can be resolved when another is long active. Method: two packages, an order, new versions of both."""
    one = await shop.publish(off(10, "a"), "shop.a", "p1")
    two = await shop.publish(off(20, "b"), "shop.b", "p2")
    placed = await shop.placed("r1")
    await shop.publish(off(30, "a"), "shop.a", "p3")
    await shop.publish(off(40, "b"), "shop.b", "p4")
    name = (await shop.order(placed.order_id)).placed.ruleset_hash
    members = await shop.sql.read(lambda unit: unit.rulesets.members(name))
    assert members == tuple(sorted((one, two)))


async def test_activities_come_back_with_their_version(shop: Shop) -> None:
    """Goal: a rollback plans activities anew, and what cannot be is a warning. Method: a rule of a plugin in the first version,
    which the second drops."""
    await shop.publish(off(10), request_id="p1")
    await shop.publish(off(20), request_id="p2")
    published = await shop.rules.roller.roll_back(CALLER, "b1", "shop.rules")
    assert published.activity_ids == ()
    assert (await shop.placed("r1", (TEA, 1, ""))).total_minor == 9_00
