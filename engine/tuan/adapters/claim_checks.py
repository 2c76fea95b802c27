"""What both inventories ask of their arguments before anything is sent or changed. Everything else about them is a `Code`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized

import msgspec
from msgspec.structs import replace

from tuan.domain.claim import (
    CLAIMS_PER_RESERVATION_MAX,
    NAME_BYTES_MAX,
    QUANTITY_MAX,
    RESERVATIONS_PER_CALL_MAX,
    Claim,
    ClaimSet,
    CounterSpec,
    EndRequest,
    GiveBackRequest,
    OnRelease,
    ReservationSnapshot,
    ReserveRequest,
    RestockRequest,
    ShardSnapshot,
)
from tuan.domain.errors import InvalidValue

#: A hundred years: far below 2^53 together with any time of this era.
DURATION_MS_MAX = 100 * 365 * 24 * 3600 * 1000
#: `Claim.limit` None, as it is stored and as intents name it.
NAMED = -1


#: Looking a member up costs 0.1 µs, as much as the rest of a claim's check.
_KEEP = OnRelease.KEEP


class SummedClaim(msgspec.Struct, frozen=True):
    """All that one reservation takes from one counter. `limit` -1: a named capacity. `kept`: the part with OnRelease.KEEP."""

    counter: str
    quantity: int
    limit: int
    window_ms: int
    kept: int

    def moved(self) -> Iterator[tuple[str, int, int, int, int]]:
        """As intents tell it: what can be given back, and what is kept."""
        free = self.quantity - self.kept
        if free or not self.kept:
            yield self.counter, free, self.limit, self.window_ms, 0
        if self.kept:
            yield self.counter, self.kept, self.limit, self.window_ms, 1


def check_name(field: str, name: str, min_bytes: int = 1) -> None:
    try:
        size = len(name) if name.isascii() else len(name.encode())
    except UnicodeEncodeError:
        raise InvalidValue(field, f"{name!r} is not valid Unicode; write UTF-8 text") from None
    if not min_bytes <= size <= NAME_BYTES_MAX:
        raise InvalidValue(field, f"has {size} bytes; write {min_bytes} to {NAME_BYTES_MAX}")


def check_number(field: str, number: int, low: int, high: int) -> None:
    if not low <= number <= high:
        raise _out_of_range(field, number, low, high)


def _out_of_range(field: str, number: int, low: int, high: int) -> InvalidValue:
    return InvalidValue(field, f"{number} is out of range; write a number from {low} to {high}")


def check_shard(shard: str) -> None:
    """Braces delimit the hash tag of its Redis keys."""
    check_name("shard", shard)
    if "{" in shard or "}" in shard:
        raise InvalidValue("shard", f"{shard!r} has a brace; write a name without")


def check_count(count_max: int) -> None:
    check_number("count_max", count_max, 1, QUANTITY_MAX)


def check_batch(requests: Sized) -> None:
    if len(requests) > RESERVATIONS_PER_CALL_MAX:
        raise InvalidValue("requests", f"{len(requests)} in one call; send at most {RESERVATIONS_PER_CALL_MAX}")


def text(field: str, body: bytes) -> str:
    """The body as text: what is not UTF-8 would only fail later, in the drain."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InvalidValue(field, f"is not UTF-8 text: {error.reason} at byte {error.start}") from None


def sum_claims(claims: Sequence[Claim] | ClaimSet) -> list[SummedClaim]:
    """One claim per counter, in the order of first mention."""
    if len(claims) > CLAIMS_PER_RESERVATION_MAX:
        raise InvalidValue("claims", f"{len(claims)} in one reservation; claim at most {CLAIMS_PER_RESERVATION_MAX}")
    checked = [_checked(claim) for claim in claims]
    if len({claim.counter for claim in checked}) == len(checked):
        return checked
    summed: dict[str, SummedClaim] = {}
    for claim in checked:
        earlier = summed.get(claim.counter)
        summed[claim.counter] = claim if earlier is None else _add(earlier, claim)
    return list(summed.values())


def _checked(claim: Claim) -> SummedClaim:
    """In one breath where nothing is wrong, as for 60,000 claims a second; `_refuse` finds the words."""
    counter, quantity, limit, window_ms = claim.counter, claim.quantity, claim.limit, claim.window_ms
    if not (counter.isascii() and 0 < len(counter) <= NAME_BYTES_MAX):
        check_name("claims.counter", counter)
    kept = quantity if claim.on_release is _KEEP else 0
    if 0 < quantity <= QUANTITY_MAX:
        if limit is None and not window_ms:
            return SummedClaim(counter, quantity, NAMED, 0, kept)
        if limit is not None and 0 <= limit <= QUANTITY_MAX and 0 <= window_ms <= DURATION_MS_MAX:
            return SummedClaim(counter, quantity, limit, window_ms, kept)
    raise _refused(claim)


def _refused(claim: Claim) -> InvalidValue:
    where = f"claims[{claim.counter}]"
    if not 0 < claim.quantity <= QUANTITY_MAX:
        return _out_of_range(f"{where}.quantity", claim.quantity, 1, QUANTITY_MAX)
    if claim.limit is None:
        return InvalidValue(f"{where}.window_ms", "a named capacity has no window; give a limit, or window 0")
    if not 0 <= claim.limit <= QUANTITY_MAX:
        return _out_of_range(f"{where}.limit", claim.limit, 0, QUANTITY_MAX)
    return _out_of_range(f"{where}.window_ms", claim.window_ms, 0, DURATION_MS_MAX)


def _add(one: SummedClaim, other: SummedClaim) -> SummedClaim:
    if (one.limit, one.window_ms) != (other.limit, other.window_ms):
        raise InvalidValue(f"claims[{one.counter}]", "is claimed twice with another limit or window; make them agree")
    quantity = one.quantity + other.quantity
    check_number(f"claims[{one.counter}].quantity", quantity, 1, QUANTITY_MAX)
    return replace(one, quantity=quantity, kept=one.kept + other.kept)


def are_plain_names(names: Sequence[str]) -> bool:
    """Of a whole batch what `check_name` asks of each counter, where all are as nearly all are; where False, it finds the words."""
    return (
        min(map(len, names), default=1) > 0
        and max(map(len, names), default=0) <= NAME_BYTES_MAX
        and "".join(names).isascii()
    )


def are_distinct(names: Sequence[str]) -> bool:
    """Whether a claim set names each counter once, and not too many, so that there is nothing to sum."""
    return 0 < len(names) <= CLAIMS_PER_RESERVATION_MAX and len(set(names)) == len(names)


def are_good_heads(requests: Sequence[ReserveRequest]) -> bool:
    """Of a whole batch what `check_head` asks of each, where all are as nearly all are; where False, it finds the words."""
    keys = [request.key for request in requests]
    optional = [name for request in requests for name in (request.fingerprint, request.label)]
    holds = [request.hold_ms for request in requests]
    return (
        min(map(len, keys), default=1) > 0
        and max(map(len, keys + optional), default=0) <= NAME_BYTES_MAX
        and "".join(keys + optional).isascii()
        and min(holds, default=0) >= 0
        and max(holds, default=0) <= DURATION_MS_MAX
        and all(request.body.isascii() for request in requests)
    )


def check_head(request: ReserveRequest) -> bytes:
    """All of a request but its claims; its body, which is UTF-8 text."""
    check_name("key", request.key)
    check_name("fingerprint", request.fingerprint, min_bytes=0)
    check_name("label", request.label, min_bytes=0)
    check_number("hold_ms", request.hold_ms, 0, DURATION_MS_MAX)
    if not request.body.isascii():
        text("body", request.body)
    return request.body


def check_reserve(request: ReserveRequest) -> tuple[list[SummedClaim], bytes]:
    """Its claims, summed per counter, and its body, which is UTF-8 text."""
    body = check_head(request)
    return sum_claims(request.claims), body


def check_end(request: EndRequest) -> str:
    """Its body as text."""
    check_name("key", request.key)
    return text("body", request.body)


def check_restock(request: RestockRequest) -> str:
    """Its body as text."""
    check_name("key", request.key)
    check_name("counter", request.counter)
    check_number("delta", request.delta, -QUANTITY_MAX, QUANTITY_MAX)
    return text("body", request.body)


def check_give_back(request: GiveBackRequest) -> tuple[dict[str, int], str]:
    """Its quantities, summed per counter, and its body as text."""
    check_name("key", request.key)
    check_name("reservation_key", request.reservation_key)
    summed: dict[str, int] = {}
    for counter, quantity in request.quantities:
        check_name("quantities.counter", counter)
        check_number(f"quantities[{counter}]", quantity, 1, QUANTITY_MAX)
        summed[counter] = summed.get(counter, 0) + quantity
    # The answer's `applied` is the sum of them all.
    check_number("quantities", sum(summed.values()), 0, QUANTITY_MAX)
    return summed, text("body", request.body)


def check_specs(specs: Iterable[CounterSpec]) -> None:
    names: set[str] = set()
    for spec in specs:
        check_name("counters.name", spec.name)
        check_number(f"counters[{spec.name}].capacity", spec.capacity, 0, QUANTITY_MAX)
        for field in ("open_time_ms", "close_time_ms", "confirm_deadline_ms"):
            check_number(f"counters[{spec.name}].{field}", getattr(spec, field), 0, QUANTITY_MAX)
        if spec.name in names:
            raise InvalidValue(f"counters[{spec.name}]", "is defined twice in one call; name it once")
        names.add(spec.name)


def check_snapshot(snapshot: ShardSnapshot) -> None:
    """A claim on a named capacity that the snapshot lacks would be lost on the way, as would one of two reservations of one key."""
    check_specs(snapshot.counters)
    check_number("snapshot.epoch", snapshot.epoch, 0, QUANTITY_MAX)
    check_number("snapshot.sequence", snapshot.sequence, 0, QUANTITY_MAX)
    names = {spec.name for spec in snapshot.counters}
    keys: set[str] = set()
    for reservation in snapshot.reservations:
        if reservation.key in keys:
            raise _wrong_in_snapshot(reservation, "is there twice; give each reservation of a shard a key of its own")
        keys.add(reservation.key)
        for claim in reservation.claims:
            if claim.limit is None and claim.counter not in names:
                message = f"claims {claim.counter}, which is not among the snapshot's counters; add it to them"
                raise _wrong_in_snapshot(reservation, message)


def _wrong_in_snapshot(reservation: ReservationSnapshot, message: str) -> InvalidValue:
    return InvalidValue(f"snapshot.reservations[{reservation.key}]", message)
