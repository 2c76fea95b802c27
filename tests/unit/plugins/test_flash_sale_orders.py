"""Orders of a flash sale without a server: windows, tickets, prices and claims, and what a call costs."""

from __future__ import annotations

import timeit
from fractions import Fraction
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.plugin import Claim, InvalidValue, PriceAction, Refusal, RefusalKind, TuanError
from tuan.testing import PromotionBench
from tuan_flash_sale.promotion import FlashSale
from tuan_flash_sale.sale import Sale
from tuan_flash_sale.ticket import Ticket, Tickets

RULES = """flash_sale "evening" {
  on = line.sku in ["S1", "S2"]  price = set(¥9.90)  active = from 2027-02-10 20:00 until 2027-02-10 22:00
  limit = 1 per buyer, 2 per device per 24h, 3 per address  hold = 5min
}"""


class Shop:
    """A bench with one session and tickets for it."""

    def __init__(self, rules: str = RULES) -> None:
        self.bench = PromotionBench(FlashSale())
        [self.activity] = self.bench.publish(rules)
        self.tickets = Tickets(self.bench.host.secret("flash_sale.ticket"))

    def ticket(self, buyer: str = "b1", device: str = "d1", expire_ms: int = 0, solved: bool = False) -> str:
        expire_ms = expire_ms or self.activity.end_time_ms
        return self.tickets.issue(Ticket(expire_ms, solved), self.activity.activity_id, buyer, device)

    def attempt(self, *lines: tuple[str, int], ticket: str | None = None, offset_ms: int = 0, **ids: str):
        now_ms = self.activity.start_time_ms + offset_ms
        ticket = self.ticket() if ticket is None else ticket
        return self.bench.attempt(*lines, activity=self.activity, ticket=ticket, now_ms=now_ms, **ids)

    def refusal(self, attempt) -> RefusalKind:
        outcome = self.bench.try_place(attempt)
        assert isinstance(outcome, Refusal), outcome
        return outcome.kind


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_order_claims_its_limits(shop: Shop) -> None:
    """Goal: price, stock and every limit are in the claims, on the session's own shard. Method: place and look."""
    order = shop.bench.place(shop.attempt(("S1", 1)))
    assert order.total_minor == 9_90
    assert order.hold_ms == 300_000
    assert {shard: list(claims) for shard, claims in order.claims.items()} == {
        shop.activity.shard: [
            Claim("buyer/b1", 1, 1),
            Claim("device/d1 86400000", 1, 2, 86_400_000),
            Claim("address/a1", 1, 3),
            Claim("stock/S1", 1),
        ]
    }
    assert order.lines[0].adjustments[0].amount_minor == -10
    assert order.lines[0].adjustments[0].rule_id == shop.activity.activity_id


def test_the_same_goods_twice_are_summed(shop: Shop) -> None:
    """Goal: two lines of one SKU count as two units. Method: the quantities per counter over both lines."""
    order = shop.bench.place(shop.attempt(("S1", 1), ("S1", 2)))
    taken: dict[str, int] = {}
    for claim in order.claims[shop.activity.shard]:
        taken[claim.counter] = taken.get(claim.counter, 0) + claim.quantity
    assert taken == {"buyer/b1": 3, "device/d1 86400000": 3, "address/a1": 3, "stock/S1": 3}


@pytest.mark.parametrize(
    ("offset_ms", "kind"),
    [(-1, RefusalKind.NOT_OPEN_YET), (2 * 3_600_000, RefusalKind.ENDED), (10**9, RefusalKind.ENDED)],
)
def test_outside_the_window(shop: Shop, offset_ms: int, kind: RefusalKind) -> None:
    """Goal: it sells in [start, end). Method: one millisecond before, and at the end."""
    outcome = shop.bench.try_place(shop.attempt(("S1", 1), offset_ms=offset_ms))
    assert isinstance(outcome, Refusal)
    assert outcome.kind is kind
    if kind is RefusalKind.NOT_OPEN_YET:
        assert outcome.open_time_ms == shop.activity.start_time_ms


def test_the_edges_of_the_window_sell(shop: Shop) -> None:
    """Goal: the first and the last millisecond belong to the sale. Method: place at both."""
    for offset_ms in (0, 2 * 3_600_000 - 1):
        assert shop.bench.place(shop.attempt(("S1", 1), offset_ms=offset_ms)).total_minor == 9_90


def test_tickets_are_good_for_one_buyer_device_session_and_time(shop: Shop) -> None:
    """Goal: a ticket cannot be passed on, kept or made. Method: every way in which it does not fit."""
    start_ms = shop.activity.start_time_ms
    other = shop.tickets.issue(Ticket(shop.activity.end_time_ms), "another-session", "b1", "d1")
    forged = Tickets(b"x" * 32).issue(Ticket(shop.activity.end_time_ms), shop.activity.activity_id, "b1", "d1")
    good = shop.ticket()
    bad = ["", "x", other, forged, shop.ticket(buyer="b2"), shop.ticket(device="d2"), shop.ticket(expire_ms=start_ms)]
    bad += [good[:-1], good + "A", good.lower(), "é" * 34, "=" * 34, "!" * 34]
    for ticket in bad:
        assert shop.refusal(shop.attempt(("S1", 1), ticket=ticket)) is RefusalKind.TICKET_INVALID, ticket
    assert shop.bench.place(shop.attempt(("S1", 1), ticket=good))


@given(st.text(max_size=40))
def test_no_text_is_a_ticket(text: str) -> None:
    """Goal: nothing but what was issued is accepted, and nothing raises. Method: any text."""
    assert Tickets(b"k" * 32).check(text, "a", "b", "d") is None


def test_every_changed_bit_is_seen() -> None:
    """Goal: no part of a ticket is unsigned. Method: flip each bit of one."""
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    tickets = Tickets(b"k" * 32)
    raw = bytearray(urlsafe_b64decode(tickets.issue(Ticket(5), "a", "b", "d") + "=="))
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        assert tickets.check(urlsafe_b64encode(raw).rstrip(b"=").decode(), "a", "b", "d") is None
        raw[bit // 8] ^= 1 << bit % 8
    assert tickets.check(urlsafe_b64encode(raw).rstrip(b"=").decode(), "a", "b", "d") == Ticket(5)


def test_ids_do_not_run_into_each_other() -> None:
    """Goal: buyer `ab` on device `c` is not buyer `a` on device `bc`. Method: the same letters, cut elsewhere."""
    tickets = Tickets(b"k" * 32)
    assert tickets.check(tickets.issue(Ticket(5), "a", "ab", "c"), "a", "a", "bc") is None


def test_a_sale_without_tickets() -> None:
    """Goal: `ticket = false` needs none. Method: an order without one."""
    shop = Shop(RULES.replace("hold", "ticket = false hold"))
    assert shop.bench.place(shop.attempt(("S1", 1), ticket=""))


@pytest.mark.parametrize(
    ("missing", "field"), [("buyer", "buyer_id"), ("device", "device_id"), ("address", "address_id")]
)
def test_a_limit_needs_its_id(shop: Shop, missing: str, field: str) -> None:
    """Goal: leaving an id out does not lift the limit. Method: each id left out; the error names the field."""
    outcome = shop.bench.try_place(shop.attempt(("S1", 1), **{missing: ""}))
    assert isinstance(outcome, InvalidValue)
    assert outcome.field == field


def test_a_quote_needs_no_ids(shop: Shop) -> None:
    """Goal: a price can be asked for by anybody, at any time. Method: a quote without ids, before the start."""
    attempt = shop.attempt(("S1", 1), buyer="", device="", address="", ticket="", offset_ms=-(10**6))
    quote = shop.bench.try_place(attempt, admit=False)
    assert quote.total_minor == 9_90  # type: ignore[union-attr]


def test_goods_of_another_sale_are_refused(shop: Shop) -> None:
    """Goal: a session sells its own goods. Method: a SKU of the catalogue that is not in it."""
    outcome = shop.bench.try_place(shop.attempt(("S3", 1)))
    assert isinstance(outcome, TuanError)
    assert "lines[0].sku: S3 is not sold in" in outcome.message


def test_a_solved_challenge_is_in_the_ticket(shop: Shop) -> None:
    """Goal: whoever solved a challenge for the ticket has met a CHALLENGE verdict. Method: both kinds of ticket."""
    live = shop.bench.snapshot.activities[shop.activity.activity_id]
    for solved in (True, False):
        attempt = shop.attempt(("S1", 1), ticket=shop.ticket(solved=solved))
        assert live.promotion.answers_challenge(attempt, live.activity, live.prepared) is solved


def sale(price: PriceAction) -> Sale:
    return Sale(("S1",), price, (), 0, "none", True, None)


@given(st.integers(0, 10**9), st.fractions(0, 1, max_denominator=10_000), st.sampled_from(["off_ratio", "pay_ratio"]))
def test_prices_are_exact_and_rounded_once(list_minor: int, ratio: Fraction, kind: str) -> None:
    """Goal: half a fen goes up, and nothing else moves. Method: against integer arithmetic, for any price and ratio."""
    paid = ratio if kind == "pay_ratio" else 1 - ratio
    expected = (2 * list_minor * paid.numerator + paid.denominator) // (2 * paid.denominator)
    assert sale(PriceAction(kind, ratio=ratio)).unit_minor(list_minor) == expected  # type: ignore[arg-type]


def test_a_list_price_that_fell_is_not_exceeded() -> None:
    """Goal: the sale never costs more than ordinary sale. Method: a list price below the sale's, and one below the discount."""
    from tuan.plugin import RuleMoney

    assert sale(PriceAction("set", money=RuleMoney(9_90, "CNY"))).unit_minor(5_00) == 5_00
    assert sale(PriceAction("off_amount", money=RuleMoney(9_90, "CNY"))).unit_minor(5_00) == 0


def test_the_hot_calls_cost_little_more_than_what_they_must_do(shop: Shop) -> None:
    """Goal: admit and terms cost at most eight times what nobody can save, one keyed hash and three claims (6 µs against 1.1, of
    25 for a whole order). Method: both measured in one run, the best of many rounds, so that load cancels out."""
    live = shop.bench.snapshot.activities[shop.activity.activity_id]
    attempt = shop.attempt(("S1", 1))

    def calls() -> None:
        live.promotion.admit(attempt, live.activity, live.prepared)
        live.promotion.terms(attempt, attempt.lines[0], live.activity, live.prepared)

    def least() -> None:
        blake2b(b"m" * 60, key=b"k" * 32, digest_size=16).digest()
        for counter in ("a", "b", "c"):
            Claim(counter, 1, 1)

    ratio = min(timeit.repeat(calls, number=300, repeat=30)) / min(timeit.repeat(least, number=300, repeat=30))
    assert ratio < 8, f"{ratio:.1f}"
