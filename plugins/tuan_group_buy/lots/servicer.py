"""Draws as GroupBuyService shows them."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from tuan_api.v1 import group_buy_pb2 as pb
from tuan_group_buy.draw import Announcement, Terms
from tuan_group_buy.draw.documents import FORMAT
from tuan_group_buy.lots.tables import Draw, shown


def odds(terms: Terms | Announcement) -> pb.OddsDisclosure:
    """What is told before anybody joins."""
    delay = Duration()
    delay.FromMilliseconds(terms.draw_after_ms)
    return pb.OddsDisclosure(
        prizes=terms.prizes,
        entrants_max=terms.entrants_max,
        odds_ppm=terms.odds_ppm,
        draw_delay=delay,
        method=FORMAT,
    )


def draw_message(draw: Draw) -> pb.GetDrawResponse:
    """As far as it has come: what is not published yet is not in a `Draw`."""
    message = pb.GetDrawResponse(
        announcement=shown(draw.announced),
        announcement_hash=draw.announced.digest(),
        odds=odds(draw.announced),
    )
    if draw.frozen is not None:
        message.entrants = shown(draw.frozen)
        message.entrants_hash = draw.frozen.digest()
        message.draw_time.FromMilliseconds(draw.frozen.draw_time_ms)
    if draw.record is not None:
        message.record = draw.record.to_bytes().decode()
        message.winner_order_ids.extend(draw.record.revealed.winners)
    return message
