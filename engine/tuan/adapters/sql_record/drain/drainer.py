"""The drain's loop: wait for intents, write them in batches, trim the log.

Synchronous, in a thread of its own: SQLAlchemy's async engines lose connections when a task is cancelled. On SQLite its
transactions go through the record's one writer thread; on PostgreSQL the batches of two shards are written at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace

import structlog

from tuan.adapters.sql_record.drain import lease as leases
from tuan.adapters.sql_record.drain.aside import set_aside, stop_shard
from tuan.adapters.sql_record.drain.bodies import Body, decode_body
from tuan.adapters.sql_record.drain.bulk import bulk_for
from tuan.adapters.sql_record.drain.errors import LostLease
from tuan.adapters.sql_record.drain.lease import Lease
from tuan.adapters.sql_record.drain.plan import Plan
from tuan.adapters.sql_record.drain.settings import DrainSettings
from tuan.adapters.sql_record.drain.troubles import Troubles
from tuan.adapters.sql_record.drain.write import write_batch
from tuan.adapters.sql_record.store import Store
from tuan.domain.claim import Intent
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Clock, IntentLog

log = structlog.get_logger(__name__)

#: Reasons for which the whole drain waits and tries again: no intent is to blame.
_STORE_IS_DOWN = frozenset({Reason.STORE_UNAVAILABLE, Reason.OUTCOME_UNKNOWN})
PAUSE_S = 0.1
PAUSE_MAX_S = 2.0


class Drainer:
    """`owner` must be new for every process that runs a drain: it is what its leases are held under.

    `on_commit(shard, cursor)` is called after each commit, and `on_alarm(kind, shard, detail)` for a gap, a stale epoch and an
    intent set aside; both in the drain's thread.
    """

    def __init__(
        self,
        store: Store,
        intent_log: IntentLog,
        owner: str,
        clock: Clock,
        settings: DrainSettings | None = None,
        on_commit: Callable[[str, int], None] | None = None,
        on_alarm: Callable[[str, str, str], None] | None = None,
    ) -> None:
        self._store = store
        self._log = intent_log
        self._owner = owner
        self._clock = clock
        self._settings = settings or DrainSettings()
        self._on_commit = on_commit
        self._on_alarm = on_alarm
        self._bulk = bulk_for(store.dialect)
        self._leases: dict[str, Lease] = {}
        self._troubles = Troubles(self._settings)
        self._refresh_at_ms = 0
        self._oldest_ms: dict[str, int] = {}
        #: By shard: the lease as it will be when the batch before is committed, and the intents behind it.
        self._ahead: dict[str, tuple[Lease, Sequence[Intent]]] = {}
        self._hurried = threading.Event()

    def take_over(self) -> None:
        """Before `run`, where no other drain can be alive (SQLite, under the folder's lock): do not wait for dead leases."""
        self._store.drain(leases.free_all).result()

    def succeed(self, dead: str) -> None:
        """Before `run`: do not wait for the leases of an owner whose process is known to have ended.

        What it sent and PostgreSQL has not answered yet either commits before this returns or meets the fence.
        """
        self._store.drain(lambda connection: leases.give_up(connection, dead)).result()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set: then what was read is written, and the leases are given up."""
        pause_s = PAUSE_S
        while not stop.is_set():
            self._hurried.clear()
            try:
                count = self.drain_once(self._settings.refresh_ms)
                if not count and not self._leases:
                    stop.wait(self._settings.refresh_ms / 1000)
                elif count < self._settings.batch_max // 8:
                    # A transaction costs some 2 ms whatever is in it: a little company makes it cheap.
                    stop.wait(self._settings.linger_ms / 1000)
                    self._hurried.wait(self._settings.patience_ms / 1000)
                pause_s = PAUSE_S
            except Exception as error:
                log.warning("drain_paused", owner=self._owner, error=str(error), pause_s=pause_s)
                self._forget_leases()
                stop.wait(pause_s)
                pause_s = min(pause_s * 2, PAUSE_MAX_S)
        self._give_up_leases()

    def hurry(self) -> None:
        """Somebody waits for what was not written yet. From any thread."""
        self._hurried.set()

    def drain_once(self, timeout_ms: int = 0) -> int:
        """Wait at most `timeout_ms` for intents and write one batch of each shard that has some; how many intents.

        Raises TuanError while one of the stores is unavailable.
        """
        self._refresh_leases()
        now_ms = self._clock.now_ms()
        cursors = {shard: held.cursor for shard, held in self._leases.items() if self._troubles.may_run(shard, now_ms)}
        if not cursors:
            return 0
        started = [batch for shard in self._log.wait(cursors, timeout_ms) if (batch := self._start(shard))]
        for lease, intents, _ in started:
            self._read_ahead(lease, intents)
        return sum(self._finish(lease, intents, future) for lease, intents, future in started)

    def cursors(self) -> dict[str, int]:
        """The shards that this drain owns and how far it has written them."""
        return {shard: held.cursor for shard, held in list(self._leases.items())}

    def lag_ms(self) -> int:
        """The age of the oldest intent that was read and is not committed; 0 when there is none."""
        oldest = min(self._oldest_ms.values(), default=0)
        return max(0, self._clock.now_ms() - oldest) if oldest else 0

    def _start(self, shard: str) -> tuple[Lease, list[Intent], Future[Plan]] | None:
        held = self._leases[shard]
        count_max = 1 if self._troubles.retries(held) else self._settings.batch_max
        intents = self._in_order(held, self._read(held, count_max))
        if not intents:
            return None
        self._oldest_ms[shard] = intents[0].time_ms
        return held, intents, self._submit(held, intents)

    def _read(self, held: Lease, count_max: int) -> Sequence[Intent]:
        """What was read ahead, if the cursor came to be where that begins, and nothing else of the lease has changed."""
        believed, ahead = self._ahead.pop(held.shard, (held, ()))
        if count_max > 1 and ahead and believed == held:
            return ahead
        return self._log.read(held.shard, held.cursor, count_max)

    def _read_ahead(self, held: Lease, intents: Sequence[Intent]) -> None:
        """Behind a batch that is at least half full more are waiting: they are read while that batch is written."""
        if len(intents) * 2 > self._settings.batch_max > 1:
            cursor = intents[-1].sequence
            with suppress(TuanError):  # the next round says so, after this batch is finished
                ahead = self._log.read(held.shard, cursor, self._settings.batch_max)
                self._ahead[held.shard] = replace(held, cursor=cursor), ahead

    def _in_order(self, held: Lease, intents: Sequence[Intent]) -> list[Intent]:
        """The intents up to the first that must not be written: after a gap, or of another epoch."""
        good: list[Intent] = []
        for expected, intent in enumerate(intents, held.cursor + 1):
            if intent.sequence != expected:
                if not good:
                    self._stop_shard("gap", held, intent, f"intent {expected} is missing, {intent.sequence} follows")
                break
            if intent.epoch != held.epoch:
                if not good:
                    self._stop_shard("stale_epoch", held, intent, f"epoch {intent.epoch} instead of {held.epoch}")
                break
            good.append(intent)
        return good

    def _submit(self, held: Lease, intents: list[Intent]) -> Future[Plan]:
        expire_time_ms = self._clock.now_ms() + self._settings.lease_ms
        try:
            bodies: list[Body] = [decode_body(intent) for intent in intents]
        except Exception as error:
            failed: Future[Plan] = Future()
            failed.set_exception(error)
            return failed
        fence = replace(held)  # `held` may learn of a new epoch while the batch waits for its turn
        return self._store.drain(
            lambda connection: write_batch(connection, self._bulk, fence, intents, bodies, expire_time_ms)
        )

    def _finish(self, held: Lease, intents: list[Intent], future: Future[Plan]) -> int:
        try:
            future.result()
        except LostLease:
            log.warning("drain_lost_lease", shard=held.shard, owner=self._owner)
            self._leases.pop(held.shard, None)
            self._oldest_ms.pop(held.shard, None)
            self._refresh_at_ms = 0
            return 0
        except Exception as error:
            if isinstance(error, TuanError) and error.reason in _STORE_IS_DOWN:
                raise
            return self._isolate(held, intents, error)
        self._committed(held, intents[-1].sequence)
        return len(intents)

    def _isolate(self, held: Lease, intents: list[Intent], error: Exception) -> int:
        """Halve a batch that cannot be written until the intent to blame stands alone; those before it are written."""
        if len(intents) == 1:
            return self._count_failure(held, intents[0], error)
        middle = len(intents) // 2
        first, rest = intents[:middle], intents[middle:]
        done = self._finish(held, first, self._submit(held, first))
        if held.cursor == first[-1].sequence and held.shard in self._leases:
            done += self._finish(held, rest, self._submit(held, rest))
        return done

    def _count_failure(self, held: Lease, intent: Intent, error: Exception) -> int:
        now_ms = self._clock.now_ms()
        tries = self._troubles.failed(held.shard, intent.sequence, now_ms)
        log.error("drain_bad_intent", shard=held.shard, sequence=intent.sequence, tries=tries, error=repr(error))
        if tries < self._settings.tries_max:
            return 0
        expire_time_ms = now_ms + self._settings.lease_ms
        fence = replace(held)
        self._store.drain(
            lambda connection: set_aside(connection, self._bulk, fence, intent, error, tries, now_ms, expire_time_ms)
        ).result()
        self._tell("poison", held.shard, f"intent {intent.sequence} was set aside after {tries} tries")
        self._committed(held, intent.sequence)
        return 1

    def _committed(self, held: Lease, cursor: int) -> None:
        held.cursor = cursor
        self._oldest_ms.pop(held.shard, None)
        self._troubles.solved(held.shard)
        if self._on_commit is not None:
            self._on_commit(held.shard, cursor)
        self._log.trim(held.shard, cursor)

    def _stop_shard(self, kind: str, held: Lease, intent: Intent, detail: str) -> None:
        """Nothing after this may be written: the order of a shard's intents is what makes its counters right."""
        believed = replace(held)
        if self._take_leases().get(held.shard) != believed:
            return  # SQL has moved on; the next round reads with what it says now.
        now_ms = self._clock.now_ms()
        if self._troubles.stop(held.shard, kind, intent.sequence, now_ms):
            self._store.drain(
                lambda connection: stop_shard(connection, held.shard, kind, intent.sequence, detail, now_ms)
            ).result()
            self._tell(kind, held.shard, detail)

    def _tell(self, kind: str, shard: str, detail: str) -> None:
        log.error("drain_alarm", kind=kind, shard=shard, detail=detail)
        if self._on_alarm is not None:
            self._on_alarm(kind, shard, detail)

    def _refresh_leases(self) -> None:
        now_ms = self._clock.now_ms()
        if now_ms < self._refresh_at_ms:
            return
        soon_ms = now_ms + self._settings.lease_ms // 2
        if (
            not self._leases
            or self._store.read(
                lambda connection: leases.needs_attention(connection, self._owner, now_ms, soon_ms)
            ).result()
        ):
            before = set(self._leases)
            for shard, held in self._take_leases().items():
                if shard not in before and held.cursor:
                    # Whoever had it before may have ended between its COMMIT and its trim.
                    self._log.trim(shard, held.cursor)
        self._refresh_at_ms = now_ms + self._settings.refresh_ms

    def _take_leases(self) -> dict[str, Lease]:
        now_ms = self._clock.now_ms()
        held = self._store.drain(
            lambda connection: leases.take(connection, self._owner, now_ms, now_ms + self._settings.lease_ms)
        ).result()
        self._leases = {each.shard: self._known(each) for each in held}
        return self._leases

    def _known(self, fresh: Lease) -> Lease:
        """The lease in hand brought up to date, since a batch on its way will move that very object's cursor."""
        known = self._leases.get(fresh.shard)
        if known is None or known.token != fresh.token:
            return fresh
        known.epoch, known.cursor = fresh.epoch, fresh.cursor
        return known

    def _forget_leases(self) -> None:
        """After a failure the cursors in memory may be behind SQL: read them again before anything else."""
        self._leases = {}
        self._ahead = {}
        self._refresh_at_ms = 0

    def _give_up_leases(self) -> None:
        try:
            self._store.drain(lambda connection: leases.give_up(connection, self._owner)).result()
        except Exception as error:
            log.warning("drain_leases_kept", owner=self._owner, error=str(error))
        self._forget_leases()
