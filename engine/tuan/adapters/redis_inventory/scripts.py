"""The Lua verbs, each with the prelude and the library before it, as Redis is given them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tuan.adapters.redis_inventory.keys import ShardKeys
from tuan.domain.claim import Code, ReservationState

LUA = files("tuan.adapters.redis_inventory") / "lua"

#: The library in the order of its dependencies; Lua knows a local function only below its definition.
LIBRARY = (
    "hashes",
    "records",
    "answers",
    "shard",
    "capacities",
    "limits",
    "counters",
    "reservations",
    "applied",
    "intents",
    "granted",
    "requests",
)

#: How reservation states travel and are stored.
STATES = (ReservationState.PENDING, ReservationState.CONFIRMED, ReservationState.RELEASED, ReservationState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Script:
    """`sha`: what EVALSHA calls it (SHA-1 of the source, hex)."""

    source: bytes
    sha: str


@cache
def script(verb: str) -> Script:
    """The script of `lua/<verb>.lua`."""
    parts = [_prelude(), *(_text(f"lib/{name}.lua") for name in LIBRARY), _text(f"{verb}.lua")]
    source = "\n".join(parts).encode()
    return Script(source, hashlib.sha1(source, usedforsecurity=False).hexdigest())


def _text(path: str) -> str:
    return (LUA / path).read_text(encoding="utf-8")


def _prelude() -> str:
    """Codes, states and key names from their Python definitions, so that the two languages cannot disagree."""
    codes = ", ".join(f"{code.name} = {code.value}" for code in Code)
    states = ", ".join(f"{state.name} = {number}" for number, state in enumerate(STATES))
    keys = ", ".join(f"{name} = KEYS[{number}]" for number, name in enumerate(ShardKeys._fields, 1))
    return f"local Code = {{ {codes} }}\nlocal State = {{ {states} }}\nlocal Key = {{ {keys} }}\n"
