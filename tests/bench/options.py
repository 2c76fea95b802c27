"""What `make bench ARGS="..."` may say, and what it says when that is no option."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

#: A sentence for whoever misspells: every option with its form.
FORMS = "OUT=FILE, SECONDS=N, REPEAT=N, RULES=N, LONG=1, ENGINE=setting=value,... or ONLY=PART,..."


class BadOption(Exception):
    """Its text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Options:
    """`only`: names of parts; none: all. `seconds`: of each measurement. `engine`: settings of every engine, by TUAN_ name."""

    out: Path | None = None
    seconds: float = 10.0
    repeat: int = 3
    rules: int = 10_000
    long: bool = False
    only: tuple[str, ...] = ()
    engine: dict[str, str] = field(default_factory=dict)


def parse(arguments: list[str], parts: list[str]) -> Options:
    """Of arguments such as `SECONDS=5`. Raises BadOption."""
    told = dict.fromkeys(("OUT", "SECONDS", "REPEAT", "RULES", "LONG", "ONLY", "ENGINE"), "")
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in told:
            raise BadOption(f"{argument!r} is no option; write {FORMS}")
        told[name] = value
    only = tuple(name for name in told["ONLY"].split(",") if name)
    for name in only:
        if name not in parts:
            raise BadOption(f"there is no part {name!r}; write ONLY={' or ONLY='.join(parts)}, or several with commas")
    long = told["LONG"] not in ("", "0")
    engine = dict(pair.partition("=")[::2] for pair in told["ENGINE"].split(",") if pair)
    try:
        return Options(
            Path(told["OUT"]) if told["OUT"] else None,
            float(told["SECONDS"] or (60 if long else 10)),
            int(told["REPEAT"] or (5 if long else 3)),
            int(told["RULES"] or 10_000),
            long,
            only,
            engine,
        )
    except ValueError as error:
        raise BadOption(f"{error}; write {FORMS}") from None
