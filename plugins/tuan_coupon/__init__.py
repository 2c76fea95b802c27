"""Coupons (优惠券): templates in rule files, collected by buyers, used by orders; found by its entry point, imported by nobody."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_coupon.promotion import Coupons
from tuan_coupon.reward import CouponReward


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [Coupons(), CouponReward()]
