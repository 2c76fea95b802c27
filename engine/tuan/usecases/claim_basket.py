"""The claims of one order, collected from the engine and the plugins, checked and summed before any store sees them.

A store refuses a whole batch for one claim that cannot be, so a plugin's mistake has to be found here, where it costs one order.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tuan.domain.activity import BUDGET_PREFIX, RETAIL, budget_counter, buffer_key, stock_counter
from tuan.domain.claim import CLAIMS_PER_RESERVATION_MAX, NAME_BYTES_MAX, QUANTITY_MAX, Claim, OnRelease
from tuan.domain.errors import InvalidValue

#: Prefixes that belong to the engine: stock and budgets are claimed by itself, buffers are its own reservations.
ENGINE_COUNTERS = (stock_counter(""), buffer_key(""), BUDGET_PREFIX)
WINDOW_MS_MAX = 100 * 365 * 24 * 3600 * 1000
#: Leaves room for the sum of every line of an order.
_QUANTITY_MAX = QUANTITY_MAX // CLAIMS_PER_RESERVATION_MAX


class Lie(Exception):
    """A plugin answered something that no plugin may answer; charged to it like an exception."""


class ClaimBasket:
    """Claims by shard, one per counter and way of release, in the order of first mention."""

    def __init__(self) -> None:
        self._shards: dict[str, dict[tuple[str, OnRelease], Claim]] = {}
        self._terms: dict[tuple[str, str], tuple[int | None, int]] = {}

    def add_stock(self, shard: str, sku: str, quantity: int) -> None:
        """The engine's own claim."""
        self._put(shard, Claim(stock_counter(sku), quantity))

    def add_budget(self, budget_id: str, amount_minor: int, limit_minor: int) -> None:
        """The engine's own claim of a promotion's budget, which is the same for all: on retail's shard."""
        self._put(RETAIL, Claim(budget_counter(budget_id), amount_minor, limit=limit_minor))

    def add(self, shard: str, claims: Sequence[Claim]) -> None:
        """A plugin's claims: all of them, or none and a Lie."""
        new: dict[str, tuple[int | None, int]] = {}
        for claim in claims:
            check_claim(claim)
            terms = (claim.limit, claim.window_ms)
            counter = claim.counter
            if self._terms.get((shard, counter), terms) != terms or new.setdefault(counter, terms) != terms:
                raise Lie(f"{counter} is claimed with two limits or windows")
        for counter, terms in new.items():
            self._terms[shard, counter] = terms
        for claim in claims:
            self._put(shard, claim)

    def by_shard(self) -> dict[str, list[Claim]]:
        """Raises InvalidValue when an order needs more counters of a shard than one reservation may take from."""
        found = {shard: list(claims.values()) for shard, claims in self._shards.items()}
        for claims in found.values():
            if len(claims) > CLAIMS_PER_RESERVATION_MAX:
                message = (
                    f"{len(claims)} limits and SKUs at once, at most {CLAIMS_PER_RESERVATION_MAX}; split the order"
                )
                raise InvalidValue("lines", message)
        return found

    def _put(self, shard: str, claim: Claim) -> None:
        claims = self._shards.setdefault(shard, {})
        key = (claim.counter, claim.on_release)
        earlier = claims.get(key)
        claims[key] = claim if earlier is None else replace(earlier, quantity=earlier.quantity + claim.quantity)


def check_claim(claim: Claim) -> None:
    """A plugin's claims are limits and capacities of its own: never the stock, which the engine claims itself.

    In one condition where nothing is wrong: three claims of every order pass here.
    """
    if not isinstance(claim, Claim) or not isinstance(claim.counter, str):
        raise Lie(f"{claim!r} is not a claim")
    counter, limit, window_ms = claim.counter, claim.limit, claim.window_ms
    size = len(counter) if counter.isascii() else len(counter.encode())
    if (
        type(claim.quantity) is int
        and 0 < claim.quantity <= _QUANTITY_MAX
        and type(window_ms) is int
        and 0 <= window_ms <= WINDOW_MS_MAX
        and (window_ms == 0 if limit is None else type(limit) is int and 0 <= limit <= QUANTITY_MAX)
        and 0 < size <= NAME_BYTES_MAX
        and isinstance(claim.on_release, OnRelease)
        and not counter.startswith(ENGINE_COUNTERS)
    ):
        return
    if counter.startswith(ENGINE_COUNTERS):
        raise Lie(f"{counter} is claimed by the engine itself")
    raise Lie(f"{claim!r}: quantity, limit, window, name or way of release are impossible")
