"""How much may be under way at once, found out by measuring how long it has to wait."""

from __future__ import annotations

#: Two looks at the measurements are at least so far apart: long enough for a batch of each caller, short enough for a burst.
WINDOW_S = 0.1
#: One look raises the limit by at most a quarter, for nobody knows what is beyond it. It lowers it as far as was measured: what
#: came at once with a burst is seconds long, and halving would wait for all of it with each half.
GROWTH_MAX = 1.25
SHRINK_MAX = 0.1
#: Where fewer are under way than this share of the limit, it is not the limit that holds them back.
BINDING = 0.5
#: What the fastest takes is learnt at once when it gets faster, and by this share of the difference when it gets slower while
#: the limit is far away.
LEARNING = 0.2


class _Kind:
    """Durations of one kind of work. `base_s`: without a queue. `fastest_s`: in this window, and `last_s` in the one before."""

    __slots__ = ("base_s", "fastest_s", "last_s")

    def __init__(self, first_s: float) -> None:
        self.base_s = self.fastest_s = self.last_s = first_s


class AdaptiveLimit:
    """A gradient limit (as in Netflix' concurrency-limits) with a target for the queue, in units of work: an order, a view.

    Little's law: what is under way is throughput times duration, so with `limit * wanted / measured duration` under way the
    duration becomes the wanted one, and throughput stays as it is. The wanted duration is that of work that has no queue before
    it, plus `target_s`. What has no queue is learnt while the limit is far away, and when it cannot be lowered: at `low` a
    queue cannot be the reason. Only work that began after the last change tells anything about it.
    """

    def __init__(self, low: int, high: int, start: int, target_s: float) -> None:
        self.limit = float(min(max(start, low), high))
        #: What the work that ended lately had to wait for, and how long it took in all.
        self.queue_s = 0.0
        self.duration_s = 0.0
        self._low = low
        self._high = max(low, high)
        self._target_s = target_s
        self._kinds: dict[str, _Kind] = {}
        self._changed_s = 0.0
        self._peak = 0
        self._begin(0.0, 0)

    def began(self, in_work: int) -> None:
        """So much is under way now."""
        if in_work > self._peak:
            self._peak = in_work

    def ended(self, kind: str, count: int, begin_s: float, now_s: float, in_work: int) -> None:
        """`count` units of a kind, under way since `begin_s`, are done; `in_work` is what is left."""
        if begin_s < self._changed_s or not count:
            return
        took_s = now_s - begin_s
        known = self._kinds.get(kind)
        if known is None:
            known = self._kinds[kind] = _Kind(took_s)
        elif took_s < known.fastest_s:
            known.fastest_s = took_s
            known.base_s = min(known.base_s, took_s)
        self._count += count
        self._took_s += count * took_s
        self._base_s += count * known.base_s
        if now_s - self._begin_s >= WINDOW_S:
            self._look(now_s, in_work)

    def fastest_s(self, kind: str, now_s: float) -> float:
        """How long the fastest of a kind took lately; 0 where nothing is known, so that somebody is let in to find out."""
        known = self._kinds.get(kind)
        return known.last_s if known is not None and now_s - self._begin_s < 10 * WINDOW_S else 0.0

    def _look(self, now_s: float, in_work: int) -> None:
        self.duration_s = self._took_s / self._count
        base_s = self._base_s / self._count
        self.queue_s = max(0.0, self.duration_s - base_s)
        ratio = (base_s + self._target_s) / max(self.duration_s, 1e-9)
        before, binding = self.limit, self._peak >= BINDING * self.limit
        if ratio < 1.0:
            self.limit = max(self._low, min(self.limit, self._peak) * max(ratio, SHRINK_MAX))
        elif binding:
            self.limit = min(self._high, self.limit * min(ratio, GROWTH_MAX))
        if self.limit != before:
            self._changed_s = now_s
        self._learn(1.0 if self.limit <= self._low else 0.0 if binding else LEARNING)
        self._begin(now_s, in_work)

    def _learn(self, share: float) -> None:
        for kind in self._kinds.values():
            if kind.fastest_s == float("inf"):
                kind.last_s = 0.0  # none of them ended in this window
                continue
            if kind.fastest_s > kind.base_s:
                kind.base_s += (kind.fastest_s - kind.base_s) * share
            kind.last_s, kind.fastest_s = kind.fastest_s, float("inf")

    def _begin(self, now_s: float, in_work: int) -> None:
        self._begin_s = now_s
        self._count = 0
        self._took_s = self._base_s = 0.0
        self._peak = in_work
