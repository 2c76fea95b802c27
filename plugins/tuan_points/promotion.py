"""The promotion: what points answer when an order wants to spend some, and what they hear of orders."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from tuan.plugin import POINTS as BRINGS_POINTS
from tuan.plugin import (
    Attempt,
    BlockSchema,
    Charge,
    CheckedBlock,
    Claim,
    Event,
    FactRecord,
    Host,
    Mismatch,
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
from tuan_points import book
from tuan_points.block import POINTS, POINTS_FACTS
from tuan_points.program import Program, plan_program, points_counter, program_of
from tuan_points.servicer import PointsServicer, servicer_entry
from tuan_points.tables import Sums, owed_by_program, plugin_tables, spent_by_account, sums

REDEEMED, COMPLETED, REFUNDED = "order.redeemed", "order.completed", "refund.succeeded"
EXPIRE_PAUSE_S = 60.0


class Points(PromotionType):
    code = "points"
    reacts_to = (REDEEMED, COMPLETED, REFUNDED)
    redeems = (BRINGS_POINTS,)

    def start(self, host: Host) -> None:
        self._host = host
        host.spawn("points-expire", self._expire_for_ever)

    def tables(self) -> PluginTables:
        return plugin_tables()

    def servicers(self) -> Sequence[Servicer]:
        return (servicer_entry(PointsServicer(self._host, self.code)),)

    def blocks(self) -> Sequence[BlockSchema]:
        return (POINTS,)

    def facts(self) -> Sequence[FactRecord]:
        return (POINTS_FACTS,)

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        program = plan_program(block, context)
        return Plan(price_rules=(PriceRule(program.program_id, self.code, context.ruleset_hash, program.to_config()),))

    def redeem(self, attempts: Sequence[Attempt], unit: Unit) -> Sequence[Redemption | Refusal]:
        """Of one program per order: the first in force, by id, in the order's currency."""
        now_ms = max(attempt.now_ms for attempt in attempts)
        known = sums(unit.connection, {(attempt.caller, attempt.buyer) for attempt in attempts}, now_ms)
        answers: list[Redemption | Refusal] = []
        for attempt in attempts:
            program = self._program(attempt.currency, attempt.now_ms)
            if program is None:
                answers.append(_refused(f"no program of points is in force for {attempt.currency}; spend 0"))
                continue
            account = known.get((attempt.caller, attempt.buyer, program.program_id), Sums())
            limit = max(0, account.granted - account.due)
            left = max(0, limit - account.spent)
            if attempt.points > left:
                answers.append(_refused(f"{left} points are left, not {attempt.points}; spend fewer", left))
                continue
            facts = {"programs": (program.program_id,), "value": attempt.points * program.worth_minor}
            answers.append(Redemption({"points": facts}, (program, limit)))
        return answers

    def charge(self, attempt: Attempt, redemption: Redemption, taken: Mapping[str, int]) -> Charge:
        program, limit = redemption.data
        points = program.spent(taken.get(program.program_id, 0))
        if points <= 0:
            return Charge()
        counter = points_counter(program.program_id, attempt.caller, attempt.buyer)
        kept = {"program_id": program.program_id, "points": points, **program.terms}
        return Charge((Claim(counter, points, limit),), kept)

    def react(self, event: Event, unit: Unit) -> None:
        data = event.data
        if event.kind == COMPLETED:
            order = unit.orders.get(event.subject)
            program = self._program(order.placed.currency, event.time_ms) if order is not None else None
            if program is not None:
                book.earn(unit, program, event.subject, event.time_ms)
        elif event.kind == REFUNDED:
            programs = {rule.rule_id: program_of(rule) for rule in self._host.price_rules(self.code)}
            book.refunded(unit, programs, str(data["refund_id"]), event.time_ms)
        elif self.code in data["redeemed"]:
            who = (str(data["caller"]), str(data["buyer"]))
            book.spend(unit, event.subject, *who, data["redeemed"][self.code], event.time_ms)

    def audit(self, unit: Unit) -> Sequence[Mismatch]:
        """Points spent against the claims of paid orders, and what is owed against the ledger."""
        claimed = unit.checks.confirmed(redeemed_counter("points/"))
        spent = {
            points_counter(program_id, caller, buyer): points
            for (caller, buyer, program_id), points in spent_by_account(unit.connection).items()
        }
        owed = {
            f"points:{program_id} {currency}": minor
            for (program_id, currency), minor in owed_by_program(unit.connection).items()
        }
        booked = {
            f"{account} {currency}": -minor for (account, currency), minor in unit.ledger.balances("points:").items()
        }
        return [*Mismatch.between(claimed, spent), *Mismatch.between(booked, owed)]

    def _program(self, currency: str, now_ms: int) -> Program | None:
        programs = (program_of(rule) for rule in self._host.price_rules(self.code))
        return next((each for each in programs if each.currency == currency and each.is_active(now_ms)), None)

    async def _expire_for_ever(self) -> None:
        """What expires is not spendable from that moment on, whenever this comes by; it only writes it down.

        Not at once: an engine that is started for a look (`tuan audit`) changes nothing.
        """
        while True:
            await asyncio.sleep(EXPIRE_PAUSE_S)
            while await self._host.write(lambda unit: book.expire(unit, self._host.clock.now_ms())):
                pass


def _refused(message: str, left: int = 0) -> Refusal:
    return Refusal(RefusalKind.NOT_REDEEMABLE, message, available=left, limit="points")
