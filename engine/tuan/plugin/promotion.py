"""Promotion types: how a rule block becomes activities and prices, and what an order that uses one must claim.

The engine calls a promotion in this order:

    blocks()                    at start: the vocabulary that it adds to the rule language
    plan(block, context)        at publish: a checked block becomes activities (with stock and counters) and price rules
    holds(past, current)        when rules change: what of earlier versions keeps its terms
    redeem / charge             per batch with orders that bring coupons or points: what are they, what do they use up
    prepare(config)             once per activity or rule version and process: whatever the hot calls want precomputed
    terms_of_goods              per activity and goods: price and limits that are the same for everybody
    admit / terms / propose     per order, in batches: may it be, what does it claim, what does it cost
    react(event, ...)           after the fact, once per event, in one SQL transaction

A promotion declares claims, it never touches a store: that makes a third party's promotion as safe as a built-in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

from msgspec import Struct

from tuan.domain.activity import Activity, StockShare
from tuan.domain.catalogue import Sku
from tuan.domain.claim import Claim, CounterSpec
from tuan.domain.event import Event
from tuan.plugin.base import Plugin
from tuan.plugin.redemption import Charge, Redemption
from tuan.ports import PastRule, PriceRule, Unit
from tuan_rules import Action, BlockSchema, CheckedBlock, Predicate, Text
from tuan_rules.facts import FactRecord


@dataclass(frozen=True, slots=True)
class PublishContext:
    """What a plan may look at: the package's settings and the catalogue.

    `windows`: when the block is enabled, from its own `active` field or from the campaign plans that enable it, as
    [start_ms, end_ms) in order.
    """

    ruleset_hash: str
    package: str
    zone: str
    currency: str
    now_ms: int
    windows: tuple[tuple[int, int], ...]
    campaign_id: str
    skus: Callable[[Sequence[str], Sequence[str]], list[Sku]]
    """(SKU codes, category paths) -> the SKUs that they name."""
    titles: Mapping[tuple[str, str], Text] = field(default_factory=dict)
    """What blocks of the package are called, by kind and label; blocks without a `title` are not in it."""


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """An activity to provision. `key` is unique within the block and stays the same when the same content is planned again.

    `provision_time_ms`: when it takes its stock from retail (0: at once); a warm-up before the start is a good moment.
    """

    key: str
    title: str
    start_time_ms: int
    end_time_ms: int
    config: dict[str, Any]
    stock: tuple[StockShare, ...] = ()
    counters: tuple[CounterSpec, ...] = ()
    provision_time_ms: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a block becomes."""

    activities: tuple[ActivityPlan, ...] = ()
    price_rules: tuple[PriceRule, ...] = ()


_NO_FACTS: Mapping[str, Any] = MappingProxyType({})
_NOTHING_REDEEMED: Mapping[str, Redemption] = MappingProxyType({})


class CartLine(Struct, frozen=True, gc=False):
    """One line of an attempt. `list_unit_minor`: list price of one unit in minor units of the attempt's currency.

    `facts`: what the caller said of this line that rules may ask about, by name.
    """

    line_index: int
    sku: str
    quantity: int
    activity_id: str
    category: str
    list_unit_minor: int
    facts: Mapping[str, Any] = _NO_FACTS


class Attempt(Struct, frozen=True, gc=False):
    """An order that somebody wants to place (or a cart to quote). All ids are pseudonyms; empty means not given.

    `facts`: what the caller said that rules may ask about, by record and name. `shipping_minor`: before promotions.
    `coupon_ids`, `points`: what the buyer wants to use; `redeemed`: what promotions found of it, by their code.
    `group_id`: the group that it joins; empty: none, or a new one.
    `challenged`: risk control wants proof of a person; the engine asks the promotions' `answers_challenge` for it.
    """

    order_id: str
    caller: str
    buyer: str
    device: str
    address: str
    currency: str
    ticket: str
    region: str
    now_ms: int
    lines: tuple[CartLine, ...]
    challenged: bool = False
    channel: str = ""
    facts: Mapping[str, Mapping[str, Any]] = _NO_FACTS
    shipping_minor: int = 0
    coupon_ids: tuple[str, ...] = ()
    points: int = 0
    redeemed: Mapping[str, Redemption] = _NOTHING_REDEEMED
    group_id: str = ""


class RefusalKind(StrEnum):
    """Business answers, which travel in the response and are not errors."""

    SOLD_OUT = "sold_out"
    OVER_LIMIT = "over_limit"
    NOT_OPEN_YET = "not_open_yet"
    ENDED = "ended"
    CHALLENGE_REQUIRED = "challenge_required"
    TICKET_INVALID = "ticket_invalid"
    RISK_DENIED = "risk_denied"
    PRICE_CHANGED = "price_changed"
    NOT_REDEEMABLE = "not_redeemable"
    GATE_REFUSED = "gate_refused"
    GROUP_FULL = "group_full"


class GateRefused(Struct, frozen=True, gc=False):
    """The gate of the published rules that refuses an attempt. `translations`: its words by language, none where it has but one text.

    `lines`: those that it is about, by their place; none: the attempt itself. `missing`: the fact for want of which it refuses.
    """

    rule_id: str
    code: str
    message: str
    translations: Mapping[str, str] = _NO_FACTS
    lines: tuple[int, ...] = ()
    missing: str = ""

    def in_language(self, language: str) -> str:
        """The message in that language, else as its author wrote it first."""
        return self.translations.get(language, self.message)


class Refusal(Struct, frozen=True, gc=False):
    """Why an attempt is refused, for a person (`message`) and for a program (`kind`, `detail`)."""

    kind: RefusalKind
    message: str
    sku: str = ""
    available: int = 0
    limit: str = ""
    open_time_ms: int = 0
    similar: tuple[str, ...] = ()
    current_total_minor: int = 0
    gate: GateRefused | None = None


#: Request field by what a limit may be per; also the attribute of an `Attempt`.
SUBJECTS = MappingProxyType({"buyer": "buyer_id", "device": "device_id", "address": "address_id"})


class SubjectLimit(Struct, frozen=True, gc=False):
    """At most `quantity` units per subject (one of SUBJECTS), within `window_ms` (0: for as long as the activity runs)."""

    subject: str
    quantity: int
    window_ms: int = 0

    def counter(self, subject_id: str) -> str:
        """`buyer/b1`; with a window `buyer/b1 86400000`. Ids have no blanks, so the two never meet."""
        return f"{self.subject}/{subject_id} {self.window_ms}" if self.window_ms else f"{self.subject}/{subject_id}"


class LineTerms(Struct, frozen=True, gc=False):
    """Terms of a line bought in an activity: its price, and what it claims besides its stock (which the engine adds itself).

    `unit_minor`: price of one unit. `rule_id`: who set it, for the explanation. `limits`: the units of the line count against each of
    them, for the attempt's own ids; a quote, where an id may be missing, claims none for that. `ready_when_paid` False: once paid, the
    order waits until the promotion makes it READY_TO_SHIP. `kept`: plain JSON that stays with the order (`kept_of`); not None: when
    the order is paid, the event `<code>.order_paid` brings it.
    """

    unit_minor: int
    rule_id: str
    claims: tuple[Claim, ...] = ()
    funded_by: str = "merchant"
    hold_ms: int | None = None
    limits: tuple[SubjectLimit, ...] = ()
    ready_when_paid: bool = True
    kept: Any = None


class Proposal(Struct, frozen=True, gc=False):
    """A price rule's proposal for a line: lower it by `off_minor` (> 0) in total. The resolver applies it, never below zero."""

    line_index: int
    off_minor: int
    rule_id: str
    note: str = ""
    funded_by: str = "merchant"
    claims: tuple[Claim, ...] = ()


class PromotionType(Plugin):
    """A kind of promotion, named by its `code`, which is also the name of its rule block."""

    #: Kinds of event that `react` wants, such as `order.paid`.
    reacts_to: ClassVar[tuple[str, ...]] = ()
    #: What orders bring along that this promotion looks up: COUPONS, POINTS, GROUPS. One promotion each.
    redeems: ClassVar[tuple[str, ...]] = ()

    def blocks(self) -> Sequence[BlockSchema]:
        """The rule blocks that this promotion adds to the language."""
        return ()

    def facts(self) -> Sequence[FactRecord]:
        """The facts that it adds to what rules may ask about. Callers hand them over with orders, see `Attempt.facts`."""
        return ()

    def predicates(self) -> Sequence[Predicate]:
        """The functions that it adds to conditions and amounts. Those in Python see their arguments, and nothing else of an order."""
        return ()

    def actions(self) -> Sequence[Action]:
        """The actions that it adds to what rules have done, for fields of type `ACTIONS(..., rewards=True)`."""
        return ()

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        """What a checked block of ours becomes. Raises InvalidValue when the catalogue or the stock does not allow it."""
        raise TypeError(f"{self.code} adds blocks but plans none")  # the registry does not let it come so far

    def prepare(self, config: dict[str, Any]) -> Any:
        """Precompute from an activity's or a price rule's config whatever the hot calls need; handed back to them as `prepared`."""
        return config

    def admit(self, attempt: Attempt, activity: Activity, prepared: Any) -> Refusal | None:
        """None when the attempt may use this activity now; otherwise why not (ticket, challenge, window)."""
        return None

    def answers_challenge(self, attempt: Attempt, activity: Activity, prepared: Any) -> bool:
        """True when the attempt proves that its buyer solved a challenge for this activity: a CHALLENGE verdict is then met."""
        return False

    def terms_of_goods(self, line: CartLine, activity: Activity, prepared: Any) -> LineTerms | None:
        """Terms of a line that are the same for every order: asked once for the same goods and quantity, which makes an order several
        times cheaper. Whose limits they are is said by `LineTerms.limits`. None: ask `terms`, for each order.
        """
        return None

    def terms(self, attempt: Attempt, line: CartLine, activity: Activity, prepared: Any) -> LineTerms:
        """Price and claims of a line bought in one of our activities."""
        return LineTerms(line.list_unit_minor, activity.activity_id)

    def propose(
        self, attempt: Attempt, lines: Sequence[CartLine], rule: PriceRule, prepared: Any
    ) -> Iterable[Proposal]:
        """Proposals of one of our price rules for the ordinary lines of a cart that it names."""
        return ()

    def holds(self, past: Sequence[PastRule], current: Mapping[str, PriceRule]) -> Sequence[PastRule]:
        """Of our price rules in earlier versions those whose terms somebody may still have a right to; they go on pricing what
        `Redemption.held` names. `current`: the rules in force, by id. Asked whenever the rules change.
        """
        return ()

    def redeem(self, attempts: Sequence[Attempt], unit: Unit) -> Sequence[Redemption | Refusal]:
        """What these attempts bring along: one answer each, in order. Reads SQL once for all of them, and writes nothing.

        Asked only about attempts that name something which this promotion redeems. A refusal is NOT_REDEEMABLE.
        """
        raise TypeError(f"{self.code} redeems {self.redeems} but looks nothing up")

    def charge(self, attempt: Attempt, redemption: Redemption, taken: Mapping[str, int]) -> Charge:
        """What a priced attempt uses up. `taken`: minor units that each rule took off, by rule id, and by the names in `held` of the
        redemption (of two that are the same rule the first); what counted is in it.
        """
        return Charge()

    def react(self, event: Event, unit: Unit) -> None:
        """Act upon an event inside one SQL transaction. At least once: must be idempotent on `event.event_id`."""
