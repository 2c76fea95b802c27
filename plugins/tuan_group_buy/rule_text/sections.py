"""Which sentences a block makes, section by section."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import cast

from tuan.plugin import CheckedBlock, Limit, PriceAction, RuleMoney, ShareOf, Text
from tuan_group_buy.draw.documents import FORMAT
from tuan_group_buy.lottery import is_lottery
from tuan_group_buy.old_brings_new import min_new_members
from tuan_group_buy.rule_text.phrases import LANGUAGES
from tuan_group_buy.rule_text.section import Section, SectionKind
from tuan_group_buy.rule_text.words import Words
from tuan_group_buy.steps import ladder_of, members_max, members_min

Sentences = Iterator[str]


def rule_text(
    block: CheckedBlock, zone: str, language: str, titles: Mapping[tuple[str, str], Text] | None = None
) -> tuple[Section, ...]:
    """The rules of a checked `group_buy` in `language`, one of LANGUAGES; sections without sentences are left out.

    `zone`: the package's, for its times. `titles`: names of what is granted by (kind, label), such as ("coupon", "care-5"). Raises
    ValueError for a language that there is none of.
    """
    if language not in LANGUAGES:
        raise ValueError(f"there are {', '.join(LANGUAGES)}, and not {language!r}")
    words = Words(language, zone, titles or {})
    written = ((kind, tuple(write(block, words))) for kind, write in _SECTIONS.items())
    return tuple(Section(kind, words.say(kind.value), sentences) for kind, sentences in written if sentences)


def _conditions(block: CheckedBlock, words: Words) -> Sentences:
    ladder = ladder_of(block)
    if len(ladder) > 1:
        steps = [words.say("ladder_step", members=members, price=words.money(money)) for members, money in ladder]
        yield words.say("ladder", steps=words.say("comma").join(steps))
        yield words.say("prepaid", members=ladder[0][0], price=words.money(ladder[0][1]))
        yield words.say("ladder_end", most=members_max(block), least=members_min(block))
    else:
        yield words.say("completes", members=members_max(block))
        price = PriceAction("set", ladder[0][1]) if ladder else cast(PriceAction, block.values["price"])
        yield words.say("price", price=words.price(price))
    discount = block.values["join_discount"]
    if isinstance(discount, RuleMoney):
        yield words.say("join_discount", money=words.money(discount))
    least_new = min_new_members(block)
    if least_new:
        yield words.say("new_members", count=least_new)
    virtual = block.values["virtual_fill"]
    yield words.say("virtual_members", count=virtual) if virtual else words.say("real_members")


def _validity(block: CheckedBlock, words: Words) -> Sentences:
    yield words.say("window", duration=words.duration(cast(int, block.values["window"])))
    yield words.say("hold", duration=words.duration(cast(int, block.values["hold"])))
    if block.window is not None:
        start, end = words.moment(block.window.start_ms), words.moment(block.window.end_ms)
        yield words.say("active", start=start, end=end, zone=words.zone)
    yield words.say("delivery_drawn" if is_lottery(block) else "delivery")


def _refund(block: CheckedBlock, words: Words) -> Sentences:
    on_fail = cast("tuple[object, ...]", block.values["on_fail"])
    yield words.say("fails", actions=words.actions(on_fail))
    if is_lottery(block):
        on_lose = cast("tuple[object, ...] | None", block.values["on_lose"])
        yield words.say("loses", actions=words.actions(on_lose or on_fail))
    if len(ladder_of(block)) > 1:
        yield words.say("difference")


def _odds(block: CheckedBlock, words: Words) -> Sentences:
    if not is_lottery(block):
        return
    least, most, prizes = members_min(block), members_max(block), block.values["prizes"]
    if least == most:
        yield words.say("prizes", members=most, prizes=prizes)
    else:
        yield words.say("prizes_tiered", least=least, most=most, prizes=prizes)
    yield words.say("chance", percent=words.percent(cast(Fraction, block.values["odds"])))
    draw_ms = cast(int, block.values["draw"])
    yield words.say("draw_time", duration=words.duration(draw_ms)) if draw_ms else words.say("draw_at_once")
    yield words.say("method", format=FORMAT)


def _limits(block: CheckedBlock, words: Words) -> Sentences:
    for field, phrase, measure in (("limit", "limit", "units"), ("open_limit", "open_limit", "groups")):
        for limit in cast("tuple[Limit, ...]", block.values[field]):
            values = {"subject": words.say(f"subject_{limit.subject}"), measure: words.counted(measure, limit.quantity)}
            if limit.window_ms is None:
                yield words.say(phrase, **values)
            else:
                yield words.say(f"{phrase}_within", duration=words.duration(limit.window_ms), **values)
    stock = cast(ShareOf, block.values["stock"])
    yield words.say("stock", percent=words.percent(stock.ratio))


def _rewards(block: CheckedBlock, words: Words) -> Sentences:
    given = [(name, block.values[name]) for name in ("opener", "leader", "cashback") if block.values[name]]
    for name, actions in given:
        yield words.say(name, actions=words.actions(cast("tuple[object, ...]", actions)))
    if given:
        yield words.say(f"after_{block.values['reward_after']}")


_SECTIONS: Mapping[SectionKind, Callable[[CheckedBlock, Words], Sentences]] = {
    SectionKind.CONDITIONS: _conditions,
    SectionKind.VALIDITY: _validity,
    SectionKind.REFUND: _refund,
    SectionKind.ODDS: _odds,
    SectionKind.LIMITS: _limits,
    SectionKind.REWARDS: _rewards,
}
