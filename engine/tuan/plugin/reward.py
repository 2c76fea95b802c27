"""Reward kinds: what a promotion can give to a person (cash to a wallet, points, a coupon, a gift)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tuan.plugin.base import Plugin
from tuan.ports import Unit
from tuan_rules import Action


@dataclass(frozen=True, slots=True)
class Reward:
    """`reward_id` is unique for ever: granting it again has no effect. `value` is the kind's own data."""

    reward_id: str
    recipient: str
    reason: str
    time_ms: int
    value: dict[str, Any] = field(default_factory=dict)


class RewardKind(Plugin):
    """Grants and revokes inside the caller's SQL transaction, so that a reward and its cause are committed together."""

    def actions(self) -> Sequence[Action]:
        """How rule files name what it gives: `raffle_ticket(3)`, in fields of type `ACTIONS(..., rewards=True)`."""
        return ()

    @abstractmethod
    def grant(self, reward: Reward, unit: Unit) -> None:
        """Give the reward, or do nothing where its id was granted before."""

    @abstractmethod
    def revoke(self, reward: Reward, unit: Unit) -> None:
        """Take back what was granted under its id, as far as there is something left to take."""
