"""A batch of reserve requests in columns, as reserve.lua takes them: what requests have in common is checked, sent and worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tuan.adapters import claim_checks as checks
from tuan.adapters.claim_checks import NAMED, SummedClaim
from tuan.adapters.redis_inventory.packing import encode, packed, packed_text
from tuan.domain.claim import ClaimSet, ClaimTerms, ReserveRequest


class _Terms(msgspec.Struct):
    """`row`: hold_ms, confirm, standing, and per claim: quantity, limit, window_ms. `claims`: five values per claim, as a record's
    content has them, with the counters left open. `named`: which claims are on named capacities.
    """

    number: int
    row: tuple[int, bool, bool, tuple[int, ...]]
    claims: list[Any]
    named: list[bool]


class Columns:
    """Takes requests one by one; `packed` is the batch."""

    def __init__(self) -> None:
        self._terms: dict[tuple[int, bool, bool, tuple[int, ...], tuple[int, ...]], _Terms] = {}
        #: Of claim sets, by the very object of their terms, which the requests keep alive.
        self._known: dict[tuple[int, int, bool, bool], _Terms] = {}
        self._first_of: dict[str, int] = {}
        self._capacities: dict[str, int] = {}
        self._limits: dict[str, int] = {}
        self._terms_of: list[int] = []
        self._keys: list[str] = []
        self._firsts: list[int] = []
        self._contents: list[msgspec.Raw] = []
        self._bodies: list[msgspec.Raw] = []
        self._slots: list[int] = []

    def add(self, request: ReserveRequest) -> None:
        """Raises InvalidValue."""
        claims = request.claims
        if isinstance(claims, ClaimSet) and checks.are_distinct_names(claims.counters):
            body = checks.check_head(request)
            terms, names = self._of_set(request, claims.terms), claims.counters
        else:
            summed, body = checks.check_reserve(request)
            terms, names = self._of(request, summed), tuple([claim.counter for claim in summed])
        self._terms_of.append(terms.number)
        self._keys.append(request.key)
        self._firsts.append(self._first_of.setdefault(request.key, len(self._keys)))
        flat = terms.claims.copy()
        flat[::5] = names
        # Without the head of the array, which is one byte: three values that follow one another.
        self._contents.append(packed(encode((request.fingerprint, request.label, flat))[1:]))
        self._bodies.append(packed(packed_text(body)))
        for name, is_capacity in zip(names, terms.named, strict=True):
            slots = self._capacities if is_capacity else self._limits
            self._slots.append(slots.setdefault(name, len(slots) + 1))

    def packed(self) -> bytes:
        columns = (
            [terms.row for terms in self._terms.values()],
            self._terms_of,
            self._keys,
            self._firsts,
            self._contents,
            self._bodies,
            self._slots,
            list(self._capacities),
            list(self._limits),
        )
        return b"".join(map(encode, columns))

    def _of_set(self, request: ReserveRequest, claims: tuple[ClaimTerms, ...]) -> _Terms:
        key = (id(claims), request.hold_ms, request.confirm, request.standing)
        known = self._known.get(key)
        if known is None:
            summed, _ = checks.check_reserve(request)
            known = self._known[key] = self._of(request, summed)
        return known

    def _of(self, request: ReserveRequest, claims: Sequence[SummedClaim]) -> _Terms:
        numbers = tuple([number for c in claims for number in (c.quantity, c.limit, c.window_ms)])
        kept = tuple([claim.kept for claim in claims])
        row = (request.hold_ms, request.confirm, request.standing, numbers)
        known = self._terms.get((*row, kept))
        if known is None:
            flat = [value for c in claims for value in (None, c.quantity, c.limit, c.window_ms, c.kept)]
            known = _Terms(len(self._terms) + 1, row, flat, [claim.limit == NAMED for claim in claims])
            self._terms[(*row, kept)] = known
        return known
