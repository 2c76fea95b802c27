"""Flash sales (秒杀): sessions with a fixed price, limits, tickets and live stock; found by its entry point, imported by nobody."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_flash_sale.promotion import FlashSale


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [FlashSale()]
