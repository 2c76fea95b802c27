"""A batch of reserve requests in columns, as reserve.lua takes them: what requests have in common is checked, sent and worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, count
from operator import getitem
from typing import Any

import msgspec

from tuan.adapters import claim_checks as checks
from tuan.adapters.claim_checks import NAMED, SummedClaim
from tuan.adapters.redis_inventory.packing import STRING_HEADS, array_head, encode
from tuan.domain.claim import ClaimSet, ReserveRequest

Slots = defaultdict[str, int]


class _Terms(msgspec.Struct):
    """`row`: hold_ms, confirm, standing, and per claim: quantity, limit, window_ms. `claims`: five values per claim, as a record's
    content has them, with the counters left open. `slots`: of each claim, where its counter gets its slot.
    """

    number: int
    row: tuple[int, bool, bool, tuple[int, ...]]
    claims: list[Any]
    slots: list[Slots]


class Columns:
    """The columns of one batch. Raises InvalidValue for the first request that is wrong."""

    def __init__(self, requests: Sequence[ReserveRequest]) -> None:
        self._terms: dict[tuple[int, bool, bool, tuple[int, ...], tuple[int, ...]], _Terms] = {}
        #: Of claim sets, by the very object of their terms, which the requests keep alive.
        self._known: dict[tuple[int, int, bool, bool], _Terms] = {}
        #: Names of counters with their slots, numbered from 1 as they come.
        self._capacities: Slots = defaultdict(count(1).__next__)
        self._limits: Slots = defaultdict(count(1).__next__)
        self._terms_of: list[int] = []
        self._slots: list[int] = []
        self._contents: list[bytes] = [array_head(len(requests))]
        self._bodies: list[bytes] = [array_head(len(requests))]
        self._keys = [request.key for request in requests]
        checked = checks.are_good_heads(requests)
        sets = [request.claims for request in requests if type(request.claims) is ClaimSet]
        plain = checks.are_plain_names(list(chain.from_iterable([claims.counters for claims in sets])))
        for request in requests:
            if not checked:
                checks.check_head(request)
            self._add(request, plain)

    def packed(self) -> bytes:
        first_of: dict[str, int] = {}
        firsts = [first_of.setdefault(key, place) for place, key in enumerate(self._keys, 1)]
        columns = (
            encode([terms.row for terms in self._terms.values()]),
            encode(self._terms_of),
            encode(self._keys),
            encode(firsts),
            *self._contents,
            *self._bodies,
            encode(self._slots),
            encode(list(self._capacities)),
            encode(list(self._limits)),
        )
        return b"".join(columns)

    def _add(self, request: ReserveRequest, plain: bool) -> None:
        """`plain`: the names in claim sets need no further look."""
        claims, body = request.claims, request.body
        names: Sequence[str]
        if plain and type(claims) is ClaimSet and checks.are_distinct(claims.counters):
            names = claims.counters
            key = (id(claims.terms), request.hold_ms, request.confirm, request.standing)
            terms = self._known.get(key)
            if terms is None:
                terms = self._known[key] = self._of(request, checks.sum_claims(claims))
        else:
            summed = checks.sum_claims(claims)
            terms, names = self._of(request, summed), [claim.counter for claim in summed]
        self._terms_of.append(terms.number)
        self._slots.extend(map(getitem, terms.slots, names))
        flat = terms.claims.copy()
        flat[::5] = names
        # Without the head of the array, which is one byte: three values that follow one another.
        content = encode((request.fingerprint, request.label, flat))[1:]
        text = STRING_HEADS[len(body)]
        # Both are msgpack inside a msgpack string: Lua stores and logs them as they are.
        self._contents += (STRING_HEADS[len(content)], content)
        self._bodies += (STRING_HEADS[len(text) + len(body)], text, body)

    def _of(self, request: ReserveRequest, claims: Sequence[SummedClaim]) -> _Terms:
        numbers = tuple([number for c in claims for number in (c.quantity, c.limit, c.window_ms)])
        kept = tuple([claim.kept for claim in claims])
        row = (request.hold_ms, request.confirm, request.standing, numbers)
        known = self._terms.get((*row, kept))
        if known is None:
            flat = [value for c in claims for value in (None, c.quantity, c.limit, c.window_ms, c.kept)]
            slots = [self._capacities if claim.limit == NAMED else self._limits for claim in claims]
            known = _Terms(len(self._terms) + 1, row, flat, slots)
            self._terms[(*row, kept)] = known
        return known
