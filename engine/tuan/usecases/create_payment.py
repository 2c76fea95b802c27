"""Ask a gateway to collect the money for one order or many (跨团合并支付). The amount is the server's, never the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.order import Order, OrderState
from tuan.domain.payment import Payment, PaymentState
from tuan.plugin import PaymentGateway, PaymentToken
from tuan.ports import Clock, Ids, Record, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.order_commands import check_id
from tuan.usecases.owned import owned_order

ORDERS_MAX = 100


@dataclass(frozen=True, slots=True)
class CreatePayment:
    caller: str
    request_id: str
    order_ids: tuple[str, ...]
    gateway: str


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

    async def create(self, command: CreatePayment) -> tuple[Payment, PaymentToken]:
        check_id("request_id", command.request_id)
        if not 1 <= len(command.order_ids) <= ORDERS_MAX or len(set(command.order_ids)) != len(command.order_ids):
            raise InvalidValue("order_ids", f"name 1 to {ORDERS_MAX} orders, each once")
        gateway = gateway_of(self._registry, command.gateway)
        await self._watch.barrier()
        payment = await self._record.write(lambda unit: self._store(unit, command))
        token = await self._supervisor.call(gateway, gateway.create, payment, accept=_is_token)
        return payment, token

    def _store(self, unit: Unit, command: CreatePayment) -> Payment:
        known = unit.payments.by_request(command.caller, command.request_id)
        if known is not None:
            if known.gateway != command.gateway or tuple(order for order, _ in known.shares) != command.order_ids:
                raise TuanError(
                    Reason.REQUEST_ID_REUSED,
                    f"request_id {command.request_id} was used for payment {known.payment_id} of other orders",
                    request_id=command.request_id,
                )
            return known
        orders = [_payable(unit, command.caller, order_id) for order_id in command.order_ids]
        payment = Payment(
            payment_id=self._ids.new(),
            caller=command.caller,
            request_id=command.request_id,
            gateway=command.gateway,
            currency=_one_currency(orders),
            amount_minor=sum(order.placed.total_minor for order in orders),
            shares=tuple((order.placed.order_id, order.placed.total_minor) for order in orders),
            state=PaymentState.CREATED,
            create_time_ms=self._clock.now_ms(),
        )
        unit.payments.put(payment)
        return payment


def gateway_of(registry: Registry, code: str) -> PaymentGateway:
    gateway = registry.gateways.get(code)
    if gateway is None:
        known = ", ".join(sorted(registry.gateways)) or "none"
        raise TuanError(
            Reason.GATEWAY_NOT_FOUND, f"no gateway {code!r} is installed; there is: {known}", gateway=code[:64]
        )
    return gateway


def _payable(unit: Unit, caller: str, order_id: str) -> Order:
    order = owned_order(unit.orders.get(order_id), order_id, caller)
    if order.state is not OrderState.PENDING_PAYMENT:
        raise TuanError(
            Reason.ORDER_STATE_CONFLICT,
            f"order {order_id} is {order.state.value}; only an order that waits for payment can be paid",
            order_id=order_id,
            state=order.state.value,
        )
    return order


def _one_currency(orders: Sequence[Order]) -> str:
    currencies = sorted({order.placed.currency for order in orders})
    if len(currencies) > 1:
        raise TuanError(
            Reason.CURRENCY_MISMATCH,
            f"these orders are in {', '.join(currencies)}; pay each currency by itself",
            expected=currencies[0],
            actual=currencies[1],
        )
    return currencies[0]
