"""Errands: what a reaction has the engine do once its transaction is committed. Each is a job of its own: none waits for another,
each is repeated with back-off until it is done, and one that cannot be done is kept for an operator to see.

`key` names an errand for ever among those of its kind: asked for again, it is the same one.
"""

from __future__ import annotations

from dataclasses import asdict

from tuan.domain.payment import RefundCause
from tuan.plugin.notifier import Notice
from tuan.plugin.reward import Reward
from tuan.ports import Unit

#: Kinds of jobs; their handlers are the engine's.
REFUND_ORDER = "refund_order"
REBATE_ORDER = "rebate_order"
GRANT_REWARD = "grant_reward"
NOTIFY = "notify"


def refund_order(unit: Unit, key: str, order_id: str, cause: RefundCause, time_ms: int) -> None:
    """All that is left of a paid order goes back by the original route, and its goods to stock. Nothing where nothing is left."""
    unit.jobs.add(REFUND_ORDER, key, time_ms, {"order_id": order_id, "cause": cause.value})


def rebate_order(unit: Unit, key: str, order_id: str, amount_minor: int, time_ms: int) -> None:
    """A part of its price goes back to a buyer who keeps the goods. Later refunds of its units give back as much less."""
    unit.jobs.add(REBATE_ORDER, key, time_ms, {"order_id": order_id, "amount_minor": amount_minor})


def grant_reward(unit: Unit, kind: str, reward: Reward) -> None:
    """By the reward kind of that code, once per `reward_id`."""
    unit.jobs.add(GRANT_REWARD, f"{kind}/{reward.reward_id}", reward.time_ms, {"kind": kind, "reward": asdict(reward)})


def notify(unit: Unit, notice: Notice) -> None:
    """By every notifier that is installed, once per `notice_id`."""
    unit.jobs.add(NOTIFY, notice.notice_id, notice.time_ms, asdict(notice))
