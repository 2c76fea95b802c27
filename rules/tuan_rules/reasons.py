"""Why a rule did not count: the codes, their words, and which words in a test mean which code."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: English and Chinese. `{by}` is a rule or a stack, a fact, or a number.
REASONS: dict[str, tuple[str, str]] = {
    "condition": ("its conditions do not hold", "条件不满足"),
    "lower": ("lower than {by}", "优惠低于 {by}"),
    "dearer": ("costs more than {by}", "成本高于 {by}"),
    "after": ("comes after {by}", "排在 {by} 之后"),
    "excluded": ("excluded by stack {by}", "被叠加组 {by} 排斥"),
    "limit": ("the stack takes no more than {by}", "叠加组最多 {by} 条"),
    "nothing": ("it takes nothing off here", "在这里不产生优惠"),
    "missing": ("missing fact {by}", "缺少事实 {by}"),
    "window": ("out of window", "不在有效期内"),
    "goods": ("not for these goods or this buyer", "不适用于这些商品或买家"),
    "limited": ("its {by} leaves nothing", "{by} 已用完"),
}
#: A rule that is not found by its goods or buyer has a condition that does not hold; by what it is found is not a merchant's business.
_INCLUDED = {"condition": ("goods",)}


def is_reason(text: str) -> bool:
    """Whether a test may give this as a reason: a code, or its words in either language."""
    return text in REASONS or any(_pattern(words).fullmatch(text) for pair in REASONS.values() for words in pair)


def is_meant(text: str, why: str, by: Iterable[str]) -> bool:
    """Whether the reason `text` of a test is the one found; `by` holds every way to write what it is about."""
    if text in REASONS:
        return why == text or why in _INCLUDED.get(text, ())
    return text in {words.format(by=each) for words in REASONS[why] for each in (*by, "")}


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words).replace(re.escape("{by}"), ".+"))
