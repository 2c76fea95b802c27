"""Which of the known words was probably meant by an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from heapq import nlargest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuan_rules.naming.tables import Table

#: A matcher takes time by the square of the length, and up to 1 ms for words of 100 characters.
_LENGTH_MAX = 40
#: So many candidates are compared letter by letter; they are those that share the most pairs of letters with the word. 300 unknown
#: names beside 300 definitions of their length, all of `ab`, took 84 s when each was compared with each.
_COMPARED_MAX = 6
#: Of the two characters of a Chinese word one is wrong.
_CUTOFF, _CUTOFF_OF_SHORT_WORDS = 0.6, 0.5


def closest(word: str, candidates: Iterable[str], also: Table | Iterable[str] = ()) -> str | None:
    """The candidate that was probably meant; None when none is near. `also`: other names of candidates, meant by words in other scripts."""
    known = tuple(candidates)
    if not word.isascii():
        known += tuple(also) if isinstance(also, Iterable) else also.names_of(known)
    return _closest(word[: 2 * _LENGTH_MAX], known)


@lru_cache(maxsize=64)
def _closest(word: str, candidates: tuple[str, ...]) -> str | None:
    cutoff = _CUTOFF if word.isascii() else _CUTOFF_OF_SHORT_WORDS
    word = word[:_LENGTH_MAX].lower()
    own = _letters(word)
    # Sorted before, since the first of equals is taken: never the one that a set happened to yield first.
    alike = nlargest(_COMPARED_MAX, sorted({*candidates}), key=lambda known: _alike(own, _letters(known)))
    found = difflib.get_close_matches(word, alike, n=1, cutoff=cutoff)
    return found[0] if found else None


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one) + len(other) or 1)


@lru_cache(maxsize=8_192)
def _letters(word: str) -> frozenset[str]:
    """The letters of a word and the pairs of them that follow each other."""
    word = word[:_LENGTH_MAX]
    return frozenset((*word, *(word[at : at + 2] for at in range(len(word) - 1))))
