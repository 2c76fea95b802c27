"""Does what plugins ask for in their reactions (`tuan.plugin.errands`): an order refunded, a part of its price given back, a reward."""

from __future__ import annotations

from collections.abc import Callable

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order
from tuan.domain.payment import RefundCause
from tuan.plugin import Reward, RewardKind
from tuan.ports import Job, Unit
from tuan.registry import Registry
from tuan.supervisor import PluginFault, Supervisor
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.job_runner import GiveUp
from tuan.usecases.reactions import ReactionFault, run_lent
from tuan.usecases.refund_order import REFUNDABLE, OrderRefunder, RefundOrder
from tuan.usecases.writer import Writer


class ErrandRunner:
    """Handlers of the jobs `refund_order`, `rebate_order` and `grant_reward`."""

    def __init__(
        self,
        refunder: OrderRefunder,
        registry: Registry,
        supervisor: Supervisor,
        writer: Writer,
        watch: DrainWatch,
        wake: Callable[[], None],
    ) -> None:
        self._refunder = refunder
        self._registry = registry
        self._supervisor = supervisor
        self._writer = writer
        self._watch = watch
        self._wake = wake

    async def refund(self, job: Job) -> None:
        order_id, cause = str(job.payload["order_id"]), RefundCause(job.payload["cause"])

        def record(unit: Unit) -> None:
            order = _refundable(unit, order_id)
            if order is None:
                return
            try:
                # A blank keeps it apart from the request ids of callers, which have none.
                command = RefundOrder(order.placed.caller, f"{job.kind} {job.key}", order_id, cause=cause)
                self._refunder.record(unit, command)
            except TuanError as error:
                if error.reason is not Reason.UNITS_NOT_REFUNDABLE:
                    raise

        await self._watch.barrier()
        await self._writer.write(record)
        self._wake()

    async def rebate(self, job: Job) -> None:
        order_id, amount_minor = str(job.payload["order_id"]), int(job.payload["amount_minor"])

        def record(unit: Unit) -> None:
            order = _refundable(unit, order_id)
            if order is not None:
                self._refunder.record_rebate(unit, order, f"{job.kind} {job.key}", amount_minor)

        await self._watch.barrier()
        await self._writer.write(record)
        self._wake()

    async def reward(self, job: Job) -> None:
        kind, reward = str(job.payload["kind"]), Reward(**job.payload["reward"])
        plugin = self._registry.reward_kinds.get(kind)
        if plugin is None:
            raise GiveUp(f"no installed plugin gives rewards of the kind {kind}")
        try:
            await self._writer.write(lambda unit: _grant(plugin, reward, unit))
        except ReactionFault as fault:
            self._supervisor.fault(plugin, str(fault))
            raise PluginFault(plugin, f"could not grant {reward.reward_id}: {fault}") from fault
        self._supervisor.well_behaved(plugin)


def _grant(plugin: RewardKind, reward: Reward, unit: Unit) -> None:
    run_lent(plugin, unit, lambda lent: plugin.grant(reward, lent), f"grant {reward.reward_id}")


def _refundable(unit: Unit, order_id: str) -> Order | None:
    """Locked; None where there is no money of its buyer's to give back, or all of it is on its way."""
    order = unit.orders.lock(order_id)
    return order if order is not None and order.state in REFUNDABLE else None
