"""A draw, step by step: announced as the group opens, frozen as it completes, revealed at the published time; each in the transaction of
what causes it, so that a draw is where its group is.

Entrants are named by their orders: each member knows their own, and nobody else's name is told.
"""

from __future__ import annotations

from fractions import Fraction

from tuan.plugin import Notice, Unit, notify
from tuan_group_buy import events
from tuan_group_buy.draw import Frozen, Record, Terms, announce, freeze, new_seed, reveal
from tuan_group_buy.group import Group
from tuan_group_buy.lots.tables import Draw, add_draw, find_draw, put_document, seed_of
from tuan_group_buy.offer import Offer


def terms_of(offer: Offer) -> Terms:
    """Of a group buy that has prizes."""
    return Terms(offer.prizes, offer.seats, Fraction(*offer.odds), offer.draw_after_ms)


def announce_draw(unit: Unit, group: Group, offer: Offer, time_ms: int) -> None:
    """Before the group has a seat that anybody could take: from here on neither seed nor terms can change unnoticed."""
    seed = new_seed()
    add_draw(unit.connection, announce(group.group_id, terms_of(offer), seed, time_ms), seed)


def freeze_draw(unit: Unit, group: Group) -> int:
    """The members as the group completes; when they are drawn. Who has paid a seat in time but the rest of the order later is not among
    them, and gets the money back with those who do not win."""
    announced = _draw(unit, group).announced
    # The end of a window is told by the engine's clock, its beginning by that of the claims store.
    complete_time_ms = max(group.end_time_ms, announced.announce_time_ms)
    frozen = freeze(announced, [member.order_id for member in group.present()], complete_time_ms)
    put_document(unit.connection, group.group_id, frozen)
    return frozen.draw_time_ms


def reveal_draw(unit: Unit, group: Group, time_ms: int) -> Record:
    """Drawn and recorded. Raises InvalidValue before the published time."""
    draw = _draw(unit, group)
    record = reveal(draw.announced, _frozen(draw), seed_of(unit.connection, group.group_id), time_ms)
    put_document(unit.connection, group.group_id, record.revealed)
    return record


def early_ms(unit: Unit, group: Group, now_ms: int) -> int:
    """How long the published time of the draw is ahead; 0: it has come."""
    return max(0, _frozen(_draw(unit, group)).draw_time_ms - now_ms)


def tell_of_draw(unit: Unit, group: Group, record: Record, time_ms: int) -> None:
    """An event for everybody, a notice for each entrant."""
    winners = record.revealed.winners
    data = {"group_id": group.group_id, "winners": list(winners)}
    unit.outbox.add(events.DRAWN, group.group_id, group.activity_id, time_ms, data)
    for member in group.members:
        if member.order_id in record.frozen.entrants:
            won = member.order_id in winners
            told = {"caller": member.caller, "group_id": group.group_id, "order_id": member.order_id, "won": won}
            notify(unit, Notice(f"{events.DRAWN}/{member.order_id}", events.DRAWN, member.buyer, time_ms, told))


def _draw(unit: Unit, group: Group) -> Draw:
    draw = find_draw(unit.connection, group.group_id)
    if draw is None:
        raise LookupError(f"group {group.group_id} has no draw")
    return draw


def _frozen(draw: Draw) -> Frozen:
    if draw.frozen is None:
        raise LookupError(f"draw {draw.announced.draw_id} has no list of entrants yet")
    return draw.frozen
