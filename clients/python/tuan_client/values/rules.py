# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `rules.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import rules_pb2
from tuan_client.convert import (
    time_from_message,
)
from tuan_client.values.diagnostic import Diagnostic
from tuan_client.values.money import Money
from tuan_client.values.order import GateRefusal
from tuan_client.values.price_explanation import CommissionProposal, PriceStep, RuleGift, UncountedRule, WhyNot
from tuan_client.values.ruleset import Ruleset
from tuan_client.values.ruleset_difference import BlockChange
from tuan_client.values.simulation import ShadowTotal, SimulationProgress, SimulationReport


@dataclass(frozen=True, slots=True)
class CheckRulesResponse:
    """What the check found."""

    diagnostics: tuple[Diagnostic, ...] = ()
    """By file, then by place. At most 1,000."""
    publishable: bool = False
    """True: there is no error, the package could be published."""

    @classmethod
    def from_message(cls, message: rules_pb2.CheckRulesResponse) -> CheckRulesResponse:
        return cls(
            diagnostics=tuple(Diagnostic.from_message(item) for item in message.diagnostics),
            publishable=message.publishable,
        )


@dataclass(frozen=True, slots=True)
class PublishRulesResponse:
    """What was published."""

    ruleset: Ruleset
    """The ruleset, without its files."""
    activity_ids: tuple[str, ...] = ()
    """Activities that it has provisioned, by start time."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Warnings and hints; of a draft also what keeps it from being more."""

    @classmethod
    def from_message(cls, message: rules_pb2.PublishRulesResponse) -> PublishRulesResponse:
        return cls(
            ruleset=Ruleset.from_message(message.ruleset),
            activity_ids=tuple(message.activity_ids),
            diagnostics=tuple(Diagnostic.from_message(item) for item in message.diagnostics),
        )


@dataclass(frozen=True, slots=True)
class PromoteRulesetResponse:
    """What became of it."""

    ruleset: Ruleset
    """The ruleset, without its files."""
    activity_ids: tuple[str, ...] = ()
    """Activities that it has provisioned, by start time; none unless it is active now."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Warnings and hints."""

    @classmethod
    def from_message(cls, message: rules_pb2.PromoteRulesetResponse) -> PromoteRulesetResponse:
        return cls(
            ruleset=Ruleset.from_message(message.ruleset),
            activity_ids=tuple(message.activity_ids),
            diagnostics=tuple(Diagnostic.from_message(item) for item in message.diagnostics),
        )


@dataclass(frozen=True, slots=True)
class RollbackRulesResponse:
    """What is active now."""

    ruleset: Ruleset
    """The ruleset, without its files."""
    activity_ids: tuple[str, ...] = ()
    """Activities that it has provisioned, by start time."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Warnings: what of it cannot be now."""

    @classmethod
    def from_message(cls, message: rules_pb2.RollbackRulesResponse) -> RollbackRulesResponse:
        return cls(
            ruleset=Ruleset.from_message(message.ruleset),
            activity_ids=tuple(message.activity_ids),
            diagnostics=tuple(Diagnostic.from_message(item) for item in message.diagnostics),
        )


@dataclass(frozen=True, slots=True)
class DiffRulesetsResponse:
    """What differs."""

    changes: tuple[BlockChange, ...] = ()
    """The package first, then by kind and label; empty exactly when both mean the same."""
    text: str = ""
    """The same in words, a paragraph per block."""

    @classmethod
    def from_message(cls, message: rules_pb2.DiffRulesetsResponse) -> DiffRulesetsResponse:
        return cls(
            changes=tuple(BlockChange.from_message(item) for item in message.changes),
            text=message.text,
        )


@dataclass(frozen=True, slots=True)
class ExplainPriceResponse:
    """A price with all its steps."""

    currency_code: str
    """Currency of all amounts."""
    evaluate_time: datetime
    """The instant that the price is for."""
    list_total: Money
    """Sum of goods and shipping before any step."""
    total: Money
    """What is paid; of an order, what was charged."""
    ruleset_hash: str = ""
    """Names the rules that priced it; empty: no rule is about this currency."""
    steps: tuple[PriceStep, ...] = ()
    """In the order of application."""
    gifts: tuple[RuleGift, ...] = ()
    """What comes along for nothing."""
    uncounted: tuple[UncountedRule, ...] = ()
    """Rules that this cart was found by, and that did not count."""
    why_not: tuple[WhyNot, ...] = ()
    """Answers to `why_not`, in its order."""
    text: tuple[str, ...] = ()
    """The whole in words, line by line."""
    reproduced: bool = False
    """Whether the rules give exactly `total` again. False for an order that plugins have since been removed from, or that was
    placed where a budget was running out in a way that the record does not tell.
    """
    gates: tuple[GateRefusal, ...] = ()
    """Gates that would not let the cart through; it is priced here as if they did."""
    commissions: tuple[CommissionProposal, ...] = ()
    """What commissions would propose of what is paid, by rule, line and level. Nothing is posted."""

    @classmethod
    def from_message(cls, message: rules_pb2.ExplainPriceResponse) -> ExplainPriceResponse:
        return cls(
            ruleset_hash=message.ruleset_hash,
            currency_code=message.currency_code,
            evaluate_time=time_from_message(message.evaluate_time),
            list_total=Money.from_message(message.list_total),
            total=Money.from_message(message.total),
            steps=tuple(PriceStep.from_message(item) for item in message.steps),
            gifts=tuple(RuleGift.from_message(item) for item in message.gifts),
            uncounted=tuple(UncountedRule.from_message(item) for item in message.uncounted),
            why_not=tuple(WhyNot.from_message(item) for item in message.why_not),
            text=tuple(message.text),
            reproduced=message.reproduced,
            gates=tuple(GateRefusal.from_message(item) for item in message.gates),
            commissions=tuple(CommissionProposal.from_message(item) for item in message.commissions),
        )


@dataclass(frozen=True, slots=True)
class SimulateRulesResponse:
    """How far a simulation is, or what it came to. It has no resume token: it ends by itself, and is asked for again."""

    progress: SimulationProgress | None = None
    """Sent now and then."""
    report: SimulationReport | None = None
    """Sent last."""

    @classmethod
    def from_message(cls, message: rules_pb2.SimulateRulesResponse) -> SimulateRulesResponse:
        return cls(
            progress=SimulationProgress.from_message(message.progress) if message.HasField("progress") else None,
            report=SimulationReport.from_message(message.report) if message.HasField("report") else None,
        )


@dataclass(frozen=True, slots=True)
class GetShadowReportResponse:
    """What a shadow has come to."""

    ruleset: Ruleset
    """The ruleset, without its files; its totals stay when it is a shadow no more."""
    totals: tuple[ShadowTotal, ...] = ()
    """By currency; empty: no order was placed since."""

    @classmethod
    def from_message(cls, message: rules_pb2.GetShadowReportResponse) -> GetShadowReportResponse:
        return cls(
            ruleset=Ruleset.from_message(message.ruleset),
            totals=tuple(ShadowTotal.from_message(item) for item in message.totals),
        )
