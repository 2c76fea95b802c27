"""A third party's vocabulary through the tools and through the engine: what a distribution adds works as what is built in."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tests.unit.rules import raffle_for_tests
from tests.unit.rules.pricing_for_tests import head
from tuan.plugin import CheckedBlock, Plan, PromotionType, PublishContext, Reward, RewardKind
from tuan.registry import PluginRefused, Registry
from tuan_rules import Action, SourceFile, check, cli, installed

RULES = (
    head()
    + """\
stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }
raffle "spring" { prize = raffle_ticket(3, raffle "spring") then points(5) }
price "may" { give = off(10%)  stack = stack "s"  when = (is_holiday(cart.time) ?? false) and is_regular(2, 3) }

test "labour day" {
  at    = 2027-05-01 12:00
  given = { buyer: { level: 2 }, 花园: { 树: 3 }, lines: [ { sku: "S1", list: ¥100.00 } ] }

  case "with a garden" { expect { total = ¥90.00  applied = [price "may"] } }
  case "the day after" { at = 2027-05-02 12:00  expect { total = ¥100.00 } }
  case "no trees" { given = { garden: { trees: 2 } }  expect { total = ¥100.00 } }
}
"""
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A rule file, and the distribution installed."""
    entry = EntryPoint("raffle", "tests.unit.rules.raffle_for_tests:rule_blocks", installed.ENTRY_POINT_GROUP)
    monkeypatch.setattr(
        installed, "entry_points", lambda group: [entry] if group == installed.ENTRY_POINT_GROUP else []
    )
    path = tmp_path / "may.tuan"
    path.write_text(RULES, encoding="utf-8")
    return str(path)


def test_the_tools_know_what_is_installed(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: check, test, explain, fmt and vocab need nothing told. Method: run each with the entry point alone."""
    assert cli.main(["check", file]) == 0
    assert cli.main(["test", "--threshold", "100", file]) == 0
    assert "3, failed: 0" in capsys.readouterr().out
    assert cli.main(["explain", "--cart", "labour day / with a garden", file]) == 0
    told = capsys.readouterr().out
    assert 'price "may": is_holiday(2027-05-01 12:00) = true' in told
    assert 'price "may": is_regular(2, 3) = true' in told
    assert cli.main(["vocab"]) == 0
    shown = capsys.readouterr().out
    assert "is_holiday(time): boolean?  Whether a time is on a public holiday." in shown
    assert "is_regular(level, trees): boolean" in shown
    assert "  = buyer.level >= level and (garden.trees ?? 0) >= trees" in shown
    assert "raffle_ticket(count, raffle, colour)  Tickets for a raffle." in shown
    assert cli.main(["vocab", "--language", "zh"]) == 0
    assert "raffle（抽奖）" in capsys.readouterr().out
    assert cli.main(["fmt", "--locale", "zh", file]) == 0
    assert cli.main(["test", "--threshold", "100", file]) == 0
    text = Path(file).read_text(encoding="utf-8")
    assert '奖品 = 抽奖券(3, 抽奖 "spring") then 积分(5)' in text
    assert "是节假日(购物车.时间) ?? false" in text


class Raffle(PromotionType):
    """A promotion that adds blocks, facts and predicates."""

    code = "raffle"

    def blocks(self) -> list[raffle_for_tests.BlockSchema]:
        return [raffle_for_tests.RAFFLE]

    def facts(self) -> list[raffle_for_tests.FactRecord]:
        return [raffle_for_tests.GARDEN]

    def predicates(self) -> list[raffle_for_tests.Predicate]:
        return [raffle_for_tests.IS_HOLIDAY, raffle_for_tests.IS_REGULAR]

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        return Plan()


class Tickets(RewardKind):
    """A reward that rule files name."""

    code = "tickets"

    def actions(self) -> list[Action]:
        return [raffle_for_tests.TICKET]

    def grant(self, reward: Reward, unit: object) -> None: ...

    def revoke(self, reward: Reward, unit: object) -> None: ...


class OtherTickets(Tickets):
    """Another reward of that name."""

    code = "other_tickets"


def test_the_engine_asks_the_plugins() -> None:
    """Goal: an engine's rules may say what its plugins declare. Method: check the file with a registry's vocabulary."""
    vocabulary = Registry([Raffle(), Tickets()]).vocabulary()
    assert list(vocabulary.actions) == ["raffle_ticket"]
    assert check([SourceFile("t", RULES)], vocabulary).package is not None


class Broken(Tickets):
    """A reward whose vocabulary cannot be read."""

    code = "broken"

    def actions(self) -> list[Action]:
        raise KeyError("no tickets")


def test_a_vocabulary_that_raises_is_refused_at_start() -> None:
    """Goal: start-up says which call failed, and does not break off. Method: a plugin whose `actions` raises."""
    with pytest.raises(PluginRefused, match=r"actions\(\) raised KeyError\('no tickets'\)"):
        Registry([Raffle(), Broken()])


def test_two_of_one_name_are_refused_at_start() -> None:
    """Goal: what a rule means does not depend on the order of installation. Method: two rewards of one name."""
    with pytest.raises(PluginRefused, match="action 'raffle_ticket' is declared twice"):
        Registry([Raffle(), Tickets(), OtherTickets()])
