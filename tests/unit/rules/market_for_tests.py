"""What the tests of promotions' blocks share: packages with the whole installed vocabulary, and times."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.unit.rules.pricing_for_tests import head
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import CheckedPackage, Diagnostic, SourceFile, check, render_text
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.schedule import to_ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def package(text: str, *, currency: str = "CNY", zone: str = "Asia/Shanghai", name: str = "shop") -> CheckedPackage:
    """A package of these blocks; fails with the diagnostics when there is an error."""
    source = SourceFile("t.tuan", head(currency, name, zone) + text)
    result = check([source], MARKET_VOCABULARY)
    assert result.package is not None, render_text(result.diagnostics, [source])
    return result.package


def rules(text: str, *, currency: str = "CNY", zone: str = "Asia/Shanghai") -> Ruleset:
    """A ruleset with price sources."""
    return Ruleset.of([package(text, currency=currency, zone=zone)], MARKET_VOCABULARY, sources=True)


def found(text: str) -> tuple[Diagnostic, ...]:
    """What a check says."""
    return check([SourceFile("t.tuan", head() + text)], MARKET_VOCABULARY).diagnostics


def utc(text: str) -> int:
    """Milliseconds of an ISO time in UTC."""
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))
