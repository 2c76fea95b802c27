"""What a caller says to place an order, what it hears, and how a repeat of the same request is recognised."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from tuan.codec import encode
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import ID_BYTES_MAX, check_id
from tuan.domain.order import OrderLine
from tuan.plugin import Refusal
from tuan.usecases.pricing.fact_reader import GivenFact

TICKET_BYTES_MAX = 512
LINES_MAX = 1_000
QUANTITY_PER_LINE_MAX = 1_000_000
SHIPPING_MINOR_MAX = 10**12
COUPONS_MAX = 20
POINTS_MAX = 10**12
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class WantedLine(Struct, frozen=True, gc=False):
    """`activity_id` empty: an ordinary sale."""

    sku: str
    quantity: int
    activity_id: str = ""
    facts: tuple[GivenFact, ...] = ()


class PlaceOrder(Struct, frozen=True, gc=False):
    """Ids are the caller's own (pseudonyms of people). `expected_total_minor`: refuse when the price is another.

    `facts`: for rules. `shipping_minor`: what shipping costs before promotions. `coupon_ids`: of collected coupons, or codes;
    `points`: at most so many to spend. `group_id`: the group that it joins.
    """

    caller: str
    request_id: str
    buyer: str
    currency: str
    lines: tuple[WantedLine, ...]
    device: str = ""
    address: str = ""
    region: str = ""
    channel: str = ""
    ticket: str = ""
    expected_total_minor: int | None = None
    facts: tuple[GivenFact, ...] = ()
    shipping_minor: int = 0
    coupon_ids: tuple[str, ...] = ()
    points: int = 0
    group_id: str = ""

    def check_ids(self) -> None:
        """Raises InvalidValue for the first that is wrong; `have_plain_ids` knows of a whole batch that none is."""
        check_id("request_id", self.request_id)
        check_id("buyer_id", self.buyer)
        check_id("device_id", self.device, optional=True)
        check_id("address_id", self.address, optional=True)
        check_id("region", self.region, optional=True)
        check_id("channel", self.channel, optional=True)

    def check_extras(self) -> None:
        """Ticket, shipping, coupons and points: what most orders do without. Raises InvalidValue for the first field that is wrong."""
        if self.ticket and len(self.ticket.encode()) > TICKET_BYTES_MAX:
            raise InvalidValue("ticket", f"longer than {TICKET_BYTES_MAX} bytes; send what RequestTicket returned")
        if not 0 <= self.shipping_minor <= SHIPPING_MINOR_MAX:
            raise InvalidValue("shipping", f"{self.shipping_minor} minor units; send 0 to {SHIPPING_MINOR_MAX}")
        if self.brings_something:
            self._check_redeemed()

    @property
    def brings_something(self) -> bool:
        """Coupons, points or a place in a group, which promotions have to look up."""
        return bool(self.coupon_ids or self.points or self.group_id)

    def check_goods(self) -> None:
        """What is bought, and in what currency. Raises InvalidValue for the first field that is wrong."""
        if not (
            len(self.currency) == 3 and self.currency.isascii() and self.currency.isalpha() and self.currency.isupper()
        ):
            raise InvalidValue("currency_code", f"{self.currency!r} is no ISO 4217 code; write for example CNY")
        if not 1 <= len(self.lines) <= LINES_MAX:
            raise InvalidValue("lines", f"{len(self.lines)} lines; an order has 1 to {LINES_MAX}")
        for index, line in enumerate(self.lines):
            check_id(f"lines[{index}].sku", line.sku)
            check_id(f"lines[{index}].activity_id", line.activity_id, optional=True)
            if not 1 <= line.quantity <= QUANTITY_PER_LINE_MAX:
                raise InvalidValue(
                    f"lines[{index}].quantity", f"{line.quantity}; a line has 1 to {QUANTITY_PER_LINE_MAX} units"
                )

    def _check_redeemed(self) -> None:
        if len(self.coupon_ids) > COUPONS_MAX:
            raise InvalidValue("coupon_ids", f"{len(self.coupon_ids)} coupons; an order uses at most {COUPONS_MAX}")
        for index, coupon_id in enumerate(self.coupon_ids):
            check_id(f"coupon_ids[{index}]", coupon_id)
            if self.coupon_ids.index(coupon_id) != index:
                raise InvalidValue(f"coupon_ids[{index}]", f"{coupon_id} is there twice")
        check_id("group_id", self.group_id, optional=True)
        if not 0 <= self.points <= POINTS_MAX:
            raise InvalidValue("points", f"{self.points}; spend 0 to {POINTS_MAX}")


def have_plain_ids(commands: Sequence[PlaceOrder]) -> bool:
    """Ids as nearly all of them are: one look for a whole batch, where every order would pay for `check_id` six times."""
    required = [each for command in commands for each in (command.request_id, command.buyer)]
    optional = [
        each for command in commands for each in (command.device, command.address, command.region, command.channel)
    ]
    together = "".join(required + optional)
    return (
        together.isascii()
        and together.isprintable()
        and " " not in together
        and all(required)
        and max(map(len, required + optional), default=0) <= ID_BYTES_MAX
    )


class Placed(Struct, frozen=True, gc=False):
    """An order that is reserved and durable. `in_sql`: the acknowledgement came after the SQL commit (`ack=sql`)."""

    order_id: str
    currency: str
    total_minor: int
    lines: tuple[OrderLine, ...]
    due_ms: int
    place_time_ms: int
    in_sql: bool
    replayed: bool


PlaceResult = Placed | Refusal | TuanError


def request_key(caller: str, request_id: str) -> str:
    """The reservation key: 22 characters that name (caller, request_id); short, because millions are held in memory."""
    digest = hashlib.blake2b(f"{caller}\0{request_id}".encode(), digest_size=16).digest()
    return b2a_base64(digest, newline=False)[:22].translate(_URL_SAFE).decode()


def fingerprint_of(command: PlaceOrder) -> str:
    """Names the content of a request: the same for a repeat, another for anything that differs in what was asked.

    The ticket is left out: a client that repeats a request may have had to fetch a new one.
    """
    content = (
        command.buyer,
        command.currency,
        command.device,
        command.address,
        command.region,
        command.channel,
        command.expected_total_minor,
        command.lines,
        command.facts,
        command.shipping_minor,
    )
    if command.group_id:
        return _digest((*content, command.coupon_ids, command.points, command.group_id))
    if command.coupon_ids or command.points:
        return _digest((*content, command.coupon_ids, command.points))
    return _digest(content)


def _digest(content: tuple[object, ...]) -> str:
    digest = hashlib.blake2b(encode(content), digest_size=12).digest()
    return b2a_base64(digest, newline=False).translate(_URL_SAFE).decode()


def request_id_reused(request_id: str) -> TuanError:
    return TuanError(
        Reason.REQUEST_ID_REUSED,
        f"request_id {request_id} was used before with another content; use a new one for a new order",
        request_id=request_id,
    )


class RecentRequests:
    """The last granted requests of this process, so that one id used for two shards is refused at once.

    Redis knows a request within its shard and SQL knows all of them; this closes the moment between the two.
    """

    def __init__(self, count_max: int = 100_000) -> None:
        self._count_max = count_max
        self._fingerprints: OrderedDict[str, str] = OrderedDict()

    def conflict(self, key: str, fingerprint: str, request_id: str) -> TuanError | None:
        """REQUEST_ID_REUSED for a known request with another content."""
        if self._fingerprints.get(key, fingerprint) != fingerprint:
            return request_id_reused(request_id)
        return None

    def remember(self, key: str, fingerprint: str) -> None:
        self._fingerprints[key] = fingerprint
        if len(self._fingerprints) > self._count_max:
            self._fingerprints.popitem(last=False)
