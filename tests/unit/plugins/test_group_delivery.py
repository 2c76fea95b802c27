"""Delivery of complete groups: the nearest warehouse that has all, else as few parcels as possible; examples and properties."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.plugin import InvalidValue
from tuan_group_buy import delivery
from tuan_group_buy.delivery import DeliveryPlan, OrderLine, Parcel, Warehouse, plan_delivery, shared_parts

HOME = "CN/SH/Pudong"


def _sent_by(plan: DeliveryPlan) -> list[str]:
    return [parcel.warehouse for parcel in plan.parcels]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("CN/SH/Pudong", "CN/SH/Jingan", 2),
        ("CN/SH", "CN/SHX", 1),
        ("", "CN", 0),
        ("/CN/SH/", "CN/SH", 2),
        ("CN", "HK", 0),
    ],
)
def test_nearness_is_shared_parts(one: str, other: str, shared: int) -> None:
    """Goal: parts are compared whole. Method: paths that share letters, and slashes too many."""
    assert shared_parts(one, other) == shared_parts(other, one) == shared


def test_the_nearest_that_has_all() -> None:
    """Goal: one parcel before a short way. Method: the nearest has half, the next all, a farther one all, too."""
    half = Warehouse("pudong", HOME, {"A": 1})
    all_of_it = Warehouse("jingan", "CN/SH/Jingan", {"A": 2, "B": 1})
    far = Warehouse("beijing", "CN/BJ", {"A": 9, "B": 9})
    lines = [OrderLine(0, "A", 2), OrderLine(1, "B", 1)]
    assert plan_delivery([far, half, all_of_it], lines, HOME) == DeliveryPlan((Parcel("jingan", tuple(lines)),), ())
    assert _sent_by(plan_delivery([far, half, all_of_it], lines, "CN/BJ/Haidian")) == ["beijing"]


def test_else_as_few_as_possible() -> None:
    """Goal: two parcels before three, and a line may be split. Method: no warehouse has all; two together have."""
    houses = [
        Warehouse("a", "CN/SH", {"A": 1}),
        Warehouse("b", "CN/SH", {"B": 1}),
        Warehouse("c", "CN/BJ", {"A": 2}),
        Warehouse("d", "CN/GD", {"A": 3, "B": 1}),
    ]
    plan = plan_delivery(houses, [OrderLine(0, "A", 4), OrderLine(1, "B", 1)], HOME)
    assert plan == DeliveryPlan(
        (Parcel("a", (OrderLine(0, "A", 1),)), Parcel("d", (OrderLine(0, "A", 3), OrderLine(1, "B", 1)))), ()
    )


def test_what_is_nowhere_is_said() -> None:
    """Goal: nothing is promised that is not there, and the rest still goes. Method: three wanted, two there; a stock below zero."""
    houses = [Warehouse("a", "CN/SH", {"A": 2}), Warehouse("b", "CN/SH", {"A": -5, "B": 0})]
    plan = plan_delivery(houses, [OrderLine(0, "A", 3), OrderLine(1, "B", 1)], HOME)
    assert plan == DeliveryPlan((Parcel("a", (OrderLine(0, "A", 2),)),), (OrderLine(0, "A", 1), OrderLine(1, "B", 1)))
    assert plan_delivery([], [OrderLine(0, "A", 1)], HOME) == DeliveryPlan((), (OrderLine(0, "A", 1),))


def test_many_parcels_by_turns() -> None:
    """Goal: an order that needs more parcels than are tried is delivered all the same. Method: six SKUs in six places, twenty places
    that have nothing."""
    houses = [Warehouse(f"w{number}", "CN/GD", {f"S{number}": 2}) for number in range(6)]
    houses += [Warehouse(f"empty{number}", HOME, {}) for number in range(20)]
    plan = plan_delivery(houses, [OrderLine(number, f"S{number}", 2) for number in range(6)], HOME)
    assert (_sent_by(plan), plan.missing) == ([f"w{number}" for number in range(6)], ())


SKUS = st.sampled_from("ABC")
REGIONS = st.sampled_from(["CN/SH/Pudong", "CN/SH/Jingan", "CN/SH", "CN/BJ", "HK", ""])
HOUSES = st.lists(st.tuples(REGIONS, st.dictionaries(SKUS, st.integers(0, 4))), max_size=7).map(
    lambda places: [Warehouse(f"w{number}", region, stock) for number, (region, stock) in enumerate(places)]
)
LINES = st.lists(st.tuples(SKUS, st.integers(1, 5)), max_size=4).map(
    lambda wanted: [OrderLine(number, sku, quantity) for number, (sku, quantity) in enumerate(wanted)]
)


@given(HOUSES, LINES, REGIONS, st.randoms())
def test_every_unit_once_and_never_more_than_stock(
    houses: list[Warehouse], lines: list[OrderLine], region: str, shuffled: object
) -> None:
    """Goal: exact, whatever is asked. Method: units of parcels and missing ones add up per line; per warehouse and SKU they are in
    stock; what is missing is nowhere left; no parcel is empty; the order in which warehouses are given makes no difference."""
    plan = plan_delivery(houses, lines, region)
    stock = {house.code: Counter(house.stock) for house in houses}
    told: Counter[tuple[int, str]] = Counter()
    for parcel in plan.parcels:
        assert parcel.lines
        for line in parcel.lines:
            told[line.line, line.sku] += line.quantity
            stock[parcel.warehouse][line.sku] -= line.quantity
            assert stock[parcel.warehouse][line.sku] >= 0
    for line in plan.missing:
        told[line.line, line.sku] += line.quantity
        assert not any(left[line.sku] for left in stock.values())
    assert told == {(line.line, line.sku): line.quantity for line in lines}
    again = list(houses)
    shuffled.shuffle(again)  # type: ignore[attr-defined]  # Hypothesis hands over a random.Random
    assert plan_delivery(again, lines, region) == plan


@given(HOUSES, LINES, REGIONS)
def test_as_few_parcels_as_there_can_be(houses: list[Warehouse], lines: list[OrderLine], region: str) -> None:
    """Goal: fewest parcels, then the nearest. Method: no smaller choice of warehouses has all that the plan sends, up to the number of
    parcels that are tried; of one parcel, no nearer warehouse has all."""
    plan = plan_delivery(houses, lines, region)
    sent: Counter[str] = Counter()
    for parcel in plan.parcels:
        for line in parcel.lines:
            sent[line.sku] += line.quantity

    def have(chosen: tuple[Warehouse, ...]) -> bool:
        return all(sum(house.stock.get(sku, 0) for house in chosen) >= units for sku, units in sent.items())

    fewer = min(len(plan.parcels) - 1, delivery.PARCELS_TRIED_MAX)
    assert not any(have(chosen) for size in range(fewer + 1) for chosen in combinations(houses, size))
    if len(plan.parcels) == 1:
        nearness = {house.code: shared_parts(house.region, region) for house in houses if have((house,))}
        assert nearness[plan.parcels[0].warehouse] == max(nearness.values())


def test_what_is_no_order() -> None:
    """Goal: a mistake of the caller is told. Method: a warehouse twice, a line twice, a line without units."""
    twice = Warehouse("a", HOME, {})
    with pytest.raises(InvalidValue, match="warehouses"):
        plan_delivery([twice, twice], [], HOME)
    for lines in ([OrderLine(0, "A", 1)] * 2, [OrderLine(0, "A", 0)]):
        with pytest.raises(InvalidValue, match="lines"):
            plan_delivery([twice], lines, HOME)
