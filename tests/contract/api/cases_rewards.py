"""Wrong requests to the services of coupons, points and wallets."""

from __future__ import annotations

from typing import Any

from tests.contract.api.cases import CONTROL, NOBODY, Case, ids, pages
from tests.contract.api.world import World
from tuan_api.v1 import coupon_pb2 as c
from tuan_api.v1 import points_pb2 as p
from tuan_api.v1 import wallet_pb2 as w

COUPON, POINTS, WALLET = "CouponService", "PointsService", "WalletService"


def _collect(world: World, **fields: Any) -> c.CollectCouponRequest:
    defaults = {"request_id": world.new_id(), "buyer_id": "b", "template_id": NOBODY}
    return c.CollectCouponRequest(**{**defaults, **fields})


def _grant(world: World, **fields: Any) -> c.GrantCouponRequest:
    return c.GrantCouponRequest(**{"request_id": world.new_id(), "buyer_id": "b", "template_id": NOBODY, **fields})


def _give(world: World, **fields: Any) -> p.GrantPointsRequest:
    defaults = {"request_id": world.new_id(), "buyer_id": "b", "program_id": NOBODY, "points": 1}
    return p.GrantPointsRequest(**{**defaults, **fields})


CASES = [
    *pages(f"{COUPON}.ListCouponTemplates", lambda world, fields: c.ListCouponTemplatesRequest(**fields)),
    *pages(f"{COUPON}.ListCoupons", lambda world, fields: c.ListCouponsRequest(buyer_id="b", **fields)),
    Case(
        f"{COUPON}.ListCoupons",
        "page-of-a-time-that-is-none",
        lambda world: c.ListCouponsRequest(buyer_id="b", page_token=f"{'9' * 40}.cp-1"),
        "PAGE_TOKEN_INVALID",
    ),
    *ids(f"{COUPON}.ListCoupons", "buyer_id", lambda world, value: c.ListCouponsRequest(buyer_id=value)),
    *(
        case
        for name, make in (("CollectCoupon", _collect), ("GrantCoupon", _grant))
        for case in (
            *ids(f"{COUPON}.{name}", "request_id", lambda world, value, make=make: make(world, request_id=value)),  # type: ignore[misc]
            *ids(f"{COUPON}.{name}", "buyer_id", lambda world, value, make=make: make(world, buyer_id=value)),  # type: ignore[misc]
            Case(
                f"{COUPON}.{name}", "missing", lambda world, make=make: make(world, template_id=""), field="template_id"
            ),  # type: ignore[misc]
            Case(
                f"{COUPON}.{name}",
                "control",
                lambda world, make=make: make(world, template_id=CONTROL),
                field="template_id",
            ),  # type: ignore[misc]
            Case(f"{COUPON}.{name}", "unknown", make, "COUPON_NOT_FOUND"),
        )
    ),
    *ids(f"{POINTS}.GetPoints", "buyer_id", lambda world, value: p.GetPointsRequest(buyer_id=value)),
    *pages(f"{POINTS}.ListPointsEntries", lambda world, fields: p.ListPointsEntriesRequest(buyer_id="b", **fields)),
    *ids(f"{POINTS}.ListPointsEntries", "buyer_id", lambda world, value: p.ListPointsEntriesRequest(buyer_id=value)),
    *ids(f"{POINTS}.GrantPoints", "request_id", lambda world, value: _give(world, request_id=value)),
    *ids(f"{POINTS}.GrantPoints", "buyer_id", lambda world, value: _give(world, buyer_id=value)),
    Case(f"{POINTS}.GrantPoints", "none", lambda world: _give(world, points=0), field="points"),
    Case(f"{POINTS}.GrantPoints", "unknown", _give, field="program_id"),
    *ids(f"{WALLET}.GetWallet", "buyer_id", lambda world, value: w.GetWalletRequest(buyer_id=value)),
    *pages(f"{WALLET}.ListWalletCredits", lambda world, fields: w.ListWalletCreditsRequest(buyer_id="b", **fields)),
    *ids(f"{WALLET}.ListWalletCredits", "buyer_id", lambda world, value: w.ListWalletCreditsRequest(buyer_id=value)),
    *(
        Case(
            f"{WALLET}.ListWalletCredits",
            f"page-token-{name}",
            lambda world, token=token: w.ListWalletCreditsRequest(buyer_id="b", page_token=token),  # type: ignore[misc]
            "PAGE_TOKEN_INVALID",
        )
        for name, token in (("time", f"wc-{'9' * 40}.x"), ("nothing", "wc-1."), ("control", "wc-1.\n"))
    ),
]
