"""One reaction of a plugin inside a SQL transaction, contained: it runs in a thread of its own while the writer waits.

The writer cannot be interrupted, but it can stop waiting: when the deadline passes, the plugin's access to the transaction is
revoked, the transaction is rolled back, and a thread that hangs has nothing left in its hands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from tuan.domain.event import Event
from tuan.plugin import Plugin, PromotionType
from tuan.ports import Unit

T = TypeVar("T")


class ReactionFault(Exception):
    """The plugin raised or overstayed; the transaction is rolled back."""


def consumer_of(promotion: PromotionType) -> str:
    """The name of a promotion's cursor in the outbox."""
    return f"react:{promotion.code}"


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
    run_lent(promotion, unit, lambda lent: promotion.react(event, lent), f"{event.kind} {event.event_id}")


def run_lent(plugin: Plugin, unit: Unit, work: Callable[[Unit], T], what: str) -> T:
    """Work of a plugin with a transaction that is taken back at its deadline. Raises ReactionFault."""
    revoked = threading.Event()
    answers: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work(cast(Unit, _Lent(unit, revoked))))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name=f"tuan-react-{plugin.code}", daemon=True)
    thread.start()
    thread.join(plugin.deadline_ms / 1_000)
    if thread.is_alive():
        revoked.set()
        raise ReactionFault(f"no answer within {plugin.deadline_ms} ms to {what}")
    if failures:
        raise ReactionFault(f"raised {failures[0]!r}") from failures[0]
    return answers[0]
