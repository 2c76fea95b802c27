"""The promotion: what a group buy answers when the engine asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from tuan.plugin import (
    GROUPS,
    Activity,
    ActivityState,
    Attempt,
    BlockSchema,
    CartLine,
    CheckedBlock,
    Event,
    FactRecord,
    Host,
    InvalidValue,
    Job,
    LineTerms,
    Mismatch,
    Plan,
    PluginTables,
    PromotionType,
    PublishContext,
    Redemption,
    Refusal,
    RefusalKind,
    Servicer,
    Unit,
)
from tuan_group_buy import events
from tuan_group_buy.block import GROUP, GROUP_BUY
from tuan_group_buy.group import GroupState
from tuan_group_buy.jobs import Jobs
from tuan_group_buy.newcomers import is_new
from tuan_group_buy.notices import Notices
from tuan_group_buy.offer import Offer, offer_of
from tuan_group_buy.planning import plan_group_buy
from tuan_group_buy.reactions import Reactions
from tuan_group_buy.seats import joining_claims, open_counters, opening_claims
from tuan_group_buy.servicer import GroupBuyServicer, servicer_entry
from tuan_group_buy.tables import Standing, plugin_tables, seats_of_completed, standings


class GroupBuy(PromotionType):
    code = "group_buy"
    #: A reaction moves the orders of a whole group, 200 at most.
    deadline_ms = 5_000
    redeems = (GROUPS,)
    reacts_to = (
        events.ORDER_PAID,
        events.OPENED,
        events.FILLED,
        events.WINDOW_OVER,
        events.DRAW_DUE,
        events.REFUND_REQUESTED,
        events.ORDER_COMPLETED,
    )

    def __init__(self) -> None:
        self._reactions = Reactions(offer_of)

    def start(self, host: Host) -> None:
        self._host = host

    def tables(self) -> PluginTables:
        return plugin_tables()

    def audit(self, unit: Unit) -> Sequence[Mismatch]:
        """Members that complete groups counted, against the seats that were paid in the claims store."""
        found: list[Mismatch] = []
        for activity_id, counted in seats_of_completed(unit.connection).items():
            paid = unit.checks.counters(activity_id)
            taken = {name: paid[name].taken if name in paid else 0 for name in counted}
            found += Mismatch.between(taken, counted)
        return found

    def servicers(self) -> Sequence[Servicer]:
        return (servicer_entry(GroupBuyServicer(self._host)),)

    def jobs(self) -> Mapping[str, Callable[[Job], Awaitable[None]]]:
        return {kind: run for each in (Jobs, Notices) for kind, run in each(lambda: self._host).handlers().items()}

    def blocks(self) -> Sequence[BlockSchema]:
        return (GROUP_BUY,)

    def facts(self) -> Sequence[FactRecord]:
        return (GROUP,)

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        return plan_group_buy(block, context)

    def prepare(self, config: dict[str, Any]) -> Offer:
        return Offer.from_config(config)

    def redeem(self, attempts: Sequence[Attempt], unit: Unit) -> Sequence[Redemption | Refusal]:
        """The groups that orders join, in one read: those that are over refuse here, the rest is for the claims store to say."""
        found = standings(unit.connection, {attempt.group_id for attempt in attempts})
        return [self._place_in(found.get(attempt.group_id), attempt, unit) for attempt in attempts]

    def _place_in(self, group: Standing | None, attempt: Attempt, unit: Unit) -> Redemption | Refusal:
        if group is None:  # not open yet, or none: there are no seats of its name
            return Redemption({})
        if group.state in (GroupState.COMPLETED, GroupState.DRAWING):
            return Refusal(RefusalKind.GROUP_FULL, "this group is complete", limit="group")
        if group.state in (GroupState.FAILED, GroupState.CANCELLED) or attempt.now_ms >= group.expire_time_ms:
            return Refusal(RefusalKind.ENDED, "the time of this group is over")
        newness = is_new(unit, attempt.caller, attempt.buyer) if group.min_new else None
        return Redemption({GROUP.name: {"paid": group.paid}}, newness)

    def admit(self, attempt: Attempt, activity: Activity, prepared: Offer) -> Refusal | None:
        if attempt.now_ms < activity.start_time_ms:
            return Refusal(RefusalKind.NOT_OPEN_YET, "the group buy has not begun", open_time_ms=activity.start_time_ms)
        if activity.state is ActivityState.CLOSING or attempt.now_ms >= activity.end_time_ms:
            return Refusal(RefusalKind.ENDED, "the group buy is over")
        if not attempt.group_id and attempt.now_ms >= prepared.open_until_ms:
            return Refusal(RefusalKind.ENDED, "no more groups are opened; join one")
        for line in attempt.lines:
            if line.activity_id != activity.activity_id:
                raise InvalidValue(
                    f"lines[{line.line_index}].activity_id",
                    "a place in a group is an order of its own; place two orders",
                )
        prepared.require_subjects(attempt)
        return None

    def terms(self, attempt: Attempt, line: CartLine, activity: Activity, prepared: Offer) -> LineTerms:
        if line.sku not in prepared.goods:
            raise InvalidValue(f"lines[{line.line_index}].sku", f"{line.sku} is not sold in {activity.activity_id}")
        first = line is attempt.lines[0]  # an order is one place, whatever it buys
        redeemed = attempt.redeemed.get(self.code)
        newness = redeemed.data if redeemed is not None else None
        claims = []
        if first and attempt.buyer:
            joins = bool(attempt.group_id)
            claims = joining_claims(prepared, attempt, newness is True) if joins else opening_claims(prepared, attempt)
        opens = [] if attempt.group_id else open_counters(prepared, attempt)
        return LineTerms(
            prepared.unit_minor(line.list_unit_minor, joins=bool(attempt.group_id)),
            activity.activity_id,
            tuple(claims),
            hold_ms=prepared.hold_ms,
            limits=prepared.limits,
            ready_when_paid=False,
            kept={"group_id": attempt.group_id, "is_new": newness, "open": opens} if first else None,
        )

    def react(self, event: Event, unit: Unit) -> None:
        self._reactions.react(event, unit)
