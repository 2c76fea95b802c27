"""Commands to attempts: checked, with what the catalogue knows of their goods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from tuan.domain.activity import RETAIL
from tuan.domain.errors import Reason, TuanError
from tuan.plugin import Attempt, CartLine
from tuan.ports import Ids
from tuan.usecases.assemble import unknown_activity
from tuan.usecases.order_commands import PlaceOrder, WantedLine, have_plain_ids
from tuan.usecases.pricing.fact_reader import FactReader
from tuan.usecases.snapshot import Snapshot

_NO_FACTS: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


class AttemptMaker:
    def __init__(self, ids: Ids, facts: FactReader) -> None:
        self._ids = ids
        self._facts = facts

    def attempts(self, commands: Sequence[PlaceOrder], snapshot: Snapshot, now_ms: int) -> list[Attempt | TuanError]:
        """One for each, in order: what a batch has in common is checked and looked up once. Orders for the same goods share `lines`."""
        plain = have_plain_ids(commands)
        goods: dict[tuple[str, tuple[WantedLine, ...]], tuple[CartLine, ...]] = {}
        found: list[Attempt | TuanError] = []
        for command, order_id in zip(commands, self._ids.many(len(commands)), strict=True):
            try:
                if not plain:
                    command.check_ids()
                command.check_extras()
                wanted = (command.currency, command.lines)
                lines = goods.get(wanted)
                if lines is None:
                    command.check_goods()
                    lines = goods[wanted] = self._lines(command, snapshot)
                found.append(self._attempt(command, order_id, lines, now_ms))
            except TuanError as error:
                found.append(error)
        return found

    def _attempt(self, command: PlaceOrder, order_id: str, lines: tuple[CartLine, ...], now_ms: int) -> Attempt:
        facts = self._facts.of_cart(command.facts, command.currency) if command.facts else _NO_FACTS
        # By place: names cost a third of the whole.
        return Attempt(
            order_id,
            command.caller,
            command.buyer,
            command.device,
            command.address,
            command.currency,
            command.ticket,
            command.region,
            now_ms,
            lines,
            False,
            command.channel,
            facts,
            command.shipping_minor,
            command.coupon_ids,
            command.points,
            group_id=command.group_id,
        )

    def _lines(self, command: PlaceOrder, snapshot: Snapshot) -> tuple[CartLine, ...]:
        lines = []
        for index, wanted in enumerate(command.lines):
            sku = snapshot.skus.get(wanted.sku)
            if sku is None or not sku.active:
                raise TuanError(
                    Reason.SKU_NOT_FOUND, f"lines[{index}].sku: no SKU {wanted.sku} is for sale", sku=wanted.sku
                )
            if sku.currency != command.currency:
                raise TuanError(
                    Reason.CURRENCY_MISMATCH,
                    f"lines[{index}]: {wanted.sku} is priced in {sku.currency}; place the order in that currency",
                    expected=sku.currency,
                    actual=command.currency,
                )
            activity_id = wanted.activity_id or RETAIL
            if activity_id != RETAIL and activity_id not in snapshot.activities:
                raise unknown_activity(activity_id, snapshot)
            line = CartLine(index, wanted.sku, wanted.quantity, activity_id, sku.category, sku.list_minor)
            if wanted.facts:
                line = replace(line, facts=self._facts.of_line(wanted.facts, command.currency, index))
            lines.append(line)
        return tuple(lines)
