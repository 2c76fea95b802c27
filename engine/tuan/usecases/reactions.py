"""One reaction of a plugin inside a SQL transaction, contained: it runs in a thread of its own while the writer waits.

The writer cannot be interrupted, but it can stop waiting: when the deadline passes, the plugin's access to the transaction is
revoked, the transaction is rolled back, and a thread that hangs has nothing left in its hands.
"""

from __future__ import annotations

import threading
from typing import Any

from tuan.domain.event import Event
from tuan.plugin import PromotionType
from tuan.ports import Unit


class ReactionFault(Exception):
    """The plugin raised or overstayed; the transaction is rolled back."""


class _Lent:
    """Passes attribute access on until it is revoked; what it hands out is lent the same way."""

    def __init__(self, target: Any, revoked: threading.Event) -> None:
        self._lent_target = target
        self._lent_revoked = revoked

    def __getattr__(self, name: str) -> Any:
        if self._lent_revoked.is_set():
            raise ReactionFault("the transaction was taken back after the deadline")
        value = getattr(self._lent_target, name)
        if callable(value):
            return self._lent_call(value)
        return value if isinstance(value, str | int | bytes | None) else _Lent(value, self._lent_revoked)

    def _lent_call(self, function: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if self._lent_revoked.is_set():
                raise ReactionFault("the transaction was taken back after the deadline")
            return function(*arguments, **named)

        return call


def react_contained(promotion: PromotionType, event: Event, unit: Unit, consumer: str) -> None:
    """Advance the consumer's cursor and run the reaction. Raises ReactionFault; nothing is committed then.

    The cursor comes first: another engine that has the same event in hand waits for it, and then finds it done.
    """
    if not unit.outbox.advance(consumer, event.event_id):
        return
    revoked = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            promotion.react(event, _Lent(unit, revoked))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, name=f"tuan-react-{promotion.code}", daemon=True)
    thread.start()
    thread.join(promotion.deadline_ms / 1_000)
    if thread.is_alive():
        revoked.set()
        raise ReactionFault(f"no answer within {promotion.deadline_ms} ms to {event.kind} {event.event_id}")
    if failures:
        raise ReactionFault(f"raised {failures[0]!r}") from failures[0]
