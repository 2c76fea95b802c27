"""The work itself: what an app's script does, and how little it takes to check. `docs/plugins.md` states it for other languages.

The prompt is `sha256:<bits>:<token>`. An answer is the decimal text of a whole number n for which SHA-256 of the ASCII text
token + n begins with `bits` zero bits. On average 2^bits tries find one: 18 bits take a phone a quarter of a second.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count

#: Longest answer that is looked at: 2^63 has 19 digits.
ANSWER_CHARACTERS_MAX = 19


def prompt_of(token: str, bits: int) -> str:
    """What the app is given to solve."""
    return f"sha256:{bits}:{token}"


def solve(prompt: str) -> str:
    """The smallest answer. Raises ValueError for a prompt of another form."""
    name, bits, token = prompt.split(":", 2)
    if name != "sha256":
        raise ValueError(f"{name} is not a challenge that is known here")
    return next(str(number) for number in count() if is_solved(token, str(number), int(bits)))


def is_solved(token: str, answer: str, bits: int) -> bool:
    """One hash, whatever the difficulty."""
    if not (answer.isascii() and answer.isdecimal() and len(answer) <= ANSWER_CHARACTERS_MAX):
        return False
    return int.from_bytes(sha256((token + answer).encode()).digest()) >> (256 - bits) == 0
