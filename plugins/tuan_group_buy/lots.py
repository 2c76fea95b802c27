"""Where the draw of a lottery group meets its life: announced as the group opens, frozen as it completes, revealed at the published time.

Entrants are named by their orders: each member knows their own, and nobody else's name is told.
"""

from __future__ import annotations

from fractions import Fraction

from tuan.plugin import Unit
from tuan_group_buy.draw.canonical import canonical, parse
from tuan_group_buy.draw.documents import Announcement, Document, Frozen
from tuan_group_buy.draw.stages import Terms, announce, freeze, new_seed, reveal
from tuan_group_buy.group import Group
from tuan_group_buy.offer import Offer
from tuan_group_buy.tables import Draw, find_draw, put_draw


def announce_draw(unit: Unit, group: Group, offer: Offer, time_ms: int) -> None:
    """Before anybody can join: from here on neither seed nor terms can change unnoticed. Once per group."""
    if find_draw(unit.connection, group.group_id) is None:
        terms = Terms(offer.prizes, offer.seats, Fraction(*offer.odds), offer.draw_after_ms)
        seed = new_seed()
        announced = announce(group.group_id, terms, seed, time_ms)
        put_draw(unit.connection, Draw(group.group_id, seed.hex(), _text(announced)))


def freeze_draw(unit: Unit, group: Group) -> int:
    """The members as the group completes; when they are drawn."""
    draw = _draw(unit, group)
    announced = Announcement.from_json(parse(draw.announced.encode()))
    frozen = freeze(announced, [member.order_id for member in group.present()], group.end_time_ms)
    put_draw(unit.connection, Draw(draw.group_id, draw.seed, draw.announced, _text(frozen)))
    return frozen.draw_time_ms


def reveal_draw(unit: Unit, group: Group, time_ms: int) -> frozenset[str]:
    """The orders that win. Whoever asks again hears the same."""
    draw = _draw(unit, group)
    announced, frozen = (
        Announcement.from_json(parse(draw.announced.encode())),
        Frozen.from_json(parse(draw.frozen.encode())),
    )
    record = reveal(announced, frozen, bytes.fromhex(draw.seed), max(time_ms, frozen.draw_time_ms))
    put_draw(unit.connection, Draw(draw.group_id, draw.seed, draw.announced, draw.frozen, record.to_bytes().decode()))
    return frozenset(record.revealed.winners)


def _text(document: Document) -> str:
    return canonical(document.as_json()).decode()


def _draw(unit: Unit, group: Group) -> Draw:
    draw = find_draw(unit.connection, group.group_id)
    if draw is None:
        raise LookupError(f"group {group.group_id} has no draw")
    return draw
