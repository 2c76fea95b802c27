"""The promotion: what a coupon answers when an order brings one, and what it hears of orders that were paid or refunded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuan.plugin import (
    COUPONS,
    Attempt,
    BlockSchema,
    Charge,
    CheckedBlock,
    Claim,
    Event,
    Host,
    InvalidValue,
    Mismatch,
    PastRule,
    Plan,
    PluginTables,
    PriceRule,
    PromotionType,
    PublishContext,
    Redemption,
    Refusal,
    RefusalKind,
    Servicer,
    Unit,
    redeemed_counter,
)
from tuan_coupon.block import COUPON
from tuan_coupon.servicer import CouponServicer, servicer_entry
from tuan_coupon.tables import (
    Collected,
    Use,
    find,
    plugin_tables,
    put,
    put_uses,
    restore,
    restored_codes,
    uses_by_counter,
)
from tuan_coupon.template import Template, coupon_counter, plan_template, template_of

#: For how long a version that was retired may still have been in some engine's memory; much more than it ever is.
AFTER_RETIREMENT_MS = 3_600_000
COLLECTED, REDEEMED, REFUNDED = "coupon.collected", "order.redeemed", "order.refunded"


@dataclass(frozen=True, slots=True)
class Brought:
    """One coupon of an attempt: `name` is its id or code. `counts_as`: by what name it is told whether it counted."""

    name: str
    template_id: str
    counts_as: str
    claims: tuple[Claim, ...]


class Coupons(PromotionType):
    code = "coupon"
    reacts_to = (COLLECTED, REDEEMED, REFUNDED)
    redeems = (COUPONS,)

    def start(self, host: Host) -> None:
        self._host = host

    def tables(self) -> PluginTables:
        return plugin_tables()

    def servicers(self) -> Sequence[Servicer]:
        return (servicer_entry(CouponServicer(self._host, self.code)),)

    def blocks(self) -> Sequence[BlockSchema]:
        return (COUPON,)

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        template = plan_template(block, context)
        if template.code:
            self._check_is_free(template, context.package)
        rule = PriceRule(template.template_id, self.code, context.ruleset_hash, template.to_config())
        return Plan(price_rules=(rule,))

    def _check_is_free(self, template: Template, package: str) -> None:
        """Raises InvalidValue where another package has its code: orders would use either, and nobody could say which."""
        for other in (template_of(rule) for rule in self._host.price_rules(self.code)):
            if (other.code, other.currency) == (template.code, template.currency) and other.package != package:
                raise InvalidValue("code", f"{template.code} is the code of {other.template_id}; write another one")

    def holds(self, past: Sequence[PastRule], current: Mapping[str, PriceRule]) -> Sequence[PastRule]:
        now_ms = self._host.clock.now_ms()
        return [each for each in past if _may_be_held(each, current, now_ms)]

    def redeem(self, attempts: Sequence[Attempt], unit: Unit) -> Sequence[Redemption | Refusal]:
        templates = [template_of(rule) for rule in self._host.price_rules(self.code)]
        by_code = {(each.currency, each.code): each for each in reversed(templates) if each.code}
        names = {(attempt.currency, name) for attempt in attempts for name in attempt.coupon_ids}
        ids = {name for _, name in names - by_code.keys()}
        found = find(unit.connection, ids) if ids else {}
        codes = [by_code[each].template_id for each in names & by_code.keys()]
        restored = restored_codes(unit.connection, codes) if codes else {}
        return [self._look_up(attempt, by_code, found, restored) for attempt in attempts]

    def _look_up(
        self,
        attempt: Attempt,
        by_code: Mapping[tuple[str, str], Template],
        found: Mapping[str, tuple[Collected, int]],
        restored: Mapping[tuple[str, str, str], int],
    ) -> Redemption | Refusal:
        everybody: dict[str, int] = defaultdict(int)
        for (template_id, _, _), count in restored.items():
            everybody[template_id] += count
        brought: list[Brought] = []
        held: dict[str, tuple[str, str]] = {}
        for name in attempt.coupon_ids:
            template = by_code.get((attempt.currency, name))
            counts_as = name
            if template is not None:
                counts_as = template.template_id
                mine = restored.get((template.template_id, attempt.caller, attempt.buyer), 0)
                claims = template.using_code(attempt.caller, attempt.buyer, mine, everybody[template.template_id])
            elif name in found and (found[name][0].caller, found[name][0].buyer) == (attempt.caller, attempt.buyer):
                coupon, given_back = found[name]
                rule = self._host.price_rule(self.code, coupon.template_id, coupon.ruleset_hash)
                if rule is None:
                    return _refused(name, "is not offered any more")
                if coupon.expire_time_ms and attempt.now_ms >= coupon.expire_time_ms:
                    return _refused(name, "has expired" if coupon.expire_time_ms > 1 else "was taken back")
                template = template_of(rule)
                held[name] = (rule.rule_id, rule.ruleset_hash)
                claims = (Claim(coupon_counter(name), 1, 1 + given_back),)
            else:
                # Another buyer's coupon does not exist for this one: ids are not to be found out by asking.
                return _refused(name, "is none of this buyer's coupons, and no code")
            if not template.is_active(attempt.now_ms):
                return _refused(name, "cannot be used yet" if attempt.now_ms < template.start_ms else "has expired")
            brought.append(Brought(name, template.template_id, counts_as, claims))
        coupons = tuple(dict.fromkeys(each.counts_as for each in brought))
        return Redemption({"cart": {"coupons": coupons}}, brought, held)

    def charge(self, attempt: Attempt, redemption: Redemption, taken: Mapping[str, int]) -> Charge:  # noqa: ARG002 - known by its redemption
        """One coupon per rule: the second of a kind in one order changes nothing, and stays unused."""
        claims: list[Claim] = []
        kept = []
        used: set[str] = set()
        for brought in redemption.data:
            if taken.get(brought.counts_as, 0) > 0 and brought.counts_as not in used:
                used.add(brought.counts_as)
                claims += brought.claims
                kept.append([brought.name, brought.template_id, brought.claims[0].counter, taken[brought.counts_as]])
        return Charge(tuple(claims), kept)

    def react(self, event: Event, unit: Unit) -> None:
        data = event.data
        if event.kind == COLLECTED:
            put(unit.connection, Collected(**data))
        elif event.kind == REFUNDED:
            restore(unit.connection, str(data["order_id"]))
        elif self.code in data["redeemed"]:
            who = (str(data["caller"]), str(data["buyer"]))
            put_uses(
                unit.connection,
                [
                    Use(event.subject, name, template_id, *who, counter, off_minor, event.time_ms)
                    for name, template_id, counter, off_minor in data["redeemed"][self.code]
                ],
            )

    def audit(self, unit: Unit) -> Sequence[Mismatch]:
        """Uses in our table against claims of paid orders, counter by counter."""
        claimed = unit.checks.confirmed(redeemed_counter("coupon/"))
        found = Mismatch.between(claimed, uses_by_counter(unit.connection))
        # Codes that are counted for all buyers together have a counter that no use names: it is the sum of others.
        return [mismatch for mismatch in found if not _is_total(mismatch.subject, claimed)]


def _may_be_held(past: PastRule, current: Mapping[str, PriceRule], now_ms: int) -> bool:
    """Collected under that version, not expired for certain, and not replaced on purpose."""
    template = template_of(past.rule)
    there = current.get(past.rule.rule_id)
    if template.code or (there is not None and template_of(there).replaces_earlier):
        return False
    if template.end_ms and now_ms >= template.end_ms:
        return False
    # Another process may go on handing them out for a moment.
    last_ms = past.retire_time_ms + template.valid_ms + AFTER_RETIREMENT_MS
    return not (past.retire_time_ms and template.valid_ms and now_ms >= last_ms)


def _refused(name: str, why: str) -> Refusal:
    return Refusal(RefusalKind.NOT_REDEEMABLE, f"coupon {name} {why}; leave it out", limit="coupon")


def _is_total(counter: str, claimed: Mapping[str, int]) -> bool:
    parts = [count for name, count in claimed.items() if name.startswith(counter + "/")]
    return bool(parts) and sum(parts) == claimed.get(counter, 0)
