"""Group buying (拼团): buy together at a lower price, or get the money back; found by its entry point, imported by nobody."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_group_buy.promotion import GroupBuy


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [GroupBuy()]
