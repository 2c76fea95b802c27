"""The promotion: what a flash sale answers when the engine asks. Everything in here is called for every order; none of it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tuan.plugin import (
    Activity,
    ActivityState,
    Attempt,
    BlockSchema,
    CartLine,
    CheckedBlock,
    Event,
    Host,
    InvalidValue,
    LineTerms,
    Notice,
    Plan,
    PluginTables,
    PromotionType,
    PublishContext,
    Refusal,
    RefusalKind,
    Servicer,
    Unit,
)
from tuan_flash_sale.block import FLASH_SALE
from tuan_flash_sale.sale import Sale
from tuan_flash_sale.servicer import FlashSaleServicer, servicer_entry
from tuan_flash_sale.sessions import plan_sessions
from tuan_flash_sale.tables import plugin_tables, take_waiting
from tuan_flash_sale.ticket import Ticket, Tickets

RESTOCKED = "stock.restocked"
#: Our own event: there are more who wait than one transaction should tell.
MORE_WAITING = "flash_sale.restock_notices_left"
#: A notice is a row; so many take a SQL transaction some 30 ms.
NOTICES_PER_TRANSACTION_MAX = 200


class FlashSale(PromotionType):
    code = "flash_sale"
    reacts_to = (RESTOCKED, MORE_WAITING)

    def start(self, host: Host) -> None:
        self._host = host
        self._tickets = Tickets(host.secret("flash_sale.ticket"))

    def tables(self) -> PluginTables:
        return plugin_tables()

    def servicers(self) -> Sequence[Servicer]:
        return (servicer_entry(FlashSaleServicer(self._host, self._tickets)),)

    def blocks(self) -> Sequence[BlockSchema]:
        return (FLASH_SALE,)

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        return plan_sessions(block, context)

    def prepare(self, config: dict[str, Any]) -> Sale:
        return Sale.from_config(config)

    def admit(self, attempt: Attempt, activity: Activity, prepared: Sale) -> Refusal | None:
        if attempt.now_ms < activity.start_time_ms:
            return Refusal(RefusalKind.NOT_OPEN_YET, "the sale has not begun", open_time_ms=activity.start_time_ms)
        if attempt.now_ms >= activity.end_time_ms or activity.state is ActivityState.CLOSING:
            return Refusal(RefusalKind.ENDED, "the sale is over")
        prepared.require_subjects(attempt)
        if prepared.ticket and self._valid_ticket(attempt, activity) is None:
            return Refusal(
                RefusalKind.TICKET_INVALID,
                "the ticket is missing, expired or not for this buyer and device; ask for a new one",
            )
        return None

    def answers_challenge(self, attempt: Attempt, activity: Activity, prepared: Sale) -> bool:
        ticket = self._valid_ticket(attempt, activity)
        return prepared.challenge != "none" and ticket is not None and ticket.solved

    def terms_of_goods(self, line: CartLine, activity: Activity, prepared: Sale) -> LineTerms:
        if line.sku not in prepared.goods:
            raise InvalidValue(f"lines[{line.line_index}].sku", f"{line.sku} is not sold in {activity.activity_id}")
        unit_minor = prepared.unit_minor(line.list_unit_minor)
        return LineTerms(unit_minor, activity.activity_id, hold_ms=prepared.hold_ms, limits=prepared.limits)

    def react(self, event: Event, unit: Unit) -> None:
        """Tell those who wait for a SKU. Taking their rows and adding the jobs is one transaction: nobody is told twice."""
        sku, shard = str(event.data["sku"]), str(event.data["shard"])
        waiting = take_waiting(unit.connection, shard, sku, NOTICES_PER_TRANSACTION_MAX)
        for person in waiting:
            notice_id = f"restock/{event.event_id}/{person.notice_id}"
            data = {"sku": sku, "activity_id": person.activity_id, "caller": person.caller}
            notice = Notice(notice_id, "restock", person.buyer, event.time_ms, data)
            unit.jobs.add("notify", notice_id, event.time_ms, asdict(notice))
        if len(waiting) == NOTICES_PER_TRANSACTION_MAX:
            unit.outbox.add(MORE_WAITING, sku, event.activity_id, event.time_ms, {"sku": sku, "shard": shard})

    def _valid_ticket(self, attempt: Attempt, activity: Activity) -> Ticket | None:
        if not attempt.ticket:
            return None
        ticket = self._tickets.check(attempt.ticket, activity.activity_id, attempt.buyer, attempt.device)
        return ticket if ticket is not None and attempt.now_ms < ticket.expire_time_ms else None
