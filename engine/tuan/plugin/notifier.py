"""Notifiers: carry a notice to a person, by whatever channel they implement."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tuan.plugin.base import FaultPolicy, Plugin


@dataclass(frozen=True, slots=True)
class Notice:
    """`notice_id` is unique: delivery is at least once, so a notifier that must not repeat itself remembers it.

    `kind` such as `restock`; `recipient` a buyer's pseudonym; `data` what the text needs.
    """

    notice_id: str
    kind: str
    recipient: str
    time_ms: int
    data: dict[str, Any] = field(default_factory=dict)


class Notifier(Plugin):
    """A failing notifier is retried with back-off and never holds up anything else."""

    fault_policy: ClassVar[FaultPolicy] = FaultPolicy.FAIL_OPEN
    deadline_ms: ClassVar[int] = 5_000

    @abstractmethod
    def notify(self, notice: Notice) -> None:
        """Deliver, or raise to be asked again."""
