"""What became of orders, counted: each falls into exactly one of five kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import grpc

from tuan_api.v1 import order_pb2 as pb

#: The engine says "not now" by these, with how long to wait; anything else that is no answer is a failure.
_SHED = frozenset({grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE})


@dataclass(slots=True)
class Outcomes:
    """placed · refused: a business answer · shed: asked to come back later · late: no answer within the deadline · failed: the rest."""

    placed: int = 0
    refused: int = 0
    shed: int = 0
    late: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        return self.placed + self.refused + self.shed + self.late + self.failed

    def add(self, other: Outcomes) -> None:
        self.placed += other.placed
        self.refused += other.refused
        self.shed += other.shed
        self.late += other.late
        self.failed += other.failed


def of_results(results: Iterable[pb.PlaceOrderResult]) -> Outcomes:
    found = Outcomes()
    for result in results:
        match result.WhichOneof("outcome"):
            case "placed":
                found.placed += 1
            case "refusal":
                found.refused += 1
            case "error" if result.error.HasField("retry_delay"):
                found.shed += 1
            case _:
                found.failed += 1
    return found


def of_error(error: grpc.RpcError, orders: int) -> Outcomes:
    """A message that was not answered: all its orders share its status."""
    code = error.code()
    if code in _SHED:
        return Outcomes(shed=orders)
    return Outcomes(late=orders) if code is grpc.StatusCode.DEADLINE_EXCEEDED else Outcomes(failed=orders)
