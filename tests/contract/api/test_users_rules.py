"""A merchant with a wrong rule file: what checking and publishing tell, and that a bad file never replaces a good one."""

from __future__ import annotations

import pytest

from tests.contract.api.live import LiveEngine
from tests.contract.api.world import World
from tuan_api.v1 import diagnostic_pb2, rules_pb2, ruleset_pb2

SALE = """package "tests.{package}" {{ version = "1.0.0"  zone = "UTC"  currency = "{currency}" }}

flash_sale "noon" {{
  on     = {on}
  price  = {price}
  active = {active}
}}
"""
GOOD = {
    "package": "users",
    "currency": "CNY",
    "on": 'line.sku in ["S4"]',
    "price": "set(¥29.90)",
    "active": "from 2099-02-10 until 2099-02-13",
}


def _files(text: str) -> list[ruleset_pb2.RuleFile]:
    return [ruleset_pb2.RuleFile(name="noon.tuan", text=text)]


def _check(world: World, text: str) -> rules_pb2.CheckRulesResponse:
    answer = world.ok("RuleService.CheckRules", rules_pb2.CheckRulesRequest(files=_files(text)))
    assert isinstance(answer, rules_pb2.CheckRulesResponse)
    return answer


@pytest.mark.parametrize(
    ("change", "place", "word"),
    [
        ({"on": 'line.sku in ["S4", "S99"]'}, (4, 12), "S99"),
        ({"on": 'line.category under "无此类"'}, (4, 12), "无此类"),
        ({"price": "set(¥350.00)"}, (5, 12), "above the list price"),
        ({"price": "off(¥35.00)"}, (5, 12), "would cost nothing"),
        ({"currency": "GBP", "price": "off(5%)"}, (5, 12), "priced in CNY"),
        ({"active": "from 2020-02-10 until 2020-02-13"}, (3, 1), "ended"),
    ],
    ids=["unknown SKU", "unknown category", "dearer than ever", "free", "other currency", "all over"],
)
def test_what_the_catalogue_and_the_clock_do_not_allow_is_checked(
    world: World, change: dict[str, str], place: tuple[int, int], word: str
) -> None:
    """Goal: a file that CheckRules calls publishable can be published, and both name the same place. Method: files without a
    mistake of their own, which the catalogue or the clock do not allow."""
    text = SALE.format(**{**GOOD, **change})
    checked = _check(world, text)
    assert not checked.publishable
    (found,) = (item for item in checked.diagnostics if item.severity == diagnostic_pb2.SEVERITY_ERROR)
    assert word in found.message
    assert (found.span.file, found.span.start_line, found.span.start_column) == ("noon.tuan", *place)
    request = rules_pb2.PublishRulesRequest(request_id=world.new_id(), files=_files(text))
    outcome = world.call("RuleService.PublishRules", request)
    assert outcome.reason == "RULES_INVALID"
    assert outcome.metadata == {"file": "noon.tuan", "line": str(place[0]), "column": str(place[1]), "code": found.code}
    assert word in outcome.message


def test_diagnostics_are_told_in_chinese(world: World) -> None:
    """Goal: a merchant reads what is wrong. Method: an unknown SKU, checked in both languages."""
    files = _files(SALE.format(**{**GOOD, "on": 'line.sku in ["S99"]'}))
    for language, word in (("", "cannot be published"), ("zh", "无法发布")):
        answer = world.ok("RuleService.CheckRules", rules_pb2.CheckRulesRequest(files=files, language=language))
        assert word in answer.diagnostics[0].message


def test_every_wrong_block_is_told_at_once(world: World) -> None:
    """Goal: a merchant repairs a file in one round. Method: two sales, each with goods that do not exist."""
    text = SALE.format(**{**GOOD, "on": 'line.sku in ["S98"]'})
    text += text.split("\n\n", 1)[1].replace("noon", "night").replace("S98", "S99")
    assert [item.span.start_line for item in _check(world, text).diagnostics] == [4, 9]


def test_a_bad_file_never_replaces_a_good_one(world: World) -> None:
    """Goal: a failed publication changes nothing. Method: publish, publish a worse version, list what is active."""
    good = rules_pb2.PublishRulesRequest(request_id=world.new_id(), files=_files(SALE.format(**GOOD)))
    assert _check(world, SALE.format(**GOOD)).publishable
    stored = world.ok("RuleService.PublishRules", good).ruleset
    for change in ({"price": "set(¥9999.00)"}, {"price": "set(29.90)"}):
        text = SALE.format(**{**GOOD, **change})
        request = rules_pb2.PublishRulesRequest(request_id=world.new_id(), files=_files(text))
        assert world.call("RuleService.PublishRules", request).reason == "RULES_INVALID"
    listing = rules_pb2.ListRulesetsRequest(package="tests.users")
    (active,) = world.ok("RuleService.ListRulesets", listing).rulesets
    assert (active.ruleset_hash, active.state) == (stored.ruleset_hash, ruleset_pb2.RULESET_STATE_ACTIVE)


def test_published_rules_are_kept_for_the_next_start(world: World, live: LiveEngine) -> None:
    """Goal: an engine starts from what it kept, beside its data. Method: publish price rules, and look into the folder."""
    text = """package "tests.kept" { version = "1.0.0"  zone = "UTC"  currency = "KRW" }
    stack "line" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }
    price "all" { give = off(1%)  stack = stack "line" }
    """
    request = rules_pb2.PublishRulesRequest(request_id=world.new_id(), files=_files(text))
    world.ok("RuleService.PublishRules", request)
    assert live.settings.rules_dir == live.settings.data_dir.absolute() / "rules"
    kinds = {file.suffix for file in live.settings.rules_dir.iterdir()}
    assert kinds == {".package", ".rules"}
