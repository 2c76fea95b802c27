"""Risk checkers: one family of suspicion each; the engine combines their verdicts and takes the strictest."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from msgspec import Struct

from tuan.plugin.base import Plugin
from tuan.plugin.promotion import Attempt


class VerdictKind(IntEnum):
    """In order of strictness."""

    ALLOW = 0
    CHALLENGE = 1
    REVIEW = 2
    DENY = 3


class Verdict(Struct, frozen=True, gc=False):
    """`code` is stable (`R-101`), `explanation` is what support staff reads."""

    kind: VerdictKind
    code: str = ""
    explanation: str = ""


ALLOW = Verdict(VerdictKind.ALLOW)


class RiskChecker(Plugin):
    """Judges attempts, a batch at a time. `fault_policy` says what its own failure means."""

    def assess(self, attempts: Sequence[Attempt]) -> Sequence[Verdict]:
        """One verdict per attempt, in order."""
        return [ALLOW] * len(attempts)
