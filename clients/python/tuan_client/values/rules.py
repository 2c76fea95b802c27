# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `rules.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import rules_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)
from tuan_client.values.fact import Ratio
from tuan_client.values.money import Money
from tuan_client.values.order import GateRefusal


class Severity(WireEnum):
    """How much a diagnostic matters."""

    UNSPECIFIED = 0
    """Never sent."""
    ERROR = 1
    """The package cannot be published."""
    WARNING = 2
    """It can be published, but is probably not meant so."""
    HINT = 3
    """A suggestion."""


class RulesetState(WireEnum):
    """What a ruleset is used for."""

    UNSPECIFIED = 0
    """Never sent; in a filter: any; to publish: active."""
    ACTIVE = 1
    """The package's current version."""
    RETIRED = 2
    """Replaced or given up; orders that it priced still name it."""
    DRAFT = 3
    """Stored; the catalogue, the clock or its own tests do not allow it yet."""
    CHECKED = 4
    """Stored, and nothing was against it when it was."""
    SHADOW = 5
    """Prices placed orders once more beside the active version, to compare; GetShadowReport tells."""
    CANARY = 6
    """Prices the orders of some buyers, always the same; price rules alone, its activities are not begun."""


class ChangeKind(WireEnum):
    """What happened to a block."""

    UNSPECIFIED = 0
    """Never sent."""
    ADDED = 1
    """It is new."""
    REMOVED = 2
    """It is gone."""
    CHANGED = 3
    """Some of its fields mean something else."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of a rule package."""

    name: str
    """Its name, 1 to 128 bytes, as diagnostics repeat it: "spring.tuan"."""
    text: str
    """UTF-8, at most 65,536 bytes."""

    def to_message(self) -> rules_pb2.RuleFile:
        return rules_pb2.RuleFile(
            name=self.name,
            text=self.text,
        )

    @classmethod
    def from_message(cls, message: rules_pb2.RuleFile) -> RuleFile:
        return cls(
            name=message.name,
            text=message.text,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a rule file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str = ""
    """Name of the file."""
    start_line: int = 0
    """First line."""
    start_column: int = 0
    """Column of the first character."""
    end_line: int = 0
    """Last line."""
    end_column: int = 0
    """Column after the last character."""

    @classmethod
    def from_message(cls, message: rules_pb2.Span) -> Span:
        return cls(
            file=message.file,
            start_line=message.start_line,
            start_column=message.start_column,
            end_line=message.end_line,
            end_column=message.end_column,
        )


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something about a rule file that its author should know."""

    code: str
    """Stable code with a page in the docs: "TR-103"."""
    severity: Severity
    """How much it matters."""
    message: str
    """What is wrong and what to write instead."""
    span: Span
    """Where."""
    related: tuple[RelatedSpan, ...] = ()
    """Other places that belong to it, such as the first of two equal names."""
    fix: Fix | None = None
    """A change that settles it, if there is one."""

    @classmethod
    def from_message(cls, message: rules_pb2.Diagnostic) -> Diagnostic:
        return cls(
            code=message.code,
            severity=Severity(message.severity),
            message=message.message,
            span=Span.from_message(message.span),
            related=tuple(RelatedSpan.from_message(item) for item in message.related),
            fix=Fix.from_message(message.fix) if message.HasField("fix") else None,
        )


@dataclass(frozen=True, slots=True)
class RelatedSpan:
    """A secondary place of a diagnostic."""

    span: Span
    """Where."""
    message: str
    """What is there."""

    @classmethod
    def from_message(cls, message: rules_pb2.RelatedSpan) -> RelatedSpan:
        return cls(
            span=Span.from_message(message.span),
            message=message.message,
        )


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that settles a diagnostic: the text at the span is to be replaced."""

    title: str
    """What it does, for a person: "write `limit`"."""
    span: Span
    """What to replace; empty (start = end) for an insertion."""
    replacement: str = ""
    """What to put there."""

    @classmethod
    def from_message(cls, message: rules_pb2.Fix) -> Fix:
        return cls(
            title=message.title,
            span=Span.from_message(message.span),
            replacement=message.replacement,
        )


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A published version of a rule package."""

    ruleset_hash: str
    """SHA-256 of its canonical content, 64 hex digits: its name."""
    package: str
    """Name of the package: "fresh.spring"."""
    state: RulesetState
    """What it is used for."""
    publish_time: datetime
    """When it was published first."""
    version: str = ""
    """Version as its author wrote it: "1.4.0"."""
    files: tuple[RuleFile, ...] = ()
    """Left out of lists."""
    canary_percent: int = 0
    """Of a canary: for so many of 100 buyers."""
    activate_time: datetime | None = None
    """When it last became active; left out for one that never was."""

    @classmethod
    def from_message(cls, message: rules_pb2.Ruleset) -> Ruleset:
        return cls(
            ruleset_hash=message.ruleset_hash,
            package=message.package,
            version=message.version,
            state=RulesetState(message.state),
            publish_time=time_from_message(message.publish_time),
            files=tuple(RuleFile.from_message(item) for item in message.files),
            canary_percent=message.canary_percent,
            activate_time=time_from_message(message.activate_time) if message.HasField("activate_time") else None,
        )


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
class BlockChange:
    """A block that came, went or changed."""

    change: ChangeKind
    """Which of the three."""
    path: tuple[str, ...] = ()
    """From the top level down: `campaign "spring"`, `plan "sale"`."""
    fields: tuple[FieldChange, ...] = ()
    """Those that differ; of a block that came or went, those that are set."""

    @classmethod
    def from_message(cls, message: rules_pb2.BlockChange) -> BlockChange:
        return cls(
            change=ChangeKind(message.change),
            path=tuple(message.path),
            fields=tuple(FieldChange.from_message(item) for item in message.fields),
        )


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that means something else."""

    name: str
    """Its name."""
    before: str = ""
    """As it was, in the words of the language; empty: not set."""
    after: str = ""
    """As it is now; empty: not set."""
    by: str = ""
    """How much, in money, percent or time with its sign; empty where that has no answer."""

    @classmethod
    def from_message(cls, message: rules_pb2.FieldChange) -> FieldChange:
        return cls(
            name=message.name,
            before=message.before,
            after=message.after,
            by=message.by,
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
    def from_message(cls, message: rules_pb2.CommissionProposal) -> CommissionProposal:
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
    def from_message(cls, message: rules_pb2.PriceStep) -> PriceStep:
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
    def from_message(cls, message: rules_pb2.RuleGift) -> RuleGift:
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
    def from_message(cls, message: rules_pb2.UncountedRule) -> UncountedRule:
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
    def from_message(cls, message: rules_pb2.WhyNot) -> WhyNot:
        return cls(
            rule_id=message.rule_id,
            uncounted=UncountedRule.from_message(message.uncounted) if message.HasField("uncounted") else None,
            counted=message.counted if message.HasField("counted") else None,
            unknown=message.unknown if message.HasField("unknown") else None,
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
class SimulationProgress:
    """How far a simulation is."""

    orders: int = 0
    """Orders priced so far."""
    reached_time: datetime | None = None
    """The last of them was placed then."""

    @classmethod
    def from_message(cls, message: rules_pb2.SimulationProgress) -> SimulationProgress:
        return cls(
            orders=message.orders,
            reached_time=time_from_message(message.reached_time) if message.HasField("reached_time") else None,
        )


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What recorded orders would have cost. The ruleset stands in the place of its package's active version; other packages are as
    they are now. Its budgets are whole at the first order and spent by the simulated ones; prices of activities stay.
    """

    ruleset_hash: str
    """The ruleset, published or not."""
    currency_code: str
    """Currency of all amounts."""
    live_total: Money
    """What the orders cost."""
    simulated_total: Money
    """What they would have cost."""
    orders: int = 0
    """Orders that were priced."""
    cheaper: int = 0
    """Of these, those that would have cost less."""
    dearer: int = 0
    """Of these, those that would have cost more."""
    failed: int = 0
    """Orders that could not be priced again; in no sum."""
    truncated: bool = False
    """True: there were more orders than `orders_max`."""
    rules: tuple[RuleTotal, ...] = ()
    """By rule, the one that changes most first; at most 1,000."""
    largest: tuple[OrderDifference, ...] = ()
    """The orders that differ most; at most 20."""
    refused: int = 0
    """Of `orders`, those that a gate would have refused. They are priced all the same; `rules` says which gates."""

    @classmethod
    def from_message(cls, message: rules_pb2.SimulationReport) -> SimulationReport:
        return cls(
            ruleset_hash=message.ruleset_hash,
            currency_code=message.currency_code,
            orders=message.orders,
            cheaper=message.cheaper,
            dearer=message.dearer,
            failed=message.failed,
            truncated=message.truncated,
            live_total=Money.from_message(message.live_total),
            simulated_total=Money.from_message(message.simulated_total),
            rules=tuple(RuleTotal.from_message(item) for item in message.rules),
            largest=tuple(OrderDifference.from_message(item) for item in message.largest),
            refused=message.refused,
        )


@dataclass(frozen=True, slots=True)
class RuleTotal:
    """What a rule took off, in minor units."""

    rule_id: str
    """The rule."""
    live_orders: int = 0
    """Orders in which it counted as they were placed."""
    live_off_minor: int = 0
    """Taken off in them."""
    simulated_orders: int = 0
    """Orders in which it would have counted."""
    simulated_off_minor: int = 0
    """That it would have taken off in them."""
    simulated_refused: int = 0
    """Of a gate: orders that it would have refused."""
    simulated_commission_minor: int = 0
    """Of a commission: what it would have proposed, in `simulated_orders`."""

    @classmethod
    def from_message(cls, message: rules_pb2.RuleTotal) -> RuleTotal:
        return cls(
            rule_id=message.rule_id,
            live_orders=message.live_orders,
            live_off_minor=message.live_off_minor,
            simulated_orders=message.simulated_orders,
            simulated_off_minor=message.simulated_off_minor,
            simulated_refused=message.simulated_refused,
            simulated_commission_minor=message.simulated_commission_minor,
        )


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """An order that would have cost something else, in minor units."""

    order_id: str
    """The order."""
    live_minor: int = 0
    """What it cost."""
    simulated_minor: int = 0
    """What it would have cost."""

    @classmethod
    def from_message(cls, message: rules_pb2.OrderDifference) -> OrderDifference:
        return cls(
            order_id=message.order_id,
            live_minor=message.live_minor,
            simulated_minor=message.simulated_minor,
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


@dataclass(frozen=True, slots=True)
class ShadowTotal:
    """A shadow beside the live rules in one currency. Totals are written every second."""

    live_total: Money
    """What the orders cost."""
    shadow_total: Money
    """What they would have cost."""
    update_time: datetime
    """When the totals were last added to."""
    orders: int = 0
    """Orders that were priced by both."""
    cheaper: int = 0
    """Of these, those that would have cost less."""
    dearer: int = 0
    """Of these, those that would have cost more."""
    failed: int = 0
    """Orders that the shadow could not price."""
    dropped: int = 0
    """Orders that it did not look at, because they came too fast."""

    @classmethod
    def from_message(cls, message: rules_pb2.ShadowTotal) -> ShadowTotal:
        return cls(
            orders=message.orders,
            cheaper=message.cheaper,
            dearer=message.dearer,
            failed=message.failed,
            dropped=message.dropped,
            live_total=Money.from_message(message.live_total),
            shadow_total=Money.from_message(message.shadow_total),
            update_time=time_from_message(message.update_time),
        )
