"""Who wins: unbiased, and the same for everybody who has seed and list.

1. Stream: block i is HMAC-SHA256 with the 32 bytes of the seed as its key. Its message is `tuan-draw/1` in ASCII, the 32 bytes of the
   frozen document's hash, and i as 8 bytes, big-endian; i = 0, 1, 2 ... Each block gives four words of 8 bytes, big-endian, from its start.
2. A number below n: take the next word. If it is at least the largest multiple of n that is not above 2**64, drop it and take the next;
   else it is the word's remainder by n.
3. Partial Fisher-Yates over the entrants in their published order: for i = 0 .. winners - 1 swap entrant i with entrant i + (a number
   below entrants - i). The first so many have won, in this order. With as many prizes as entrants everybody wins.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterator, Sequence

_DOMAIN = b"tuan-draw/1"
_WORD_END = 2**64
_FOUR_WORDS = struct.Struct(">4Q")


def draw_winners(seed: bytes, frozen_hash: bytes, entrants: Sequence[str], prizes: int) -> list[str]:
    """The winners in the order drawn; at most as many as there are entrants."""
    words = _words(seed, frozen_hash)
    drawn = list(entrants)
    winners = min(prizes, len(drawn))
    for i in range(winners):
        j = i + below(len(drawn) - i, words)
        drawn[i], drawn[j] = drawn[j], drawn[i]
    return drawn[:winners]


def below(n: int, words: Iterator[int]) -> int:
    """A number from 0 to n - 1, each as likely: 2**64 is no multiple of most n, and the words above the last multiple would favour some."""
    end = _WORD_END - _WORD_END % n
    return next(word for word in words if word < end) % n


def _words(seed: bytes, frozen_hash: bytes) -> Iterator[int]:
    block = 0
    while True:
        message = _DOMAIN + frozen_hash + block.to_bytes(8, "big")
        yield from _FOUR_WORDS.unpack(hmac.digest(seed, message, "sha256"))
        block += 1
