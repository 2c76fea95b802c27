"""What a campaign found, in figures; all 0 when the engine kept its word."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

#: oversold    units that were sold or held beyond those that there are
#: over_limit  units of a buyer, device or address beyond its limit
#: stranded    units, or entitlements, that nobody has and nobody can get
#: lost        acknowledged orders, payments or refunds of which the record knows nothing
#: wrong       answers that contradict the record: another price, another content, a repeat taken for a new request
#: duplicated  requests or payments that had their effect twice
#: unbalanced  minor units by which the ledger and the payment channel's own books differ, and entries that do not sum to zero
FIGURES = ("oversold", "over_limit", "stranded", "lost", "wrong", "duplicated", "unbalanced")
FINDINGS_MAX = 40


@dataclass(slots=True)
class Verdict:
    """Figures and, for the first findings, a sentence each."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def add(self, figure: str, count: int, what: str) -> None:
        """Nothing is added for a count of 0 or less."""
        assert figure in FIGURES, figure
        if count > 0:
            self.counts[figure] += count
            if len(self.findings) < FINDINGS_MAX:
                self.findings.append(f"{figure} {count}: {what}")

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)
        self.findings += other.findings[: FINDINGS_MAX - len(self.findings)]

    @property
    def clean(self) -> bool:
        return not any(self.counts.values())

    def figures(self) -> dict[str, int]:
        return {figure: self.counts[figure] for figure in FIGURES}

    def summary(self) -> str:
        """`audit: oversold=0 ...`, and the findings below it."""
        line = "audit: " + " ".join(f"{figure}={self.counts[figure]}" for figure in FIGURES)
        return "\n  ".join([line, *self.findings])

    def to_json(self) -> str:
        return json.dumps([dict(self.counts), self.findings])

    @classmethod
    def from_json(cls, text: str) -> Self:
        counts, findings = json.loads(text)
        return cls(Counter(counts), findings)
