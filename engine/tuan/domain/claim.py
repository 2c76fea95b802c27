"""Claims, reservations and their answers: the one primitive that everything which can run out goes through.

A **bounded counter** lives in a shard. Two kinds: a *named capacity* (stock, seats, a budget; its capacity is stored with
the shard) and a *per-subject limit* (per buyer, device, address; the limit comes with the claim). A **claim** takes from
one; a **reservation** is a set of claims that is granted whole or not at all, and ends exactly once.

    pending --confirm--> confirmed --give_back (part or whole, once per key)--> confirmed, with less
       |-----release--> released
       `-----expire---> expired
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum, StrEnum

from msgspec import Struct

#: Lua numbers are doubles: whole numbers are exact below 2^53 only. Capacities and quantities stay below this.
QUANTITY_MAX = 2**53 - 1
CLAIMS_PER_RESERVATION_MAX = 1024
RESERVATIONS_PER_CALL_MAX = 256
NAME_BYTES_MAX = 200


class Code(IntEnum):
    """The answer to one item of a batch, in order of precedence: the first that applies is the one given."""

    GRANTED = 0
    """Done (also when this is a replay: `Answer.replayed` tells)."""
    SHARD_MISSING = 1
    """Redis does not know the shard: never defined, or lost. Nothing was done for the whole batch."""
    STALE_EPOCH = 2
    """The caller's epoch is not the shard's. Nothing was done for the whole batch."""
    SHARD_CLOSED = 3
    """The shard is closed (rebuild in progress). Nothing was done for the whole batch."""
    FINGERPRINT_MISMATCH = 4
    """The key was used before with another content."""
    UNKNOWN_RESERVATION = 5
    ALREADY_CONFIRMED = 6
    ALREADY_RELEASED = 7
    ALREADY_EXPIRED = 8
    UNKNOWN_COUNTER = 9
    """A named capacity that the shard does not have. `Answer.counter` names it."""
    NOT_OPEN_YET = 10
    """Before the counter's open time."""
    CLOSED = 11
    """At or after the counter's close time (reserve) or its confirm deadline (confirm)."""
    DOES_NOT_FIT = 12
    """A named capacity has too little left; `counter` and `available` say which and how much."""
    OVER_LIMIT = 13
    """A per-subject limit would be exceeded; `counter` and `available` say which and how much is left."""
    TOO_MUCH = 14
    """give_back of more than was confirmed and not yet given back; restock below what is taken."""


class OnRelease(StrEnum):
    """What happens to a claim when its reservation is released or expires."""

    GIVE_BACK = "give_back"
    KEEP = "keep"


class Verb(StrEnum):
    """What happened, as intents name it."""

    DEFINE = "define"
    RESERVE = "reserve"
    CONFIRM = "confirm"
    RELEASE = "release"
    EXPIRE = "expire"
    RESTOCK = "restock"
    GIVE_BACK = "give_back"


class ReservationState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class Claim(Struct, frozen=True, gc=False):
    """A take of `quantity` (>= 1) from the counter named `counter` of the reservation's shard.

    `limit` None: a named capacity, which must have been defined. `limit` >= 0: a per-subject limit; the counter comes into
    being by itself. `window_ms` > 0 (limits only): what was taken counts for that long, by a sliding window.
    Claims on the same counter within one reservation are summed before the check; they must agree in limit and window.
    """

    counter: str
    quantity: int
    limit: int | None = None
    window_ms: int = 0
    on_release: OnRelease = OnRelease.GIVE_BACK


class ClaimTerms(Struct, frozen=True, gc=False):
    """All of a `Claim` but its counter: what the claims of many buyers, each on limits of their own, have in common."""

    quantity: int
    limit: int | None = None
    window_ms: int = 0
    on_release: OnRelease = OnRelease.GIVE_BACK


class ClaimSet(Struct, frozen=True, gc=False):
    """Claims on `counters`, each on the terms in the same place.

    Orders for the same goods share `terms`, the very object: a store checks and packs it once for all of them, where that of each
    claim was a third of what placing an order cost.
    """

    terms: tuple[ClaimTerms, ...]
    counters: tuple[str, ...]

    def __iter__(self) -> Iterator[Claim]:
        for counter, terms in zip(self.counters, self.terms, strict=True):
            yield Claim(counter, terms.quantity, terms.limit, terms.window_ms, terms.on_release)

    def __len__(self) -> int:
        return len(self.counters)


class CounterSpec(Struct, frozen=True, gc=False):
    """A named capacity as `define` creates it. Times are Unix milliseconds; 0 means unbounded.

    Reserve is granted in [open_time_ms, close_time_ms); confirm before confirm_deadline_ms. A capacity with such a deadline is
    *settled* once it is filled or the deadline is past: give_back leaves what was taken of it, so that it stays decided.
    """

    name: str
    capacity: int
    open_time_ms: int = 0
    close_time_ms: int = 0
    confirm_deadline_ms: int = 0


class CounterState(Struct, frozen=True, gc=False):
    """A counter at one moment: `used` = pending + confirmed, `taken` = confirmed (or kept). Limits have capacity None."""

    capacity: int | None
    used: int
    taken: int


class ReserveRequest(Struct, frozen=True, gc=False):
    """One reservation. `key` is the idempotency key and the reservation's name in its shard; `fingerprint` names its content.

    `hold_ms`: how long it stays pending before `expire` may give it back (0: until ended by hand).
    `confirm`: granted reservations are confirmed in the same step (late money that still fits).
    `body`: what SQL needs to know, UTF-8 text, opaque to the inventory.
    `label`: a short text kept with the reservation and given back by every answer about it: the order id. A repeated request
    makes a new order id before it asks; the label of the answer is the first one.
    `standing`: the engine's own reservation (a buffer held back): granted outside a counter's window too.
    """

    key: str
    fingerprint: str
    claims: Sequence[Claim] | ClaimSet
    hold_ms: int
    body: bytes = b""
    confirm: bool = False
    label: str = ""
    standing: bool = False


class EndRequest(Struct, frozen=True, gc=False):
    """Confirm or release the reservation `key`; `body` goes into the intent (payment id, reason ...)."""

    key: str
    body: bytes = b""


class RestockRequest(Struct, frozen=True, gc=False):
    """Change a named capacity by `delta` (either sign), once per `key`.

    `clip`: a negative delta takes at most what is available, down to nothing, and the answer's `applied` says how much.
    Without it, a delta that does not fit is refused whole (TOO_MUCH).
    """

    key: str
    counter: str
    delta: int
    clip: bool = False
    body: bytes = b""


class GiveBackRequest(Struct, frozen=True, gc=False):
    """Give back part of a confirmed reservation's claims (a refund before shipping), once per `key`.

    Claims on settled capacities (see `CounterSpec`) stay as they are; the answer's `applied` is what came back of the others.
    """

    key: str
    reservation_key: str
    quantities: tuple[tuple[str, int], ...]
    body: bytes = b""


class Answer(Struct, frozen=True, gc=False):
    """The answer to one item of a batch.

    `sequence`: the shard's sequence number of the intent (of the first time, when replayed); 0 when nothing was written.
    `due_ms`: when a granted pending reservation may expire. `state`: of the reservation now.
    `filled`: named capacities whose confirmed quantity reached their capacity by this very item (group complete, sold out for good).
    `exhausted`: named capacities that have nothing available after this item (all held or sold).
    """

    code: Code
    sequence: int = 0
    replayed: bool = False
    state: ReservationState | None = None
    due_ms: int = 0
    counter: str | None = None
    available: int = 0
    applied: int = 0
    filled: tuple[str, ...] = ()
    exhausted: tuple[str, ...] = ()
    label: str = ""


class Intent(Struct, frozen=True, gc=False):
    """What a script wrote for SQL: one entry of the shard's gapless stream, in the order in which Redis decided.

    `key`: the reservation (reserve, confirm, release, expire, give_back) or the restock/define key.
    `claims`: what moved: (counter, quantity, limit or -1, window_ms, kept 0/1). For define: the counters with their capacity as
    quantity; for restock: one entry whose quantity is the applied delta (either sign).
    """

    sequence: int
    verb: Verb
    key: str
    time_ms: int
    epoch: int
    fingerprint: str = ""
    due_ms: int = 0
    confirmed: bool = False
    claims: tuple[tuple[str, int, int, int, int], ...] = ()
    specs: tuple[CounterSpec, ...] = ()
    filled: tuple[str, ...] = ()
    give_back_key: str = ""
    body: str = ""
    label: str = ""


class ShardState(Struct, frozen=True, gc=False):
    """A shard as its store sees it; `open` False refuses every verb but the rebuild's own."""

    epoch: int
    sequence: int
    open: bool
    time_ms: int


class ReservationSnapshot(Struct, frozen=True, gc=False):
    """A reservation as a rebuild loads it into a shard. `returned`: what give_back took out already, per counter."""

    key: str
    fingerprint: str
    state: ReservationState
    sequence: int
    create_time_ms: int
    due_ms: int
    claims: tuple[Claim, ...]
    returned: tuple[tuple[str, int], ...] = ()
    label: str = ""


class ShardSnapshot(Struct, frozen=True, gc=False):
    """A whole shard, from SQL: `applied_keys` are the restock and give_back keys with the delta that each applied."""

    epoch: int
    sequence: int
    counters: tuple[CounterSpec, ...]
    reservations: tuple[ReservationSnapshot, ...]
    applied_keys: tuple[tuple[str, int], ...] = ()
