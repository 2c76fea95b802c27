"""What rulesets are called that price together: orders name them by one hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

#: Between a ruleset and one rule of it, where a set has no more of it than that.
RULE_MARK = "#"


def set_hash_of(hashes: Sequence[str]) -> str:
    """The name of rulesets that price together; empty for none."""
    if not hashes:
        return ""
    if len(hashes) == 1 and RULE_MARK not in hashes[0]:
        return hashes[0]
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
