"""Facts from the wire to the rules: every kind that a caller can send is one that a fact can have, by the name that callers see."""

from __future__ import annotations

import re

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from tuan.domain.errors import InvalidValue
from tuan.server.convert.facts import given_facts
from tuan.usecases.pricing.fact_reader import FactReader, GivenFact
from tuan_api.v1.fact_pb2 import Fact as Sent
from tuan_api.v1.fact_pb2 import FactTexts, Ratio
from tuan_api.v1.money_pb2 import Money
from tuan_rules import facts as fact_types
from tuan_rules.facts import Fact, FactRecord, Per, Type

#: (what is sent, the type of the fact, what rules read)
KINDS: list[tuple[Sent, Type, object]] = [
    (Sent(truth=True), fact_types.BOOLEAN, True),
    (Sent(truth=False), fact_types.BOOLEAN, False),
    (Sent(number=-3), fact_types.INTEGER, -3),
    (Sent(text="a"), fact_types.TEXT, "a"),
    (Sent(text="fresh/fruit"), fact_types.CATEGORY, "fresh/fruit"),
    (Sent(text="app"), fact_types.CHOICE("app", "web"), "app"),
    (Sent(money=Money(currency_code="CNY", amount_minor=5)), fact_types.MONEY, 5),
    (Sent(ratio=Ratio(numerator=3, denominator=10)), fact_types.PERCENT, "3/10"),
    (Sent(time_lag=Duration(seconds=90, nanos=250_000_000)), fact_types.DURATION, 90_250),
    (Sent(instant_time=Timestamp(seconds=90, nanos=250_000_000)), fact_types.INSTANT, 90_250),
    (Sent(texts=FactTexts(texts=["a", "b"])), fact_types.LIST(fact_types.TEXT, 2), ("a", "b")),
]
SENDABLE = [field.name for field in Sent.DESCRIPTOR.oneofs_by_name["value"].fields]


def _reader(type_: Type) -> FactReader:
    return FactReader({"shop": FactRecord("shop", "For this test.", (Fact("fact", type_, "one"),), Per.CART)})


@pytest.mark.parametrize(
    ("sent", "type_", "read"), KINDS, ids=lambda value: str(value) if isinstance(value, Type) else ""
)
def test_what_is_sent_is_what_rules_read(sent: Sent, type_: Type, read: object) -> None:
    """Goal: a fact of each type arrives whole. Method: each kind of the message, through conversion and reader."""
    sent.name = "shop.fact"
    assert _reader(type_).of_cart(given_facts([sent]), "CNY") == {"shop": {"fact": read}}


def test_every_kind_that_can_be_sent_is_tried_above() -> None:
    """Goal: a new kind is not forgotten. Method: the choices of the message against those of the table."""
    assert {sent.WhichOneof("value") for sent, *_ in KINDS} == set(SENDABLE)


@pytest.mark.parametrize("type_", {str(type_): type_ for _, type_, _ in KINDS}.values(), ids=str)
def test_a_refusal_names_the_field_that_is_to_be_set(type_: Type) -> None:
    """Goal: the name in the message is the name in the API. Method: send nothing; the field that the
    message says to set is the one that carries this type."""
    with pytest.raises(InvalidValue) as refused:
        _reader(type_).of_cart((GivenFact("shop.fact", "", None),), "CNY")
    (named,) = re.findall(r"set `(\w+)` instead of `nothing`", refused.value.message)
    assert named in SENDABLE
    assert named in {sent.WhichOneof("value") for sent, of, _ in KINDS if of == type_}
