"""From attempts to priced lines and claims: where the promotions have their say. Runs in a plugin worker, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, TypeVarTuple

from msgspec import Struct

from tuan.domain.activity import REDEEMED_PREFIX, RETAIL
from tuan.domain.claim import Claim, ClaimSet
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import KEPT, REDEEMED, OrderLine
from tuan.domain.pricing import LineOff
from tuan.plugin import (
    Attempt,
    CartLine,
    Charge,
    FaultPolicy,
    LineTerms,
    Plugin,
    PromotionType,
    Proposal,
    Redemption,
    Refusal,
    RefusalKind,
)
from tuan.supervisor import PluginFault, Supervisor, Turn
from tuan.usecases.claim_basket import ClaimBasket, Lie
from tuan.usecases.known_goods import KEPT_MAX, KnownGoods, goods_of, known_goods, limit_claims
from tuan.usecases.pricing.carts import recorded_facts, unruled_lines
from tuan.usecases.pricing.price_book import Prices
from tuan.usecases.pricing.pricer import Pricer
from tuan.usecases.pricing.run_out import RunOut
from tuan.usecases.snapshot import LiveActivity, LiveRule, Snapshot

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Claims = Sequence[Claim] | ClaimSet


class Assembled(Struct, frozen=True, gc=False):
    """An attempt that may be placed: its frozen lines, its claims by shard, and its own payment hold if a promotion set one.

    `facts`: what its rules were told, to be kept with the order.
    `ready_when_paid`: False when one of its promotions has it wait.
    `challenge_met`: the attempt is challenged, and one of its promotions has proof that its buyer solved one.
    """

    attempt: Attempt
    lines: tuple[OrderLine, ...]
    total_minor: int
    claims: Mapping[str, Claims]
    hold_ms: int | None
    ruleset_hash: str
    challenge_met: bool = False
    facts: dict[str, Any] = {}
    ready_when_paid: bool = True


Outcome = Assembled | Refusal | TuanError


class Assembler:
    """Asks each promotion for what it owes to an attempt and puts the answers together."""

    def __init__(self, supervisor: Supervisor, run_out: RunOut) -> None:
        self._supervisor = supervisor
        self._pricer = Pricer(run_out)

    def assemble(
        self, attempts: Sequence[Attempt], snapshot: Snapshot, turn: Turn, admit: bool = True
    ) -> list[Outcome]:
        """One outcome per attempt. `admit` False prices without asking whether it may be bought now (a quote)."""
        return [self._one(attempt, snapshot, turn, admit) for attempt in attempts]

    def _one(self, attempt: Attempt, snapshot: Snapshot, turn: Turn, admit: bool) -> Outcome:
        try:
            return self._known(attempt, snapshot, turn, admit) or self._assemble(attempt, snapshot, turn, admit)
        except _Refused as refused:
            return refused.refusal
        except TuanError as error:
            return error

    def _known(self, attempt: Attempt, snapshot: Snapshot, turn: Turn, admit: bool) -> Assembled | None:
        """The order of an attempt for nothing but goods whose terms are known; None where there is more to it."""
        line = attempt.lines[0]
        live = snapshot.activities.get(line.activity_id)
        if live is None or len(attempt.lines) > 1 or attempt.redeemed or attempt.shipping_minor:
            return None
        if snapshot.book.prices(attempt.currency, attempt.buyer) is not None:
            return None
        wanted = goods_of(line)
        goods = live.goods.get(wanted) if wanted is not None else None
        if goods is None and (wanted is None or wanted in live.goods):
            return None  # before `admit`, which would be asked once more on the long way
        met = admit and self._may_buy(attempt, live, turn)
        if goods is None:
            goods = self._goods(line, live, turn)
        claims = goods.claims(attempt) if goods is not None else None
        if goods is None or claims is None:
            return None
        self._supervisor.well_behaved(live.promotion)
        activity = live.activity
        return Assembled(
            attempt, goods.lines, goods.total_minor, {activity.shard: claims}, goods.hold_ms, activity.ruleset_hash, met
        )

    def _goods(self, line: CartLine, live: LiveActivity, turn: Turn) -> KnownGoods | None:
        """What is known of the line's goods, asked for now where it is not; None where the promotion wants to see the order."""
        goods = goods_of(line)
        if goods is None:
            return None
        if goods not in live.goods:

            def ask() -> KnownGoods | None:
                terms = live.promotion.terms_of_goods(line, live.activity, live.prepared)
                return None if terms is None else known_goods(line, _checked(terms))

            found = self._guarded(live.promotion, turn, ask)
            if len(live.goods) >= KEPT_MAX:
                live.goods.clear()
            live.goods[goods] = found
        return live.goods[goods]

    def _assemble(self, attempt: Attempt, snapshot: Snapshot, turn: Turn, admit: bool) -> Assembled:
        basket = ClaimBasket()
        used: list[Plugin] = []
        hashes: list[str] = []
        settled: dict[int, tuple[str, int, str]] = {}
        hold_ms: int | None = None
        offs = self._offs(attempt, snapshot, turn, basket, used)
        admitted: set[str] = set()
        met, ready_when_paid = False, True
        kept: dict[str, Any] = {}
        for line in attempt.lines:
            if line.activity_id == RETAIL:
                shard, ruleset_hash = RETAIL, snapshot.retail_ruleset_hash
            else:
                live = snapshot.activities[line.activity_id]
                if admit and line.activity_id not in admitted:
                    met = self._may_buy(attempt, live, turn) or met
                    admitted.add(line.activity_id)
                terms = self._terms(attempt, line, live, turn, basket)
                used.append(live.promotion)
                shard, ruleset_hash = live.activity.shard, live.activity.ruleset_hash
                settled[line.line_index] = (terms.rule_id, terms.unit_minor, terms.funded_by)
                ready_when_paid = ready_when_paid and terms.ready_when_paid
                if terms.kept is not None:
                    kept[live.promotion.code] = terms.kept
                if terms.hold_ms is not None:
                    hold_ms = terms.hold_ms if hold_ms is None else min(hold_ms, terms.hold_ms)
            basket.add_stock(shard, line.sku, line.quantity)
            if ruleset_hash and ruleset_hash not in hashes:
                hashes.append(ruleset_hash)
        for plugin in used:
            # Only now: `admit` answers well before `terms` raises, and that must not begin the count of faults anew.
            self._supervisor.well_behaved(plugin)
        prices = snapshot.book.prices(attempt.currency, attempt.buyer)
        facts: dict[str, Any] = {}
        if prices is not None:
            lines = self._pricer.lines(attempt, prices, settled, offs, snapshot, basket)
            facts = recorded_facts(attempt)
            # The last one named is the one that priced the order: whoever explains it later goes by that.
            name = prices.named_for(held for each in attempt.redeemed.values() for held in each.held.values())
            hashes = [*(each for each in hashes if each != name), *([name] if name else [])]
        else:
            lines = unruled_lines(attempt, settled, offs)
        if attempt.redeemed:
            facts = {**facts, REDEEMED: self._charges(attempt, lines, prices, snapshot, turn, basket)}
        if kept:
            facts = {**facts, KEPT: kept}
        total_minor = sum([line.total_minor for line in lines])
        claims, ruleset_hash = basket.by_shard(), ",".join(hashes)
        return Assembled(attempt, lines, total_minor, claims, hold_ms, ruleset_hash, met, facts, ready_when_paid)

    def _may_buy(self, attempt: Attempt, live: LiveActivity, turn: Turn) -> bool:
        """Raises _Refused when not. True: the attempt is challenged, and has met it here."""

        refusal = self._guarded(live.promotion, turn, _admit, attempt, live)
        if refusal is not None:
            raise _Refused(refusal)
        return attempt.challenged and self._meets_challenge(attempt, live, turn)

    def _meets_challenge(self, attempt: Attempt, live: LiveActivity, turn: Turn) -> bool:
        return self._guarded(live.promotion, turn, _answers_challenge, attempt, live)

    def _terms(
        self, attempt: Attempt, line: CartLine, live: LiveActivity, turn: Turn, basket: ClaimBasket
    ) -> LineTerms:
        known = self._goods(line, live, turn)

        def ask() -> LineTerms:
            terms = (
                known.line_terms
                if known is not None
                else _checked(live.promotion.terms(attempt, line, live.activity, live.prepared))
            )
            basket.add(live.activity.shard, (*terms.claims, *limit_claims(terms, attempt, line.quantity)))
            return terms

        return self._guarded(live.promotion, turn, ask)

    def _offs(
        self, attempt: Attempt, snapshot: Snapshot, turn: Turn, basket: ClaimBasket, used: list[Plugin]
    ) -> dict[int, list[LineOff]]:
        """Discounts of ordinary lines, by line index; their claims go to retail's shard."""
        wanted: dict[str, tuple[LiveRule, list[CartLine]]] = {}
        for line in attempt.lines:
            if line.activity_id == RETAIL:
                for live in snapshot.rules_for(line.sku):
                    wanted.setdefault(live.rule.rule_id, (live, []))[1].append(line)
        offs: dict[int, list[LineOff]] = {}
        for live, lines in wanted.values():
            rule = live.rule
            if attempt.now_ms < rule.start_time_ms or (rule.end_time_ms and attempt.now_ms >= rule.end_time_ms):
                continue
            proposals = self._proposals(attempt, live, lines, turn, basket)
            if proposals is None:
                continue
            used.append(live.promotion)
            for proposal in proposals:
                off = LineOff(proposal.rule_id, proposal.off_minor, rule.priority, proposal.funded_by, proposal.note)
                offs.setdefault(proposal.line_index, []).append(off)
        return offs

    def _proposals(
        self, attempt: Attempt, live: LiveRule, lines: list[CartLine], turn: Turn, basket: ClaimBasket
    ) -> list[Proposal] | None:
        """None: the plugin failed, and the engine may go on without it."""
        indexes = {line.line_index for line in lines}

        def ask() -> list[Proposal]:
            proposals = list(live.promotion.propose(attempt, lines, live.rule, live.prepared))
            for proposal in proposals:
                if not isinstance(proposal, Proposal) or not _whole(proposal.off_minor, 1):
                    raise Lie(f"propose answered {proposal!r}")
                if proposal.line_index not in indexes:
                    raise Lie(f"propose named line {proposal.line_index}, which it was not asked about")
            basket.add(RETAIL, [claim for proposal in proposals for claim in proposal.claims])
            return proposals

        try:
            return self._guarded(live.promotion, turn, ask)
        except PluginFault:
            if live.promotion.fault_policy is FaultPolicy.FAIL_OPEN:
                return None
            raise

    def _charges(
        self,
        attempt: Attempt,
        lines: Sequence[OrderLine],
        prices: Prices | None,
        snapshot: Snapshot,
        turn: Turn,
        basket: ClaimBasket,
    ) -> dict[str, Any]:
        """Claim what the order uses up, in retail's shard; what promotions want kept of it, by their code."""
        taken: dict[str, int] = {}
        for line in lines:
            for adjustment in line.adjustments:
                taken[adjustment.rule_id] = taken.get(adjustment.rule_id, 0) - adjustment.amount_minor
        kept: dict[str, Any] = {}
        for code, redemption in attempt.redeemed.items():
            promotion = snapshot.redeemers[code]
            off = {**taken, **_of_held(redemption, taken, prices)} if redemption.held else taken

            def ask(
                promotion: PromotionType = promotion, redemption: Redemption = redemption, off: dict[str, int] = off
            ) -> Charge:
                charge = promotion.charge(attempt, redemption, off)
                if not isinstance(charge, Charge) or not all(_is_redeemed(claim) for claim in charge.claims):
                    raise Lie(f"charge answered {charge!r}")
                basket.add(RETAIL, charge.claims)
                return charge

            charge = self._guarded(promotion, turn, ask)
            if charge.claims:
                kept[code] = charge.kept
        return kept

    def _guarded(self, plugin: Plugin, turn: Turn, ask: Callable[[*Ts], T], *about: *Ts) -> T:
        """Run `ask` in the plugin's turn; whatever it raises but an answer is a fault of the plugin."""
        if not self._supervisor.usable(plugin):
            raise PluginFault(plugin, "is in quarantine after repeated faults")
        turn.plugin = plugin
        try:
            return ask(*about)
        except TuanError:
            raise
        except (Exception, SystemExit) as error:  # not Abandoned: that one is meant to end the worker
            self._supervisor.fault(plugin, f"raised {error!r}")
            raise PluginFault(plugin, "raised an exception or answered nonsense") from error
        finally:
            turn.plugin = None


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def _admit(attempt: Attempt, live: LiveActivity) -> Refusal | None:
    refusal = live.promotion.admit(attempt, live.activity, live.prepared)
    if refusal is not None and not (isinstance(refusal, Refusal) and isinstance(refusal.kind, RefusalKind)):
        raise Lie(f"admit answered {refusal!r}")
    return refusal


def _answers_challenge(attempt: Attempt, live: LiveActivity) -> bool:
    return live.promotion.answers_challenge(attempt, live.activity, live.prepared) is True


def _of_held(redemption: Redemption, taken: Mapping[str, int], prices: Prices | None) -> dict[str, int]:
    """What was taken off for what is held, by its names: two that are the same rule count once, for the first of them."""
    found: dict[str, int] = {}
    counted: set[str] = set()
    for name, held in redemption.held.items():
        rule_id = prices.name_of(held) if prices is not None else held[0]
        found[name] = 0 if rule_id in counted else taken.get(rule_id, 0)
        counted.add(rule_id)
    return found


def _is_redeemed(claim: object) -> bool:
    return isinstance(claim, Claim) and claim.limit is not None and claim.counter.startswith(REDEEMED_PREFIX)


def _checked(terms: object) -> LineTerms:
    """Raises Lie for terms that no promotion may answer; limits are checked where they are used."""
    if not isinstance(terms, LineTerms) or not _whole(terms.unit_minor, 0):
        raise Lie(f"terms answered {terms!r}")
    if type(terms.ready_when_paid) is not bool:
        raise Lie(f"terms answered ready_when_paid = {terms.ready_when_paid!r}")
    if terms.hold_ms is not None and not _whole(terms.hold_ms, 1):
        raise Lie(f"terms answered a hold of {terms.hold_ms!r} ms")
    if not isinstance(terms.claims, tuple) or not isinstance(terms.limits, tuple):
        raise Lie(f"terms answered the claims {terms.claims!r} and the limits {terms.limits!r}")
    return terms


def _whole(value: object, least: int) -> bool:
    return type(value) is int and value >= least


def unknown_activity(activity_id: str, snapshot: Snapshot) -> TuanError:
    """Why an activity cannot be used: not there (any more), or its promotion's plugin failed to prepare it."""
    plugin = snapshot.faults.get(activity_id)
    if plugin is not None:
        return PluginFault(plugin, f"could not prepare activity {activity_id}")
    return TuanError(Reason.ACTIVITY_NOT_FOUND, f"no activity {activity_id}", activity_id=activity_id)
