"""Messages as bytes, from templates: what all orders of a run share is encoded once, and the machine is left to the engine."""

from __future__ import annotations

from itertools import count

from tests.bench.load.settings import LoadSettings
from tuan_api.v1 import order_pb2 as pb
from tuan_api.v1 import pricing_pb2 as pricing_pb
from tuan_api.v1.line_pb2 import CartLine

_DIGITS = 9
#: Stands in the template where an order's number will: as long as it, so that all lengths stay true.
_HOLE = "#" * _DIGITS
#: Tag of the field that orders are in, where a message is not an order.
_ORDER_FIELD = {"batch": b"\x0a", "stream": b"\x12", "quick_join": b"\x0a"}


class Messages:
    """`next()`: the bytes of the next message, with orders (buyers, devices, addresses) that were never there before; on a stream
    without its batch's number, which is the stream's.

    Raises ValueError where a template does not come out as the message that it stands for.
    """

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._orders = count(1)
        groups, goods = settings.groups or [""], settings.goods
        # In turn: goods and groups side by side, so that each group comes as often as the others.
        each = [(*goods[n % len(goods)], groups[n % len(groups)]) for n in range(max(len(goods), len(groups)))]
        self._templates = [self._template(*wanted) for wanted in each]
        made = pb.PlaceOrderRequest.FromString(self._templates[0] % ((b"%09d" % 7,) * 4))
        if settings.form != "quote" and made != self._order(*each[0], f"{7:09d}"):
            raise ValueError("the template of an order is no order")
        # Only orders in another message have their field's tag and their length before them.
        tag = _ORDER_FIELD.get(settings.form)
        self._listed = [_escaped(tag + varint(len(_made_of(each)))) + each for each in self._templates] if tag else []

    def next(self) -> bytes:
        match self._settings.form:
            case "quote":
                return self._quote()
            case "unary":
                return self._filled(self._templates)
            case "quick_join":
                return self._filled(self._listed)
            case "batch" | "stream":
                return b"".join([self._filled(self._listed) for _ in range(self._settings.batch)])

    def _filled(self, templates: list[bytes]) -> bytes:
        number = next(self._orders)
        digits = b"%09d" % number
        return templates[number % len(templates)] % (digits, digits, digits, digits)

    def _quote(self) -> bytes:
        sku, activity = self._settings.goods[next(self._orders) % len(self._settings.goods)]
        line = CartLine(sku=sku, quantity=1, activity_id=activity)
        return pricing_pb.QuoteRequest(currency_code="CNY", lines=[line]).SerializeToString()

    def _template(self, sku: str, activity: str, group: str) -> bytes:
        written = self._order(sku, activity, group, _HOLE).SerializeToString()
        return _escaped(written).replace(_HOLE.encode(), b"%b")

    def _order(self, sku: str, activity: str, group: str, number: str) -> pb.PlaceOrderRequest:
        who = f"{self._settings.name}-{number}"
        line = CartLine(sku=sku, quantity=1, activity_id=activity)
        return pb.PlaceOrderRequest(
            request_id=who,
            buyer_id=who,
            device_id=f"d{who}",
            address_id=f"a{who}",
            currency_code="CNY",
            lines=[line],
            group_id=group,
        )


def varint(number: int) -> bytes:
    """As protobuf writes a whole number."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _made_of(template: bytes) -> bytes:
    return template % ((_HOLE.encode(),) * 4)


def _escaped(written: bytes) -> bytes:
    return written.replace(b"%", b"%%")
