"""Where coupons are collected, given and looked at: claims first, since they decide, then the plugin's own table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum

from tuan.plugin import CounterState, Host, Reason, Refusal, RefusalKind, TuanError, Unit
from tuan_coupon.reward import coupon_id_of
from tuan_coupon.tables import Collected, find, of_buyer, put
from tuan_coupon.template import Template, coupon_counter, template_of

#: The event by which the plugin learns of a collected coupon even where this process ends before it has written it.
COLLECTED = "coupon.collected"
_ORDERS_PER_READ = 200


class State(Enum):
    AVAILABLE = 1
    LOCKED = 2
    USED = 3
    EXPIRED = 4


@dataclass(frozen=True, slots=True)
class Held:
    """A buyer's coupon as it is now."""

    coupon: Collected
    title: str
    state: State


class Desk:
    def __init__(self, host: Host, promotion: str) -> None:
        self._host = host
        self._promotion = promotion

    async def take(self, caller: str, buyer: str, request_id: str, template_id: str, given: bool) -> Held | Refusal:
        """Collected by the buyer or, `given`, by the shop. The same request gets the same coupon, whatever has changed since."""
        coupon_id = coupon_id_of("request", caller, request_id)
        earlier = await self._host.read(lambda unit: find(unit.connection, [coupon_id]))
        if coupon_id in earlier:
            coupon = earlier[coupon_id][0]
            if (coupon.buyer, coupon.template_id) != (buyer, template_id):
                raise _reused(request_id)
            return (await self._held([earlier[coupon_id]]))[0]
        template = self._templates().get(template_id)
        if template is None:
            raise TuanError(Reason.COUPON_NOT_FOUND, f"no coupon {template_id}", template_id=template_id)
        now_ms = self._host.clock.now_ms()
        refusal = _not_now(template, now_ms, given) or await self._not_new(template, caller, buyer)
        if refusal is not None:
            return refusal
        coupon = Collected(
            coupon_id, caller, buyer, template_id, template.ruleset_hash, now_ms,
            now_ms + template.valid_ms if template.valid_ms else 0,
        )  # fmt: skip
        refused = await self._claim(coupon, template, request_id)
        if refused is not None:
            return _no_more(refused)
        await self._host.write(lambda unit: put(unit.connection, coupon))
        return Held(coupon, template.title, State.AVAILABLE)

    async def _claim(self, coupon: Collected, template: Template, request_id: str) -> Refusal | None:
        claims = template.collecting(coupon.caller, coupon.buyer)
        try:
            return await self._host.claim(coupon.coupon_id, claims, COLLECTED, coupon.coupon_id, asdict(coupon))
        except TuanError as error:  # two requests at once with one id: the claim's key is no name that callers know
            if error.reason is Reason.REQUEST_ID_REUSED:
                raise _reused(request_id) from error
            raise

    async def of_buyer(self, caller: str, buyer: str, before: tuple[int, str] | None, count_max: int) -> list[Held]:
        """Newest first."""
        return await self._held(
            await self._host.read(lambda unit: list(of_buyer(unit.connection, caller, buyer, before, count_max)))
        )

    async def _held(self, found: list[tuple[Collected, int]]) -> list[Held]:
        counters = await self._host.used([coupon_counter(coupon.coupon_id) for coupon, _ in found]) if found else {}
        held = []
        for coupon, restored in found:
            rule = self._host.price_rule(self._promotion, coupon.template_id, coupon.ruleset_hash)
            template = template_of(rule) if rule else None
            state = self._state(coupon, template, counters.get(coupon_counter(coupon.coupon_id)), restored)
            title = template.title if template else coupon.template_id.rpartition("/")[2]
            held.append(Held(coupon, title, state))
        return held

    def _state(
        self, coupon: Collected, template: Template | None, counter: CounterState | None, restored: int
    ) -> State:
        """The claims store knows first: SQL hears of an order a moment later."""
        now_ms = self._host.clock.now_ms()
        if counter is not None and counter.taken > restored:
            return State.USED
        if counter is not None and counter.used > restored:
            return State.LOCKED
        over = template is None or (template.end_ms and now_ms >= template.end_ms)
        if over or (coupon.expire_time_ms and now_ms >= coupon.expire_time_ms):
            return State.EXPIRED
        return State.AVAILABLE

    async def _not_new(self, template: Template, caller: str, buyer: str) -> Refusal | None:
        """By the engine's own record of paid orders: nobody is new because an application says so."""
        if not template.newcomer:
            return None

        def has_paid(unit: Unit) -> bool:
            after = ""
            while orders := unit.orders.list(caller, buyer, (), after, _ORDERS_PER_READ):
                if any(order.payment_id for order in orders):
                    return True
                after = orders[-1].placed.order_id
            return False

        if await self._host.read(has_paid):
            return Refusal(RefusalKind.NOT_REDEEMABLE, "only for buyers who never paid for an order", limit="coupon")
        return None

    def _templates(self) -> dict[str, Template]:
        return {rule.rule_id: template_of(rule) for rule in self._host.price_rules(self._promotion)}


def _not_now(template: Template, now_ms: int, given: bool) -> Refusal | None:
    if template.code:
        return Refusal(RefusalKind.NOT_REDEEMABLE, "nobody collects it: orders name its code", limit="coupon")
    if template.personal and not given:
        return Refusal(RefusalKind.NOT_REDEEMABLE, "it is given, not collected", limit="coupon")
    if now_ms < template.start_ms:
        return Refusal(RefusalKind.NOT_OPEN_YET, "it cannot be collected yet", open_time_ms=template.start_ms)
    if template.end_ms and now_ms >= template.end_ms:
        return Refusal(RefusalKind.ENDED, "its time is over")
    return None


def _no_more(refused: Refusal) -> Refusal:
    if refused.limit.startswith("buyer/"):
        return Refusal(
            RefusalKind.OVER_LIMIT, "the buyer has as many as one may have", limit="limit_per_buyer", available=0
        )
    return Refusal(RefusalKind.SOLD_OUT, "all are taken", limit="coupon")


def _reused(request_id: str) -> TuanError:
    message = f"request_id {request_id} was used before with another content; use a new one for another coupon"
    return TuanError(Reason.REQUEST_ID_REUSED, message, request_id=request_id)
