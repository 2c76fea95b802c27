"""django-oscar placing orders: baskets, prices and OrderCreator as its checkout calls them."""

from __future__ import annotations

import importlib.util
import sys

from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.peers.missing import NotHere
from tests.bench.peers.worker_shop import WorkerShop

_SHOP = WorkerShop(
    name="oscar",
    command=(sys.executable, "-m", "tests.bench.peers.oscar_worker"),
    ordered="SELECT coalesce(sum(quantity), 0) FROM order_line WHERE product_id = %s",
    taken="SELECT coalesce(num_allocated, 0) FROM partner_stockrecord WHERE product_id = %s",
)


async def oscar(conditions: Conditions) -> Found:
    if importlib.util.find_spec("oscar") is None:
        raise NotHere("django-oscar is not installed; pip install 'tuan[bench]'")
    return Found(await _SHOP.measure(conditions))
