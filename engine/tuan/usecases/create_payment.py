"""Ask a gateway to collect the money for one order or many (跨团合并支付). The amount is the server's, never the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import check_id
from tuan.domain.order import OrderState
from tuan.domain.payment import Payment, PaymentState
from tuan.plugin import PaymentGateway, PaymentToken
from tuan.ports import Clock, Ids, OrderSummary, Record, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.gather import Gatherer
from tuan.usecases.owned import owned_summary

ORDERS_MAX = 100
#: Payments that are written down in one transaction.
PAYMENTS_MAX = 64


@dataclass(frozen=True, slots=True)
class CreatePayment:
    """`buyer`: whose credentials these are, and whose orders alone may be paid by them; empty: any of the caller's."""

    caller: str
    request_id: str
    order_ids: tuple[str, ...]
    gateway: str
    buyer: str = ""


class _NotDrained(Exception):
    """SQL does not have all of the orders. They may not exist, or not have been drained yet."""


def _is_token(answer: object) -> bool:
    return isinstance(answer, PaymentToken)


class PaymentCreator:
    """Idempotent on (caller, request_id); the gateway is asked again on a repeat, and is idempotent on the payment id."""

    def __init__(
        self, record: Record, registry: Registry, supervisor: Supervisor, watch: DrainWatch, clock: Clock, ids: Ids
    ) -> None:
        self._record = record
        self._registry = registry
        self._supervisor = supervisor
        self._watch = watch
        self._clock = clock
        self._ids = ids
        self._stored = Gatherer(self._store, PAYMENTS_MAX)

    async def create(self, command: CreatePayment) -> tuple[Payment, PaymentToken]:
        check_id("request_id", command.request_id)
        if not 1 <= len(command.order_ids) <= ORDERS_MAX or len(set(command.order_ids)) != len(command.order_ids):
            raise InvalidValue("order_ids", f"name 1 to {ORDERS_MAX} orders, each once")
        gateway = gateway_of(self._registry, command.gateway)
        try:
            payment = await self._stored((command, False))
        except _NotDrained:
            # Nearly all orders are drained by the time their buyer has found the button: only the others wait.
            await self._watch.barrier()
            payment = await self._stored((command, True))
        token = await self._supervisor.call(gateway, gateway.create, payment, accept=_is_token)
        return payment, token

    async def _store(self, asked: Sequence[tuple[CreatePayment, bool]]) -> list[Payment | Exception]:
        """A payment or an error for each (command, whether everything that it names must be in SQL by now)."""
        return await self._record.write(lambda unit: self._store_in(unit, asked))

    def _store_in(self, unit: Unit, asked: Sequence[tuple[CreatePayment, bool]]) -> list[Payment | Exception]:
        keys = [(command.caller, command.request_id) for command, _ in asked]
        known = {(payment.caller, payment.request_id): payment for payment in unit.payments.by_requests(keys)}
        orders = unit.orders.summaries([order_id for command, _ in asked for order_id in command.order_ids])
        new: list[Payment] = []
        answers: list[Payment | Exception] = []
        for key, (command, is_drained) in zip(keys, asked, strict=True):
            try:
                if key not in known:
                    new.append(self._made(command, orders, is_drained))
                    known[key] = new[-1]
                answers.append(_repeated(command, known[key], orders))
            except (TuanError, _NotDrained) as error:
                answers.append(error)
        unit.payments.put(*new)
        return answers

    def _made(self, command: CreatePayment, orders: Mapping[str, OrderSummary], is_drained: bool) -> Payment:
        if not is_drained and not all(order_id in orders for order_id in command.order_ids):
            raise _NotDrained
        payable = [_payable(orders.get(order_id), order_id, command) for order_id in command.order_ids]
        return Payment(
            payment_id=self._ids.new(),
            caller=command.caller,
            request_id=command.request_id,
            gateway=command.gateway,
            currency=_one_currency(payable),
            amount_minor=sum(order.total_minor for order in payable),
            shares=tuple((order.order_id, order.total_minor) for order in payable),
            state=PaymentState.CREATED,
            create_time_ms=self._clock.now_ms(),
        )


def _repeated(command: CreatePayment, first: Payment, orders: Mapping[str, OrderSummary]) -> Payment:
    """The payment that the first call with this request id made, if this one asks for the same."""
    for order_id in command.order_ids:
        if command.buyer and order_id in orders:
            owned_summary(orders[order_id], order_id, command.caller, command.buyer)
    if first.gateway != command.gateway or tuple(order_id for order_id, _ in first.shares) != command.order_ids:
        raise TuanError(
            Reason.REQUEST_ID_REUSED,
            f"request_id {command.request_id} was used for payment {first.payment_id} of other orders",
            request_id=command.request_id,
        )
    return first


def gateway_of(registry: Registry, code: str) -> PaymentGateway:
    gateway = registry.gateways.get(code)
    if gateway is None:
        known = ", ".join(sorted(registry.gateways)) or "none"
        raise TuanError(
            Reason.GATEWAY_NOT_FOUND, f"no gateway {code!r} is installed; there is: {known}", gateway=code[:64]
        )
    return gateway


def _payable(found: OrderSummary | None, order_id: str, command: CreatePayment) -> OrderSummary:
    order = owned_summary(found, order_id, command.caller, command.buyer)
    if order.state is not OrderState.PENDING_PAYMENT:
        raise TuanError(
            Reason.ORDER_STATE_CONFLICT,
            f"order {order_id} is {order.state.value}; only an order that waits for payment can be paid",
            order_id=order_id,
            state=order.state.value,
        )
    return order


def _one_currency(orders: Sequence[OrderSummary]) -> str:
    currencies = sorted({order.currency for order in orders})
    if len(currencies) > 1:
        raise TuanError(
            Reason.CURRENCY_MISMATCH,
            f"these orders are in {', '.join(currencies)}; pay each currency by itself",
            expected=currencies[0],
            actual=currencies[1],
        )
    return currencies[0]
