"""When an engine is itself again after an overload, from a probe's timeline."""

from __future__ import annotations

from tests.bench.stations.overload import recovery_s

ENDED_S, NORMAL_MS = 100.0, 20.0


def _timeline(*slow_until_s: float) -> list[tuple[float, float, int]]:
    """Twenty a second for 10 s from before the end on; slow ones until the given instants, alone at the later ones."""
    dues = [ENDED_S - 1 + step / 20 for step in range(220)]
    return [(due, 500.0 if due < ENDED_S + slow_until_s[0] else 5.0, 8) for due in dues]


def test_it_is_the_end_of_the_last_slow_window() -> None:
    """Goal: neither too early nor rounded down. Method: slow for 2.2 s, which ends within the window up to 2.5 s, mostly fast."""
    assert recovery_s(_timeline(2.2), ENDED_S, NORMAL_MS) == 2.0
    assert recovery_s(_timeline(2.3), ENDED_S, NORMAL_MS) == 2.5
    assert recovery_s(_timeline(0.0), ENDED_S, NORMAL_MS) == 0.0


def test_a_relapse_counts() -> None:
    """Goal: a tail that comes back is not recovered from. Method: half a slow second, 5 s later."""
    relapse = [(due, 500.0 if ENDED_S + 5 <= due < ENDED_S + 5.5 else ms, n) for due, ms, n in _timeline(0.0)]
    assert recovery_s(relapse, ENDED_S, NORMAL_MS) == 5.5


def test_one_slow_message_is_no_relapse() -> None:
    """Goal: one pause of the disk is not the engine's. Method: a single slow message among ten of its window."""
    single = [(due, 500.0 if due == ENDED_S + 3 else ms, n) for due, ms, n in _timeline(0.0)]
    assert recovery_s(single, ENDED_S, NORMAL_MS) == 0.0
