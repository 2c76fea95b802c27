"""Share codes: what a group is called when it is passed on, in a message or by word of mouth."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b

#: 60 bits: among a million groups two have one code with a chance of one in two millions.
CHARACTERS = 12


def share_code(group_id: str) -> str:
    """Twelve characters of A-Z and 2-7, the same for ever."""
    return b32encode(blake2b(group_id.encode(), digest_size=8).digest()).decode()[:CHARACTERS]


def read_share_code(text: str) -> str:
    """As it is kept: whoever types it may use small letters, blanks and hyphens."""
    return text.replace(" ", "").replace("-", "").upper()
