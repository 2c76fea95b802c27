"""Each reason of the API is an exception of its name, with what the server said about it."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from tests.unit.client.fake_server import Orders, refuse, serving
from tuan.domain.errors import Reason
from tuan_client import AsyncClient, ClientConfig, TuanApiError, errors


def exception_of(reason: Reason) -> type[TuanApiError]:
    kind: type[TuanApiError] = getattr(errors, "".join(word.capitalize() for word in reason.name.split("_")))
    return kind


@pytest.fixture(scope="module")
def codes() -> dict[int, grpc.StatusCode]:
    return {code.value[0]: code for code in grpc.StatusCode}


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.name)
async def test_a_reason_is_raised_by_its_name(reason: Reason, codes: dict[int, grpc.StatusCode]) -> None:
    """Goal: `except OrderNotFound`. Method: the server refuses with each reason and the status that the engine gives it."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, codes[reason.status.value], "told so", reason.name, order_id="O1")

    async with serving(Orders(get=answer)) as target, AsyncClient(ClientConfig(target, attempt_count_max=1)) as client:
        with pytest.raises(exception_of(reason)) as caught:
            await client.orders.get_order("O1")
    error = caught.value
    assert type(error) is exception_of(reason)
    assert error.status is error.default_status is codes[reason.status.value]
    assert (error.reason, error.metadata, error.message) == (reason.name, {"order_id": "O1"}, "told so")
    assert str(error) == f"{reason.name}: told so"


async def raised(answer: Any) -> TuanApiError:
    async with serving(Orders(get=answer)) as target, AsyncClient(ClientConfig(target)) as client:
        with pytest.raises(TuanApiError) as caught:
            await client.orders.get_order("O1")
    return caught.value


async def test_field_violations_and_retry_delay_are_told() -> None:
    """Goal: BadRequest and RetryInfo reach the caller. Method: a refusal that carries both."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        wrong = (("order_id", "is empty; write the id that PlaceOrder gave"),)
        await refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "bad", "INVALID_FIELD", violations=wrong, retry_ms=1500)

    error = await raised(answer)
    assert type(error) is errors.InvalidField
    assert error.violations == (("order_id", "is empty; write the id that PlaceOrder gave"),)
    assert error.retry_delay_s == 1.5


async def test_a_reason_of_a_newer_server_keeps_its_name() -> None:
    """Goal: an old client still tells what happened. Method: a reason that does not exist yet."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, grpc.StatusCode.FAILED_PRECONDITION, "full", "GROUP_FULL", group_id="G1")

    error = await raised(answer)
    assert type(error) is TuanApiError
    assert (error.reason, error.metadata) == ("GROUP_FULL", {"group_id": "G1"})


async def test_a_foreign_domains_reason_is_not_taken_for_ours() -> None:
    """Goal: a proxy's ORDER_NOT_FOUND is not the engine's. Method: the same reason under another domain."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, grpc.StatusCode.NOT_FOUND, "no", "ORDER_NOT_FOUND", domain="example.com")

    error = await raised(answer)
    assert type(error) is TuanApiError
    assert error.reason == ""
    assert error.status is grpc.StatusCode.NOT_FOUND


async def test_a_fault_of_the_server_is_a_plain_error() -> None:
    """Goal: INTERNAL or UNKNOWN without details. Method: a servicer that raises."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        raise RuntimeError("boom")

    error = await raised(answer)
    assert type(error) is TuanApiError
    assert (error.status, error.reason) == (grpc.StatusCode.UNKNOWN, "")
