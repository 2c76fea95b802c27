"""Short campaigns in one process, each after one kind of fault; with and without a planted bug they are the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.chaos.books import Books, units_out
from tests.chaos.sale import Sale, close_the_books
from tests.chaos.verdict import Verdict
from tests.scenario.sales.shop import Shop
from tuan.adapters.redis_inventory import connect_sync, shard_keys
from tuan.domain.activity import RETAIL
from tuan.domain.errors import Reason, Status, TuanError
from tuan.domain.order import OrderState
from tuan.usecases.order_commands import Placed, PlaceOrder, RecentRequests
from tuan.usecases.refund_order import WantedUnits

Campaign = Callable[[Shop, str, int], Awaitable[Verdict]]


async def sale(shop: Shop, redis_url: str, seed: int) -> Verdict:
    """Two whole sales, with everything that a crowd does."""
    del redis_url
    verdict = Verdict()
    for number in range(2):
        each = Sale(shop, number, seed)
        await _as_far_as_it_goes(verdict, each.play())
        await _as_far_as_it_goes(verdict, each.compare())
        verdict.merge(each.verdict)
        if not verdict.clean or verdict.findings:
            break
    return await _closed(shop, verdict)


async def races(shop: Shop, redis_url: str, seed: int) -> Verdict:
    """Forty orders are cancelled when their payments have confirmed them in Redis, and SQL does not know it yet."""
    del redis_url, seed
    books = Books()
    await shop.stock("S1", 40)
    placed = await _place(shop, books, [shop.command(f"b{number}", [("S1", 1)]) for number in range(40)])
    await shop.barrier()
    for order_id in placed:
        payment_id = await shop.ask_payment(order_id)
        await shop.deliver(shop.till.callback(payment_id, f"t-{payment_id}"))

    async def cancel(order_id: str) -> None:
        with suppress(TuanError):
            await shop.cancel(order_id)

    confirmed, released = _count_answers(shop, "confirm", len(placed)), _count_answers(shop, "release", len(placed))
    reveal = _hide_intents(shop)
    paying = asyncio.create_task(shop.work())
    await confirmed.wait()
    cancelling = asyncio.gather(*(cancel(order_id) for order_id in placed))
    await released.wait()
    reveal()
    await asyncio.gather(paying, cancelling)
    return await _settled(shop, books)


async def refunds(shop: Shop, redis_url: str, seed: int) -> Verdict:
    """One of three units comes back from each of four orders; then the rest is sold, to the last unit."""
    del redis_url, seed
    books = Books()
    await shop.stock("S1", 14)
    placed = await _place(shop, books, [shop.command(f"b{number}", [("S1", 3)]) for number in range(4)])
    for order_id in placed:
        await shop.pay(order_id)
        await shop.refund(order_id, WantedUnits(0, 1))
        await shop.work()
    rest = [shop.command(f"x{number}", [("S1", 1)]) for number in range(14)]
    for order_id in await _place(shop, books, rest):
        await shop.pay(order_id)
    await _as_far_as_it_goes(books.verdict, shop.settle())
    await _compare(shop, books)
    orders = await shop.engine.record.read(lambda unit: unit.orders.list("", "", (), "", 100))
    out = sum([units_out(order, await shop.refunds(order.placed.order_id))[RETAIL, "S1"] for order in orders])
    books.verdict.add("oversold", out - 14, f"{out} units of S1 are out, 14 were there")
    books.verdict.add("stranded", 14 - out, f"{out} units of S1 are out, 14 were there")
    return await _closed(shop, books.verdict)


async def failover(shop: Shop, redis_url: str, seed: int) -> Verdict:
    """Redis is replaced by a copy from before a rebuild, as when a stale replica takes over; callers ask until they are answered."""
    del seed
    books = Books()
    await shop.stock("S1", 100)
    await _place(shop, books, [shop.command("b1", [("S1", 1)]) for _ in range(5)])
    await shop.barrier()
    with connect_sync(redis_url) as client:
        copy = {key: client.dump(key) for key in shard_keys(RETAIL) if client.exists(key)}
        await shop.engine.rebuild(RETAIL)
        await _place(shop, books, [shop.command("b1", [("S1", 1)]) for _ in range(5)])
        await shop.barrier()
        for key, value in copy.items():
            client.restore(key, 0, value, replace=True)  # type: ignore[arg-type]
    await _place(shop, books, [shop.command("b2", [("S1", 1)]) for _ in range(10)])
    await shop.engine.shards.check_all()
    return await _settled(shop, books)


async def two_engines(shop: Shop, redis_url: str, seed: int) -> Verdict:
    """A request id that is used for two shards through two engines, neither of which knows of the other's: one order is voided."""
    del redis_url, seed
    books = Books()
    await shop.stock("S1", 5)
    await shop.stock("S2", 5)
    activity = await shop.flash_sale("second", ["S2"])
    await _place(shop, books, [shop.command("b1", [("S1", 1)], request_id="twice")])
    await shop.barrier()
    shop.engine.placer._recent = RecentRequests()  # what another process would remember: nothing
    await shop.place("b1", [("S2", 1, activity)], request_id="twice")
    return await _settled(shop, books)


async def gap(shop: Shop, redis_url: str, seed: int) -> Verdict:
    """An intent is missing when the drain comes by, and there again when somebody has put it back; then the shard is rebuilt."""
    del redis_url, seed
    books = Books()
    await shop.stock("S1", 20)
    await shop.barrier()
    state = await shop.engine.inventory.shard_state(RETAIL)
    assert state is not None
    hidden = state.sequence + 5
    noticed, reveal = _hide_intent(shop, hidden)
    await _place(shop, books, [shop.command(f"b{number}", [("S1", 1)]) for number in range(10)])
    await asyncio.to_thread(noticed.wait)
    reveal()

    async def heal() -> None:
        for _ in range(500):  # the drain goes on where it stood; no barrier waits for a shard that was stopped
            if not shop.engine.watch.behind(RETAIL):
                break
            await asyncio.sleep(0.02)
        await shop.engine.rebuild(RETAIL)
        await shop.settle()

    await _as_far_as_it_goes(books.verdict, heal())
    await _compare(shop, books)
    return await _closed(shop, books.verdict)


CAMPAIGNS: dict[str, Campaign] = {each.__name__: each for each in (sale, races, refunds, failover, two_engines, gap)}


def _count_answers(shop: Shop, verb: str, count: int) -> asyncio.Event:
    """Set when the claims store has answered so many items of a verb, however many came in one call."""
    call, done, answered = getattr(shop.engine.inventory, verb), asyncio.Event(), 0

    async def counted(*arguments: Any) -> Any:
        nonlocal answered
        answers = await call(*arguments)
        answered += len(answers)
        if answered >= count:
            done.set()
        return answers

    setattr(shop.engine.inventory, verb, counted)
    return done


def _hide_intents(shop: Shop) -> Callable[[], None]:
    """The drain finds nothing until it is revealed."""
    log = shop.engine.drain.drainer._log
    read = log.read

    def reveal() -> None:
        log.read = read  # type: ignore[method-assign]

    log.read = lambda *_: []  # type: ignore[method-assign]
    return reveal


def _hide_intent(shop: Shop, sequence: int) -> tuple[threading.Event, Callable[[], None]]:
    """Until it is revealed, the drain does not find this intent. The event is set when it has raised an alarm, or gone past it."""
    drainer, noticed = shop.engine.drain.drainer, threading.Event()
    read, committed, alarmed = drainer._log.read, drainer._on_commit, drainer._on_alarm

    def on_commit(shard: str, cursor: int) -> None:
        if committed is not None:
            committed(shard, cursor)
        if cursor >= sequence:
            noticed.set()

    def on_alarm(kind: str, shard: str, detail: str) -> None:
        if alarmed is not None:
            alarmed(kind, shard, detail)
        noticed.set()

    def reveal() -> None:
        drainer._log.read = read  # type: ignore[method-assign]

    drainer._log.read = lambda *where: [each for each in read(*where) if each.sequence != sequence]  # type: ignore[method-assign]
    drainer._on_commit, drainer._on_alarm = on_commit, on_alarm
    return noticed, reveal


async def _place(shop: Shop, books: Books, commands: list[PlaceOrder]) -> list[str]:
    """All at once; where a store is away, the shards are looked after and the same request comes again, as a client does it."""
    placed = []
    left = commands
    for _ in range(20):
        results = await shop.place_all(left)
        again = []
        for command, result in zip(left, results, strict=True):
            if isinstance(result, Placed):
                books.acknowledge(command, result.order_id, result.total_minor)
                placed.append(result.order_id)
            elif isinstance(result, TuanError) and result.reason.status is Status.UNAVAILABLE:
                again.append(command)
            elif isinstance(result, TuanError) and result.reason is not Reason.ORDER_STATE_CONFLICT:
                books.verdict.add("wrong", 1, f"request {command.request_id}: {result!r}")
        if not again:
            break
        await shop.engine.shards.check_all()
        left = again
    return placed


async def _settled(shop: Shop, books: Books) -> Verdict:
    await _as_far_as_it_goes(books.verdict, shop.settle())
    await _compare(shop, books)
    return await _closed(shop, books.verdict)


async def _compare(shop: Shop, books: Books) -> None:
    books.compare(await shop.engine.record.read(lambda unit: unit.orders.list("", "", (), "", 100_000)))
    waiting = await shop.engine.record.read(
        lambda unit: unit.orders.list("", "", [OrderState.PENDING_PAYMENT], "", 1_000)
    )
    books.verdict.add("stranded", len(waiting), "orders that neither time nor money ended")


async def _closed(shop: Shop, verdict: Verdict) -> Verdict:
    verdict.merge(await close_the_books(shop))
    return verdict


async def _as_far_as_it_goes(verdict: Verdict, work: Awaitable[None]) -> None:
    """With a planted bug a campaign may come to a stop; what is to be counted is counted all the same."""
    try:
        await work
    except (TuanError, AssertionError, ExceptionGroup) as error:
        verdict.findings.append(f"stopped by {error!r}")
