"""What is to be done, by whom, and what happened: jobs, duties, events, alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tuan.domain.event import Event


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done once, retried with back-off until it is. (kind, key) is unique."""

    job_id: int
    kind: str
    key: str
    run_time_ms: int
    attempts: int = 0
    payload: dict[str, Any] = field(default_factory=dict)
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be added, unless its (kind, key) is there already, done or not."""

    kind: str
    key: str
    run_time_ms: int
    payload: Mapping[str, Any] = field(default_factory=dict)


class Jobs(Protocol):
    def add(self, kind: str, key: str, run_time_ms: int, payload: Mapping[str, Any] | None = None) -> None: ...
    def add_all(self, new: Sequence[NewJob]) -> None: ...
    def due(self, now_ms: int, count_max: int, kinds: Sequence[str] = (), without: Sequence[int] = ()) -> list[Job]:
        """The longest due first; of these kinds (empty: any), and not those with these ids."""

    def done(self, *job_ids: int) -> None: ...
    def finish(self, kind: str, key: str) -> None:
        """Done, by its name."""

    def failed(self, after: int, count_max: int) -> list[Job]:
        """Jobs that were given up, oldest first."""

    def get(self, job_id: int) -> Job | None: ...
    def retry_now(self, job_id: int, now_ms: int) -> Job | None:
        """Make a job that was given up due again."""

    def retry(self, job_id: int, run_time_ms: int, error: str) -> None: ...
    def give_up(self, job_id: int, error: str) -> None:
        """Keep it for an operator; it is not due again until retried by hand."""


class Outbox(Protocol):
    def add(self, kind: str, subject: str, activity_id: str, time_ms: int, data: Mapping[str, Any]) -> None: ...
    def after(self, event_id: int, count_max: int, kinds: Sequence[str] = (), activity_id: str = "") -> list[Event]: ...
    def last(self) -> int:
        """The id of the newest event; 0 when there is none."""

    def cursor(self, consumer: str) -> int: ...
    def advance(self, consumer: str, event_id: int) -> bool:
        """Forward only; False when the consumer is there already. Nobody else moves it until this transaction ends."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that an operator should look at: a sequence gap, a poison intent."""

    alarm_id: int
    kind: str
    subject: str
    message: str
    time_ms: int


class Alarms(Protocol):
    def add(self, kind: str, subject: str, message: str, time_ms: int) -> None: ...
    def newest(self, before: int, count_max: int) -> list[Alarm]:
        """Newest first; those with an id below `before` (0: all)."""


class Duties(Protocol):
    """Work that one process does for all, by leases: clocks decide who has them, so whatever is done must bear being done twice."""

    def take(self, duty: str, owner: str, now_ms: int, expire_time_ms: int) -> bool:
        """Renew what this owner has, or take what nobody has (any more); False while another one has it.

        `owner` must be new for every process.
        """

    def give_up(self, duty: str, owner: str) -> None:
        """The next owner may begin at once; nothing happens where this one has lost it."""
