"""The three steps of a draw on the engine's side; each yields the document to publish, and refuses what no verifier would accept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from typing import cast

from tuan.plugin import CheckedBlock, InvalidValue
from tuan_group_buy.draw.documents import Announcement, Frozen, Record, Revealed, check_name
from tuan_group_buy.draw.selection import draw_winners
from tuan_group_buy.steps import members_max

SEED_BYTES = 32
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a lottery's rule block states: `prizes` winners of `entrants_max`, `odds` of each, drawn `draw_after_ms` after completion."""

    prizes: int
    entrants_max: int
    odds: Fraction
    draw_after_ms: int

    @property
    def odds_ppm(self) -> int:
        """The odds in millionths, rounded down: what is published is never more than what is given."""
        return int(self.odds * _PPM)

    @classmethod
    def of(cls, block: CheckedBlock) -> Terms:
        """Those of a checked `group_buy` that is a lottery (`tuan_group_buy.lottery.is_lottery`)."""
        return cls(
            prizes=cast(int, block.values["prizes"]),
            entrants_max=members_max(block),
            odds=cast(Fraction, block.values["odds"]),
            draw_after_ms=cast(int, block.values["draw"]),
        )


def new_seed() -> bytes:
    """A seed that nobody can guess. Kept secret until the draw, for whoever knows it knows the winners."""
    return secrets.token_bytes(SEED_BYTES)


def announce(draw_id: str, terms: Terms, seed: bytes, now_ms: int) -> Announcement:
    """To be published before the first join: from here on neither the seed nor the terms can change unnoticed."""
    if len(seed) != SEED_BYTES:
        raise InvalidValue("seed", f"has {len(seed)} bytes instead of {SEED_BYTES}")
    if terms.prizes < 1 or terms.entrants_max < 1:
        raise InvalidValue("prizes", "a draw has at least one prize and one entrant")
    if not 0 < terms.odds <= min(Fraction(terms.prizes, terms.entrants_max), Fraction(1)):
        raise InvalidValue(
            "odds", f"{terms.prizes} prizes for {terms.entrants_max} entrants give no odds of {terms.odds}"
        )
    return Announcement(
        draw_id=check_name("draw_id", draw_id),
        prizes=terms.prizes,
        entrants_max=terms.entrants_max,
        odds_ppm=terms.odds_ppm,
        draw_after_ms=terms.draw_after_ms,
        announce_time_ms=now_ms,
        seed_commitment=sha256(seed).hexdigest(),
    )


def freeze(announced: Announcement, entrants: Iterable[str], now_ms: int) -> Frozen:
    """At completion. `entrants`: the members' pseudonyms in any order, each once.

    Raises InvalidValue for one given twice, for none or too many, and for a completion before the announcement.
    """
    listed = sorted(check_name("entrants", entrant) for entrant in entrants)
    twice = next((a for a, b in pairwise(listed) if a == b), None)
    if twice is not None:
        raise InvalidValue("entrants", f"{twice} is in it twice")
    if now_ms < announced.announce_time_ms:
        raise InvalidValue("complete_time_ms", f"{now_ms} is before the announcement, {announced.announce_time_ms}")
    if not 0 < len(listed) <= announced.entrants_max:
        raise InvalidValue("entrants", f"1 to {announced.entrants_max} were announced, and there are {len(listed)}")
    return Frozen(announced.digest(), tuple(listed), now_ms, now_ms + announced.draw_after_ms)


def reveal(announced: Announcement, frozen: Frozen, seed: bytes, now_ms: int) -> Record:
    """The whole draw, from its published time on: InvalidValue before it, or with another seed than was committed."""
    if now_ms < frozen.draw_time_ms:
        raise InvalidValue("draw_time_ms", f"{now_ms} is before the published time of the draw, {frozen.draw_time_ms}")
    if frozen.announcement != announced.digest():
        raise InvalidValue("frozen.announcement", "this list was frozen for another announcement")
    if sha256(seed).hexdigest() != announced.seed_commitment:
        raise InvalidValue("seed", "this is not the seed that was committed")
    frozen_hash = frozen.digest()
    winners = draw_winners(seed, bytes.fromhex(frozen_hash), frozen.entrants, announced.prizes)
    return Record(announced, frozen, Revealed(frozen_hash, seed.hex(), tuple(winners), now_ms))
