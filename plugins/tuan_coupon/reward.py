"""A coupon as a reward: given inside the transaction of its cause, beside the number that buyers can collect."""

from __future__ import annotations

import hashlib

from tuan.plugin import Host, InvalidValue, Reward, RewardKind, Unit
from tuan_coupon.tables import Collected, put, take_back
from tuan_coupon.template import template_of


class CouponReward(RewardKind):
    """`value`: `caller` (whose pseudonym the recipient is) and `template_id`."""

    code = "coupon"

    def start(self, host: Host) -> None:
        self._host = host

    def grant(self, reward: Reward, unit: Unit) -> None:
        wanted = str(reward.value["template_id"])
        rule = next((each for each in self._host.price_rules(self.code) if each.rule_id == wanted), None)
        if rule is None:
            raise InvalidValue("template_id", f"no rules in force have the coupon {wanted}")
        template = template_of(rule)
        put(
            unit.connection,
            Collected(
                coupon_id=coupon_id_of("reward", reward.reward_id),
                caller=str(reward.value["caller"]),
                buyer=reward.recipient,
                template_id=template.template_id,
                ruleset_hash=template.ruleset_hash,
                collect_time_ms=reward.time_ms,
                expire_time_ms=reward.time_ms + template.valid_ms if template.valid_ms else 0,
            ),
        )

    def revoke(self, reward: Reward, unit: Unit) -> None:
        """What an order has used stays used."""
        take_back(unit.connection, coupon_id_of("reward", reward.reward_id))


def coupon_id_of(*cause: str) -> str:
    """The same cause always makes the same coupon, so that nothing is given twice."""
    return "cp-" + hashlib.blake2b("\0".join(cause).encode(), digest_size=12).hexdigest()
