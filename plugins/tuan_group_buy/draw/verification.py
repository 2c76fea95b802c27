"""Checks a published draw from its record alone, and against what the verifier kept from before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import pairwise

from tuan.plugin import InvalidValue
from tuan_group_buy.draw.documents import Record
from tuan_group_buy.draw.selection import draw_winners


def verify(text: bytes, kept: Iterable[str] = ()) -> list[str]:
    """All that is wrong with a draw, in words; empty: it is as it was announced.

    `kept`: hashes of announcements and lists that were published earlier. Without any, a record that was made up as a whole afterwards
    passes: a commitment binds only towards those who have kept it.
    """
    try:
        record = Record.from_bytes(text)
    except InvalidValue as error:
        return [str(error)]
    return [
        *_terms(record),
        *_entrants(record),
        *_links(record),
        *_times(record),
        *_drawn(record),
        *_as_kept(record, kept),
    ]


def _terms(record: Record) -> Iterator[str]:
    announced = record.announced
    if announced.prizes < 1:
        yield "announced.prizes: there is no prize"
    if announced.odds_ppm > 1_000_000 or announced.odds_ppm * announced.entrants_max > announced.prizes * 1_000_000:
        yield f"announced.odds_ppm: {announced.prizes} prizes for {announced.entrants_max} entrants give less"


def _entrants(record: Record) -> Iterator[str]:
    entrants = record.frozen.entrants
    if not 0 < len(entrants) <= record.announced.entrants_max:
        yield f"frozen.entrants: {len(entrants)}, and 1 to {record.announced.entrants_max} were announced"
    if any(a >= b for a, b in pairwise(entrants)):
        yield "frozen.entrants: not in ascending order, or somebody is in it twice"


def _links(record: Record) -> Iterator[str]:
    if record.frozen.announcement != record.announced.digest():
        yield "frozen.announcement: the announcement was changed after the list was frozen"
    if record.revealed.frozen != record.frozen.digest():
        yield "revealed.frozen: the list of entrants was changed after it was frozen"
    if sha256(bytes.fromhex(record.revealed.seed)).hexdigest() != record.announced.seed_commitment:
        yield "revealed.seed: not the seed that was committed"


def _times(record: Record) -> Iterator[str]:
    announced, frozen, revealed = record.announced, record.frozen, record.revealed
    if frozen.complete_time_ms < announced.announce_time_ms:
        yield "frozen.complete_time_ms: complete before it was announced"
    if frozen.draw_time_ms != frozen.complete_time_ms + announced.draw_after_ms:
        yield "frozen.draw_time_ms: not the time that was announced"
    if revealed.reveal_time_ms < frozen.draw_time_ms:
        yield "revealed.reveal_time_ms: drawn before the published time"


def _drawn(record: Record) -> Iterator[str]:
    frozen, seed = record.frozen, bytes.fromhex(record.revealed.seed)
    winners = draw_winners(seed, bytes.fromhex(frozen.digest()), frozen.entrants, record.announced.prizes)
    if list(record.revealed.winners) != winners:
        yield f"revealed.winners: the seed draws {', '.join(winners) or 'nobody'}"


def _as_kept(record: Record, kept: Iterable[str]) -> Iterator[str]:
    hashes = (record.announced.digest(), record.frozen.digest())
    for given in kept:
        if given.strip().lower() not in hashes:
            yield f"kept {given}: neither the announcement nor the list of this draw; it is another draw, or it was changed"
