"""Facts on the wire to facts that the use case reads. Nothing is checked here but that a value is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tuan.domain.errors import InvalidValue
from tuan.usecases.pricing.fact_reader import GivenFact
from tuan_api.v1 import fact_pb2


def given_facts(facts: Iterable[fact_pb2.Fact], field: str = "facts") -> tuple[GivenFact, ...]:
    """Raises InvalidValue for a ratio without a denominator; the fact reader refuses one without a value."""
    return tuple(
        GivenFact(fact.name, kind := fact.WhichOneof("value") or "", _value(fact, kind, f"{field}[{index}]"))
        for index, fact in enumerate(facts)
    )


def _value(fact: fact_pb2.Fact, kind: str, place: str) -> Any:
    match kind:
        case "money":
            return (fact.money.currency_code, fact.money.amount_minor)
        case "ratio":
            if fact.ratio.denominator < 1:
                raise InvalidValue(f"{place}.ratio.denominator", f"{fact.ratio.denominator}; send 1 or more")
            return f"{fact.ratio.numerator}/{fact.ratio.denominator}"
        case "time_lag":
            return fact.time_lag.seconds * 1_000 + fact.time_lag.nanos // 1_000_000
        case "instant_time":
            return fact.instant_time.seconds * 1_000 + fact.instant_time.nanos // 1_000_000
        case "texts":
            return tuple(fact.texts.texts)
        case "":
            return None
    return getattr(fact, kind)
