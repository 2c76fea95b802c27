"""Points (积分): earned by completed orders, spent as tender, restored, expired; found by its entry point, imported by nobody."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_points.promotion import Points
from tuan_points.reward import PointsReward


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [Points(), PointsReward()]
