"""Challenges: something that is cheap for a person and dear for a farm of machines (arithmetic, proof of work, a picture)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from tuan.plugin.base import Plugin


@dataclass(frozen=True, slots=True)
class Puzzle:
    """`token` carries the signed state back to `verify`, so that the server keeps none; `prompt` is what the client shows or solves."""

    token: str
    prompt: str
    expire_time_ms: int


class Challenge(Plugin):
    """Bound to a subject (buyer and device) and a purpose (an activity); an answer for one is worthless for another."""

    @abstractmethod
    def issue(self, subject: str, purpose: str, now_ms: int) -> Puzzle:
        """A new puzzle, to be solved within the time that it names."""

    @abstractmethod
    def verify(self, subject: str, purpose: str, token: str, answer: str, now_ms: int) -> bool:
        """True when the answer solves the puzzle that the token stands for, in time, for this subject and purpose."""
