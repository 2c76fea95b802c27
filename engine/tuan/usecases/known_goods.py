"""What many buyers buy on the same terms: price, frozen line and claims are worked out once, and each order adds its names.

Of a flash sale's orders nearly all are for one unit of one SKU. For those an order is a look into a dictionary and as many names
as it has limits, instead of a call of the promotion, a check of its answer, a price and a basket of claims.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from tuan.domain.activity import stock_counter
from tuan.domain.claim import NAME_BYTES_MAX, QUANTITY_MAX, Claim, ClaimSet, ClaimTerms
from tuan.domain.order import Adjustment, OrderLine
from tuan.domain.pricing import price_line
from tuan.plugin import SUBJECTS, Attempt, CartLine, LineTerms, SubjectLimit
from tuan.usecases.claim_basket import WINDOW_MS_MAX, Lie

#: Quantities are the caller's: without a bound they would fill the memory.
KEPT_MAX = 1_024
_ID_BYTES_MAX = 64

#: SKU, units and list price of one: what a line is, where it has no facts of its own.
Goods = tuple[str, int, int]


class KnownGoods(Struct, frozen=True, gc=False):
    """`line_terms`: as the promotion gave them. `lines`: the one line of an order for nothing else. `names`: attribute of the attempt,
    and what stands before and behind it in the name of the counter.
    """

    line_terms: LineTerms
    lines: tuple[OrderLine, ...]
    total_minor: int
    names: tuple[tuple[str, str, str], ...]
    stock: str
    terms: tuple[ClaimTerms, ...]
    hold_ms: int | None

    def claims(self, attempt: Attempt) -> ClaimSet | None:
        """None where the attempt lacks an id that a limit is per."""
        counters = []
        for subject, before, behind in self.names:
            subject_id = getattr(attempt, subject)
            if not subject_id:
                return None
            counters.append(f"{before}{subject_id}{behind}")
        counters.append(self.stock)
        return ClaimSet(self.terms, tuple(counters))


def goods_of(line: CartLine) -> Goods | None:
    """None for a line about which the caller told facts."""
    return None if line.facts else (line.sku, line.quantity, line.list_unit_minor)


def known_goods(line: CartLine, terms: LineTerms) -> KnownGoods:
    """Raises Lie for claims beside the limits: they would be those of one order, and here nobody knows of which."""
    if terms.claims:
        raise Lie(f"terms_of_goods answered the claims {terms.claims!r}; limits per subject belong into `limits`")
    if terms.kept is not None or not terms.ready_when_paid:
        raise Lie("terms_of_goods answered what is kept of an order, or that it waits; that belongs into `terms`")
    source = Adjustment(terms.rule_id, (terms.unit_minor - line.list_unit_minor) * line.quantity, terms.funded_by)
    frozen = price_line(0, line.sku, line.quantity, line.activity_id, line.list_unit_minor, source)
    names = []
    for limit in terms.limits:
        check_limit(limit)
        before, _, behind = limit.counter("\0").partition("\0")
        names.append((limit.subject, before, behind))
    claims = [ClaimTerms(line.quantity, limit.quantity, limit.window_ms) for limit in terms.limits]
    return KnownGoods(
        terms,
        (frozen,),
        frozen.total_minor,
        tuple(names),
        stock_counter(line.sku),
        (*claims, ClaimTerms(line.quantity)),
        terms.hold_ms,
    )


def limit_claims(terms: LineTerms, attempt: Attempt, quantity: int) -> Iterator[Claim]:
    """What a line counts against its limits; nothing where the attempt does not say whose they are. Raises Lie."""
    for limit in terms.limits:
        check_limit(limit)
        if subject_id := getattr(attempt, limit.subject):
            yield Claim(limit.counter(subject_id), quantity, limit.quantity, limit.window_ms)


def check_limit(limit: SubjectLimit) -> None:
    """Raises Lie for what no plugin may answer."""
    if not isinstance(limit, SubjectLimit) or limit.subject not in SUBJECTS:
        raise Lie(f"{limit!r} is no limit per {', '.join(SUBJECTS)}")
    whole = type(limit.quantity) is int and type(limit.window_ms) is int
    if not whole or not 0 <= limit.quantity <= QUANTITY_MAX or not 0 <= limit.window_ms <= WINDOW_MS_MAX:
        raise Lie(f"{limit!r}: quantity or window are impossible")
    if len(limit.counter("").encode()) + _ID_BYTES_MAX > NAME_BYTES_MAX:
        raise Lie(f"{limit!r}: the names of its counters are too long")
