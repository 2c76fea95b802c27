"""A round of the kill campaign: a world, shoppers, kills at seeded points, and a verdict."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text

from tests.chaos.judge import judge
from tests.chaos.shoppers import Shoppers
from tests.chaos.verdict import Verdict
from tests.chaos.world import World
from tuan_client.values.admin import AuditResponse

#: The workload must come forward within this time after any kill; else the engine lives, and serves nobody.
PROGRESS_S_MAX, PROGRESS_S_MAX_PLANTED = 60.0, 5.0
#: With a planted bug nothing may ever settle; then it is judged as it is.
SETTLE_S_MAX, SETTLE_S_MAX_PLANTED = 90.0, 1.0
ACKNOWLEDGEMENTS_BETWEEN = (1, 20)


@dataclass(slots=True)
class Round:
    """`kills` by target; `down_s`: from a kill to the next acknowledgement, seconds."""

    verdict: Verdict = field(default_factory=Verdict)
    kills: Counter[str] = field(default_factory=Counter)
    down_s: list[tuple[str, float]] = field(default_factory=list)
    acknowledgements: int = 0
    orders: int = 0


async def play(
    seed: str, kill_count: int, *, embedded: bool, ack: str = "aof", bug: str = "", processes: int = 1
) -> Round:
    """Kill `kill_count` times, wherever the seed says, while shoppers shop; then settle and judge. `bug`: one to plant before."""
    done = Round()
    dice = random.Random(f"{seed}/kills")
    async with World(embedded=embedded, ack=ack, bug=bug, processes=processes) as world:
        async with world.client() as client:
            shoppers = Shoppers(client, seed)
            await shoppers.set_up()
            shoppers.run()
            patience_s = PROGRESS_S_MAX_PLANTED if bug else PROGRESS_S_MAX
            try:
                while done.kills.total() < kill_count:
                    await asyncio.wait_for(_kill_some(world, shoppers, dice, done, kill_count), 2 * patience_s)
                await asyncio.wait_for(shoppers.finish(), patience_s)
            except TimeoutError:
                done.verdict.add("stranded", 1, f"no progress for {patience_s:.0f} s after {done.kills.total()} kills")
            await _settle(world, done.verdict, SETTLE_S_MAX_PLANTED if bug else SETTLE_S_MAX)
            # A planted bug is to be seen from outside; the audit would wait long for what never comes.
            audit = AuditResponse(datetime.now(UTC)) if bug else await client.admin.audit(timeout_s=60)
        await world.stop()
        done.verdict.merge(await asyncio.to_thread(judge, world, shoppers.journal, audit))
        done.acknowledgements, done.orders = shoppers.journal.acknowledgements, len(shoppers.journal.placed)
    return done


async def _kill_some(world: World, shoppers: Shoppers, dice: random.Random, done: Round, kill_count: int) -> None:
    """One target, or two at once; up again after a moment; and on it goes only when somebody was served."""
    journal = shoppers.journal
    await journal.wait_for(journal.acknowledgements + dice.randint(*ACKNOWLEDGEMENTS_BETWEEN))
    left = min(kill_count - done.kills.total(), len(world.targets))
    count = 2 if dice.random() < 0.15 and left > 1 else 1
    victims = dice.sample(world.targets, count)
    await asyncio.gather(*(world.kill(victim) for victim in victims))
    begun = time.monotonic()
    served = asyncio.create_task(journal.wait_for(journal.acknowledgements + 1))
    served.add_done_callback(lambda _: done.down_s.append(("+".join(sorted(victims)), time.monotonic() - begun)))
    done.kills.update(victims)
    await asyncio.sleep(dice.choice((0, 0, 0.05, 0.3)))
    # The stores first: an engine without them does not start.
    for victim in sorted(victims, key=lambda name: name in ("engine", "drainer")):
        await world.restart(victim)
    await served


async def _settle(world: World, verdict: Verdict, patience_s: float) -> None:
    """Until no order waits, no job is open and no callback is on its way."""
    deadline = time.monotonic() + patience_s
    engine = world.record()
    while open_things := await asyncio.to_thread(_open, world, engine):
        if time.monotonic() > deadline:
            verdict.add("stranded", 1, f"not settled after {patience_s:.0f} s: {open_things}")
            break
        await asyncio.sleep(0.1)
    engine.dispose()


def _open(world: World, engine) -> dict[str, int]:  # type: ignore[no-untyped-def]
    queries = {
        "orders": "SELECT COUNT(*) FROM orders WHERE state IN ('pending_payment', 'refunding')",
        "jobs": "SELECT COUNT(*) FROM jobs WHERE state = 'open'",
        "transfers": "SELECT COUNT(*) FROM stock_transfers WHERE state <> 'done'",
    }
    with engine.connect() as connection:
        found = {name: int(connection.execute(text(query)).scalar_one()) for name, query in queries.items()}
    found["callbacks"] = int(world.channel().next_due_ms() is not None)
    return {name: count for name, count in found.items() if count}
