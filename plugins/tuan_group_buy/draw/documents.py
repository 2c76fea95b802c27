"""The three documents of a draw, as they are published: announced before the first join, frozen at completion, revealed after the draw.

Each names the hash of the one before, so that whoever has kept one hash can tell whether anything up to it was changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import ClassVar, Self

from tuan.plugin import InvalidValue
from tuan_group_buy.draw.canonical import canonical, digest, parse

#: The format and the method in one: another way to draw has another name.
FORMAT = "tuan-draw/1"
#: Texts in documents: ids and pseudonyms. No spaces, quotes or letters with a double.
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_HASH = re.compile(r"[0-9a-f]{64}")
#: Far above any group, and little enough to check at once.
_MEMBERS_MAX = 100_000


@dataclass(frozen=True)
class Document:
    """A published document: its fields are those of its JSON, no more and no fewer."""

    stage: ClassVar[str]

    def as_json(self) -> dict[str, object]:
        """The document with its format and stage."""
        return {"format": FORMAT, "stage": self.stage, **asdict(self)}

    def digest(self) -> str:
        """What later documents name it by, and what a customer may keep."""
        return digest(self.as_json())

    @classmethod
    def from_json(cls, given: object) -> Self:
        """Reads a document of this stage. Raises InvalidValue, naming the field, for anything else."""
        if not isinstance(given, Mapping):
            raise InvalidValue(cls.stage, "is not a document")
        names = [field.name for field in fields(cls)]
        for name in ("format", "stage", *names):
            if name not in given:
                raise InvalidValue(f"{cls.stage}.{name}", "is missing")
        for name in given:
            if name not in ("format", "stage", *names):
                raise InvalidValue(f"{cls.stage}.{str(name)[:100]}", "is no field of this document")
        if (given["format"], given["stage"]) != (FORMAT, cls.stage):
            raise InvalidValue(f"{cls.stage}.format", f"is not {FORMAT}, {cls.stage}")
        return cls(**{name: _value(cls.stage, name, given[name]) for name in names})


@dataclass(frozen=True)
class Announcement(Document):
    """What is known before anybody joins. `prizes` of at most `entrants_max` members win, drawn `draw_after_ms` after completion.

    `odds_ppm` is the published chance of each member in millionths, never more than what the prizes give. `seed_commitment` is the
    SHA-256 of the seed.
    """

    stage: ClassVar[str] = "announced"
    draw_id: str
    prizes: int
    entrants_max: int
    odds_ppm: int
    draw_after_ms: int
    announce_time_ms: int
    seed_commitment: str


@dataclass(frozen=True)
class Frozen(Document):
    """Who takes part, fixed at completion: pseudonyms in ascending order of their bytes, each once. `announcement` is its hash."""

    stage: ClassVar[str] = "frozen"
    announcement: str
    entrants: tuple[str, ...]
    complete_time_ms: int
    draw_time_ms: int


@dataclass(frozen=True)
class Revealed(Document):
    """The seed, and whom it makes win, in the order in which they were drawn. `frozen` is the hash of the list of entrants."""

    stage: ClassVar[str] = "revealed"
    frozen: str
    seed: str
    winners: tuple[str, ...]
    reveal_time_ms: int


@dataclass(frozen=True)
class Record:
    """A whole draw: all that is needed to draw again."""

    announced: Announcement
    frozen: Frozen
    revealed: Revealed

    def to_bytes(self) -> bytes:
        """The file to publish: canonical JSON."""
        stages: tuple[Document, ...] = (self.announced, self.frozen, self.revealed)
        return canonical({document.stage: document.as_json() for document in stages})

    @classmethod
    def from_bytes(cls, text: bytes) -> Record:
        """Reads a published file. Raises InvalidValue for one that is no record."""
        given = parse(text)
        stages = ("announced", "frozen", "revealed")
        if not isinstance(given, dict) or sorted(given) != sorted(stages):
            raise InvalidValue("record", f"has the documents {', '.join(stages)}, and nothing else")
        return cls(
            Announcement.from_json(given["announced"]),
            Frozen.from_json(given["frozen"]),
            Revealed.from_json(given["revealed"]),
        )


_HASHES = ("seed_commitment", "announcement", "frozen", "seed")
_LISTS = ("entrants", "winners")


def _value(stage: str, name: str, given: object) -> object:
    path = f"{stage}.{name}"
    if name in _LISTS:
        if not isinstance(given, list) or len(given) > _MEMBERS_MAX:
            raise InvalidValue(path, f"is not a list of at most {_MEMBERS_MAX} pseudonyms")
        return tuple(check_name(path, item) for item in given)
    if name in _HASHES:
        if not isinstance(given, str) or not _HASH.fullmatch(given):
            raise InvalidValue(path, "is not 64 lower-case hex digits")
        return given
    if name == "draw_id":
        return check_name(path, given)
    # bool is an int to Python, and `true` is none in a document.
    if type(given) is not int or given < 0:
        raise InvalidValue(path, "is not an integer from 0")
    return given


def check_name(path: str, given: object) -> str:
    """An id or a pseudonym as documents may hold it. Raises InvalidValue."""
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise InvalidValue(path, "is not 1 to 128 of the characters A-Z a-z 0-9 . _ : -")
    return given
