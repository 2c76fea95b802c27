"""Jobs of a plugin's own, and what it has the engine do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import pytest

from tuan.plugin import (
    Job,
    Notice,
    PromotionType,
    RefundCause,
    Reward,
    grant_reward,
    notify,
    rebate_order,
    refund_order,
)
from tuan.registry import PluginRefused, Registry
from tuan.testing import FakeUnit


class Gardener(PromotionType):
    code = "gardener"
    kind = "gardener.water"

    def jobs(self) -> Mapping[str, Callable[[Job], Awaitable[None]]]:
        async def water(job: Job) -> None:
            """Nothing grows here."""

        return {self.kind: water}


@pytest.mark.parametrize("kind", ["water", "refund", "gardener", "gardeners.water"])
def test_jobs_carry_the_name_of_their_plugin(kind: str) -> None:
    """Goal: no plugin takes over a job of the engine's or of another's. Method: kinds with other names are refused at the start."""
    plugin = Gardener()
    assert list(Registry([plugin]).jobs()) == ["gardener.water"]
    plugin.kind = kind
    with pytest.raises(PluginRefused, match="gardener"):
        Registry([plugin]).jobs()


def test_errands_are_jobs_each_under_its_own_key() -> None:
    """Goal: what follows is independent and done once. Method: one of each kind, as the jobs table gets them."""
    unit = FakeUnit()
    refund_order(unit, "k1", "o1", RefundCause.GROUP_FAILED, 5)  # type: ignore[arg-type]
    rebate_order(unit, "k2", "o1", 400, 5)  # type: ignore[arg-type]
    grant_reward(unit, "wallet", Reward("r1", "b1", "leader", 5, {"amount_minor": 200}))  # type: ignore[arg-type]
    notify(unit, Notice("n1", "group", "b1", 5))  # type: ignore[arg-type]
    assert [job[:3] for job in unit.jobs.added] == [
        ("refund_order", "k1", 5),
        ("rebate_order", "k2", 5),
        ("grant_reward", "wallet/r1", 5),
        ("notify", "n1", 5),
    ]
    assert unit.jobs.added[0][3] == {"order_id": "o1", "cause": "group_failed"}
