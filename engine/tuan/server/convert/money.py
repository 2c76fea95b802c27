"""Money on the wire: a currency code and whole minor units."""

from __future__ import annotations

from tuan.domain.errors import InvalidValue
from tuan_api.v1.money_pb2 import Money


def money(amount_minor: int, currency: str) -> Money:
    return Money(currency_code=currency, amount_minor=amount_minor)


def check_currency(field: str, code: str) -> str:
    """Raises InvalidValue unless it has the form of an ISO 4217 code."""
    if len(code) != 3 or not code.isascii() or not code.isalpha() or not code.isupper():
        raise InvalidValue(field, f"{code!r} is no ISO 4217 code; write for example CNY")
    return code
