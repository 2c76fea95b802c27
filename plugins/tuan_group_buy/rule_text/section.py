"""What the text is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SectionKind(StrEnum):
    """What a section is about, in the order in which buyers read them."""

    CONDITIONS = "conditions"
    VALIDITY = "validity"
    REFUND = "refund"
    ODDS = "odds"
    LIMITS = "limits"
    REWARDS = "rewards"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences, each whole."""

    kind: SectionKind
    title: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"- {sentence}" for sentence in self.sentences)])
