"""The audit's report, apart from how it came to be."""

from __future__ import annotations

from tuan.domain.claim import (
    Claim,
    CounterSpec,
    CounterState,
    OnRelease,
    ReservationSnapshot,
    ReservationState,
    ShardSnapshot,
)
from tuan.usecases.audit import AuditReport, Difference, Figure
from tuan.usecases.shard_counters import expected_counters, limits_of


def test_the_summary_is_one_fixed_line() -> None:
    """Goal: the demo's last line. Method: nothing, and one difference in each figure."""
    assert AuditReport(()).summary() == "audit: oversold=0 stranded=0 lost=0 duplicated=0 unbalanced=0"
    assert AuditReport(()).clean
    differences = tuple(Difference(figure, "n", "s", 0, 2 + index) for index, figure in enumerate(Figure))
    report = AuditReport(differences)
    assert report.summary() == "audit: oversold=2 stranded=3 lost=4 duplicated=5 unbalanced=6"
    assert not report.clean
    assert str(differences[0]) == "oversold n s: expected 0, found 2"


def test_every_difference_counts() -> None:
    """Goal: two sides that differ in kind but not in number still make a figure. Method: expected equals found."""
    assert Difference(Figure.LOST, "n", "s", 3, 3).amount == 1
    assert Difference(Figure.LOST, "n", "s", 5, 2).amount == 3
    assert not AuditReport((), busy=("sale",)).clean


def reservation(state: ReservationState, *claims: Claim, create_ms: int = 0, **returned: int) -> ReservationSnapshot:
    given_back = tuple((f"stock/{name}", count) for name, count in returned.items())
    return ReservationSnapshot("k", "f", state, 1, create_ms, 0, claims, given_back)


def test_counters_by_state() -> None:
    """Goal: what each state leaves in a counter. Method: one reservation of each, by hand."""
    tea, kept = Claim("stock/tea", 3), Claim("stock/tea", 2, on_release=OnRelease.KEEP)
    for state, expected in (
        (ReservationState.PENDING, CounterState(9, 5, 0)),
        (ReservationState.CONFIRMED, CounterState(9, 5, 5)),
        (ReservationState.RELEASED, CounterState(9, 2, 2)),
        (ReservationState.EXPIRED, CounterState(9, 2, 2)),
    ):
        snapshot = ShardSnapshot(1, 1, (CounterSpec("stock/tea", 9),), (reservation(state, tea, kept),))
        assert expected_counters(snapshot, 0) == {"stock/tea": expected}
    part = reservation(ReservationState.CONFIRMED, tea, kept, tea=4)
    snapshot = ShardSnapshot(1, 1, (CounterSpec("stock/tea", 9),), (part,))
    assert expected_counters(snapshot, 0) == {"stock/tea": CounterState(9, 1, 1)}


def test_limits_count_within_their_window() -> None:
    """Goal: half-open windows, the longest one wins, 0 is for ever. Method: the milliseconds around the edge."""

    def take(create_ms: int, window_ms: int, limit: int = 2) -> ReservationSnapshot:
        return reservation(ReservationState.PENDING, Claim("device/d", 1, limit, window_ms), create_ms=create_ms)

    def used(now_ms: int, *takes: ReservationSnapshot) -> int:
        return expected_counters(ShardSnapshot(1, 1, (), takes), now_ms).get("device/d", CounterState(None, 0, 0)).used

    assert used(99, take(0, 100)) == 1
    assert used(100, take(0, 100)) == 0
    assert used(100, take(0, 100), take(0, 200)) == 2
    assert used(10**9, take(0, 100), take(0, 0)) == 2
    assert limits_of(ShardSnapshot(1, 1, (), (take(0, 0, 2), take(0, 0, 5), take(0, 0, 3)))) == {"device/d": 5}
