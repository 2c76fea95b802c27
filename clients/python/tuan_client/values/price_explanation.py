# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `price_explanation.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_api.v1 import price_explanation_pb2
from tuan_client.values.fact import Ratio


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One rule's effect on one line, in minor units."""

    phase: str
    """"price_source", "line_discount", "order_discount", "shipping" or "tender"."""
    rule_id: str
    """The rule, or what settled the price."""
    line_index: int = 0
    """Place of the line, from 0; -1: shipping."""
    stack: str = ""
    """Stack of the rule; empty for a price that an activity settled."""
    before_minor: int = 0
    """The line before the step."""
    off_minor: int = 0
    """Taken off; negative: added."""
    after_minor: int = 0
    """The line after the step."""
    exact_off: Ratio | None = None
    """What is off before rounding and limits, exactly, of all that the rule is about; left out where nothing was computed."""
    limits: tuple[str, ...] = ()
    """What made it less: "floor", "zero", "cap", "stack_cap", "budget"."""
    funded_by: str = ""
    """Who bears it: "merchant" or "platform"."""

    @classmethod
    def from_message(cls, message: price_explanation_pb2.PriceStep) -> PriceStep:
        return cls(
            line_index=message.line_index,
            phase=message.phase,
            stack=message.stack,
            rule_id=message.rule_id,
            before_minor=message.before_minor,
            off_minor=message.off_minor,
            after_minor=message.after_minor,
            exact_off=Ratio.from_message(message.exact_off) if message.HasField("exact_off") else None,
            limits=tuple(message.limits),
            funded_by=message.funded_by,
        )


@dataclass(frozen=True, slots=True)
class RuleGift:
    """Goods that a rule gives away."""

    rule_id: str
    """The rule."""
    sku: str
    """SKU code."""
    quantity: int
    """Units."""

    @classmethod
    def from_message(cls, message: price_explanation_pb2.RuleGift) -> RuleGift:
        return cls(
            rule_id=message.rule_id,
            sku=message.sku,
            quantity=message.quantity,
        )


@dataclass(frozen=True, slots=True)
class UncountedRule:
    """A rule that did not count."""

    rule_id: str
    """The rule."""
    why: str
    """A code: "condition", "lower", "excluded", "window", "missing" ...; docs/rules_language.md lists them."""
    message: str
    """In words."""
    line_index: int = 0
    """In which line, from 0; -1: in the whole order."""
    by: str = ""
    """What the code is about: a rule, a stack, a fact, a limit; may be empty."""

    @classmethod
    def from_message(cls, message: price_explanation_pb2.UncountedRule) -> UncountedRule:
        return cls(
            rule_id=message.rule_id,
            line_index=message.line_index,
            why=message.why,
            by=message.by,
            message=message.message,
        )


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a rule that was asked for did not count."""

    rule_id: str
    """The rule."""
    uncounted: UncountedRule | None = None
    """It did not count; this is the first reason."""
    counted: bool | None = None
    """True: it did count."""
    unknown: bool | None = None
    """True: it is not among the rules."""

    @classmethod
    def from_message(cls, message: price_explanation_pb2.WhyNot) -> WhyNot:
        return cls(
            rule_id=message.rule_id,
            uncounted=UncountedRule.from_message(message.uncounted) if message.HasField("uncounted") else None,
            counted=message.counted if message.HasField("counted") else None,
            unknown=message.unknown if message.HasField("unknown") else None,
        )


@dataclass(frozen=True, slots=True)
class CommissionProposal:
    """What one distributor would earn of one line, by one level of a commission."""

    rule_id: str
    """The commission: "fresh.spring/commission/share"."""
    level: int
    """1: who sent the buyer. 2: who brought that one."""
    earner_id: str
    """Who would earn it, as the facts "referral.user" and "referral.upline" name them."""
    line_index: int = 0
    """Place of the line, from 0."""
    rate: Ratio | None = None
    """The share of the base."""
    exact_base: Ratio | None = None
    """What the rate is of, exactly, in minor units; left out where 64 bits do not hold it."""
    exact_amount: Ratio | None = None
    """The share before rounding and limits, exactly, in minor units; left out where 64 bits do not hold it."""
    amount_minor: int = 0
    """The share in minor units: rounded, and within the limits."""
    capped_per: str = ""
    """The limit that made it less: "line" or "order"; empty: none did."""

    @classmethod
    def from_message(cls, message: price_explanation_pb2.CommissionProposal) -> CommissionProposal:
        return cls(
            rule_id=message.rule_id,
            level=message.level,
            earner_id=message.earner_id,
            line_index=message.line_index,
            rate=Ratio.from_message(message.rate) if message.HasField("rate") else None,
            exact_base=Ratio.from_message(message.exact_base) if message.HasField("exact_base") else None,
            exact_amount=Ratio.from_message(message.exact_amount) if message.HasField("exact_amount") else None,
            amount_minor=message.amount_minor,
            capped_per=message.capped_per,
        )
