"""Events: what happened, as the outbox delivers it (at least once, per order in sequence) to reactions, notifiers and streams."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Event(Struct, frozen=True, gc=False):
    """`event_id` rises in the order of commit; `kind` is `subject.past_tense` such as `order.paid`; `data` is JSON-able.

    No personal data: ids and pseudonyms only.
    """

    event_id: int
    kind: str
    subject: str
    activity_id: str
    time_ms: int
    data: dict[str, Any] = {}
