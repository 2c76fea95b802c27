"""Points as a reward, given inside the transaction of its cause."""

from __future__ import annotations

from tuan.plugin import Host, InvalidValue, Reward, RewardKind, Unit
from tuan_points import book
from tuan_points.program import program_of


class PointsReward(RewardKind):
    """`value`: `caller` (whose pseudonym the recipient is), `points`, and `program_id` (left out: the first in force)."""

    code = "points"

    def start(self, host: Host) -> None:
        self._host = host

    def grant(self, reward: Reward, unit: Unit) -> None:
        wanted = str(reward.value.get("program_id", ""))
        rules = [rule for rule in self._host.price_rules(self.code) if wanted in ("", rule.rule_id)]
        points = reward.value["points"]
        if not rules:
            raise InvalidValue("program_id", f"no rules in force have the program {wanted!r}")
        if type(points) is not int or points < 1:
            raise InvalidValue("points", f"{points!r}; give whole points, at least 1")
        who = (str(reward.value["caller"]), reward.recipient)
        book.grant(unit, program_of(rules[0]), *who, points, _reference(reward), reward.time_ms)

    def revoke(self, reward: Reward, unit: Unit) -> None:
        """What is left of them goes; what was spent stays spent."""
        book.revoke(unit, _reference(reward), reward.time_ms)


def _reference(reward: Reward) -> str:
    return f"reward/{reward.reward_id}"
