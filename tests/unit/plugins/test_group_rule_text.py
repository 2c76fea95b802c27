"""The rules of group buys in words: golden texts of all forms, in both languages."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.group_rules_for_tests import group_of
from tests.unit.plugins.regenerate_rule_text import CASES, rendered
from tuan_group_buy.rule_text import LANGUAGES, SectionKind, rule_text, words
from tuan_group_buy.rule_text.phrases import PHRASES
from tuan_group_buy.rule_text.words import Words
from tuan_rules.values import ActionOf

EN, ZH = (Words(language, "Asia/Shanghai") for language in LANGUAGES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_text_is_the_one_that_was_read(case: Path) -> None:
    """Goal: what buyers read changes only on purpose. Method: the text of each case against the file beside it."""
    assert rendered(case) == case.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_phrase_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no phrase that nobody has read. Method: note which phrases the cases use; a plugin's action has a test of its own."""
    used: set[str] = set()

    class Noted(dict[str, tuple[str, str]]):
        def __getitem__(self, phrase: str) -> tuple[str, str]:
            used.add(phrase)
            return super().__getitem__(phrase)

    monkeypatch.setattr(words, "PHRASES", Noted(PHRASES))
    assert [rendered(case) for case in CASES]
    assert used == set(PHRASES) - {"other"}


@pytest.mark.parametrize("phrase", PHRASES)
def test_both_languages_say_the_same_values(phrase: str) -> None:
    """Goal: no number is told in one language alone. Method: the places of each phrase in English and in Chinese."""
    places = [sorted(set(re.findall(r"{(\w+)}", text))) for text in PHRASES[phrase]]
    assert len(places) == len(LANGUAGES)
    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("duration_ms", "en", "zh"),
    [
        (1_500, "1.5 seconds", "1.5 秒"),
        (90_000, "90 seconds", "90 秒"),
        (60_000, "1 minute", "1 分钟"),
        (3_600_000, "1 hour", "1 小时"),
        (86_400_000, "24 hours", "24 小时"),
        (172_800_000, "48 hours", "48 小时"),
        (259_200_000, "3 days", "3 天"),
        (262_800_000, "73 hours", "73 小时"),
    ],
)
def test_durations(duration_ms: int, en: str, zh: str) -> None:
    """Goal: exact, as shops say it. Method: around each measure."""
    assert (EN.duration(duration_ms), ZH.duration(duration_ms)) == (en, zh)


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (Fraction(1, 10), "10"),
        (Fraction(1, 3), "33.33"),
        (Fraction(2, 3), "66.66"),
        (Fraction(1, 8), "12.5"),
        (Fraction(1), "100"),
    ],
)
def test_percents_promise_no_more_than_there_is(ratio: Fraction, shown: str) -> None:
    """Goal: odds are never rounded up. Method: thirds, and ratios that two decimals hold."""
    assert (EN.percent(ratio), ZH.percent(ratio)) == (f"{shown} %", f"{shown}%")


def test_what_plugins_give_is_named() -> None:
    """Goal: no reward is left out because another plugin declares it. Method: its action by name; something unknown is a fault."""
    assert EN.actions((ActionOf("raffle_ticket", {"count": 3}),)) == "raffle_ticket"
    unknown: Any = object()
    with pytest.raises(TypeError):
        EN.actions((unknown,))


def test_a_coupon_without_a_title_is_named_by_its_label() -> None:
    """Goal: nothing is promised without a name. Method: titles left out."""
    block = group_of(on_fail='refund(route: original) then grant(coupon "care-5")')
    refund = next(section for section in rule_text(block, "UTC", "en") if section.kind is SectionKind.REFUND)
    assert "“care-5”" in refund.sentences[0]


def test_no_other_language() -> None:
    """Goal: who asks for a language that there is none of is told which there are. Method: French."""
    with pytest.raises(ValueError, match="en, zh"):
        rule_text(group_of(), "UTC", "fr")
