"""A worker of a shop on django-oscar, as a web server runs several: `prepare` makes the shop, `sell` places orders.

`python -m tests.bench.peers.oscar_worker prepare|sell` reads its settings as JSON from standard input and prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any

from tests.bench.peers.oscar_settings import configure


def prepare(units: int, hot_units: int) -> dict[str, int]:
    """Tables, and two products of which there are so many. Returns their ids."""
    import_module("django.core.management").call_command("migrate", run_syncdb=True, verbosity=0)
    kind = _model("catalogue", "ProductClass").objects.create(name="bench", requires_shipping=False, track_stock=True)
    partner = _model("partner", "Partner").objects.create(name="bench")
    found = {}
    for name, count in (("many", units), ("hot", hot_units)):
        product = _model("catalogue", "Product").objects.create(title=name, product_class=kind)
        _model("partner", "StockRecord").objects.create(
            product=product, partner=partner, partner_sku=name, price="29.90", num_in_stock=count
        )
        found[name] = product.pk
    return found


def sell(product_id: int, seconds: float, attempts: int) -> dict[str, Any]:
    """Orders one after another, for so long or until so many were tried."""
    product = _model("catalogue", "Product").objects.get(pk=product_id)
    place_one(product, spoken_for=True)  # what is loaded lazily is loaded now
    placed, latencies_s = 0, []
    begun_s = time.monotonic()
    while time.monotonic() - begun_s < seconds and len(latencies_s) < attempts:
        at_s = time.monotonic()
        placed += place_one(product)
        latencies_s.append(time.monotonic() - at_s)
    return {"placed": placed, "seconds": time.monotonic() - begun_s, "latencies_s": latencies_s}


def place_one(product: Any, spoken_for: bool = False) -> bool:
    """Basket, availability, price and order as oscar's own checkout does it, payment left out. False: not available.

    `spoken_for`: everything but the order.
    """
    strategy = _class("partner.strategy", "Selector")().strategy()
    permitted, _ = strategy.fetch_for_product(product).availability.is_purchase_permitted(1)
    if not permitted:
        return False
    basket = _model("basket", "Basket").objects.create()
    basket.strategy = strategy
    basket.add_product(product, 1)
    _class("offer.applicator", "Applicator")().apply(basket)
    shipping = _class("shipping.methods", "NoShippingRequired")()
    charge = shipping.calculate(basket)
    total = _class("checkout.calculators", "OrderTotalCalculator")().calculate(basket, charge)
    if spoken_for:
        return False
    basket.freeze()
    _class("order.utils", "OrderCreator")().place_order(
        basket=basket, total=total, shipping_method=shipping, shipping_charge=charge, guest_email="buyer@example.org"
    )
    basket.submit()
    return True


def _class(module: str, name: str) -> Any:
    return import_module("oscar.core.loading").get_class(module, name)


def _model(app: str, name: str) -> Any:
    return import_module("oscar.core.loading").get_model(app, name)


if __name__ == "__main__":
    told = json.loads(sys.stdin.readline())
    configure(told.pop("host"), told.pop("database"))
    if sys.argv[1] == "prepare":
        print(json.dumps(prepare(**told)), flush=True)
    else:
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps(sell(**told)), flush=True)
