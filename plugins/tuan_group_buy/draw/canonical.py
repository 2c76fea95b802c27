"""Documents to bytes and back, so that everybody hashes the same bytes.

Canonical JSON, the part of RFC 8785 that these documents need: UTF-8, keys in ascending order, no white space, integers below 2**53 and no
other numbers. Texts that are hashed are printable ASCII without quotes, so that no escape has two spellings.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import NoReturn

from tuan.plugin import InvalidValue

#: JavaScript and Lua hold no larger integer exactly.
INTEGER_END = 2**53


def canonical(document: Mapping[str, object]) -> bytes:
    """The bytes that are published and hashed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(document: Mapping[str, object]) -> str:
    """SHA-256 of the canonical bytes, 64 lower-case hex digits."""
    return sha256(canonical(document)).hexdigest()


def parse(text: bytes) -> object:
    """What a JSON text says. Raises InvalidValue where two readers could read two things: fractions, huge integers, keys given twice."""
    try:
        return json.loads(
            text.decode(),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_fraction,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidValue("record", f"is not JSON: {error}") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise InvalidValue(twice[:100], "is given twice")
    return found


def _integer(text: str) -> int:
    # The length first: a million digits would take Python a while, or make it refuse.
    if len(text) > 17 or not -INTEGER_END < int(text) < INTEGER_END:
        raise InvalidValue("record", f"{text[:20]} is no integer below 2^53")
    return int(text)


def _fraction(text: str) -> NoReturn:
    raise InvalidValue("record", f"{text[:20]} is not an integer")
