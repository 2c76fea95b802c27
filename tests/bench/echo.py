"""A bare grpcio server of the same messages: the least that a PlaceOrder can cost in Python. `python -m tests.bench.echo`.

On the engine's event loop and with the engine's settings of gRPC, so that it differs in what is done with a call, and in nothing else.
With `plain` as its argument: as grpcio's own examples have it, on asyncio's loop and without settings.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc

from tuan.server import event_loop
from tuan.server.grpc_server import server_options
from tuan.settings import Settings
from tuan_api.v1 import order_pb2 as pb
from tuan_api.v1 import order_pb2_grpc as pb_grpc


class Echo(pb_grpc.OrderServiceServicer):
    """Answers every order with one answer that was made once."""

    def __init__(self) -> None:
        placed = pb.PlacedOrder(order_id="0199f0e0-7a1b-7c3d-9e4f-0123456789ab", ack_level=pb.ACK_LEVEL_AOF)
        placed.total.currency_code = "CNY"
        placed.total.amount_minor = 2990
        placed.lines.add(list_unit_minor=5990, total_minor=2990)
        placed.expire_time.GetCurrentTime()
        self._answer = pb.PlaceOrderResponse(result=pb.PlaceOrderResult(placed=placed))

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Any) -> pb.PlaceOrderResponse:
        return self._answer


async def main(server: grpc.aio.Server) -> None:
    pb_grpc.add_OrderServiceServicer_to_server(Echo(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"ready on 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


async def plain() -> None:
    await main(grpc.aio.server())


async def as_the_engine() -> None:
    settings = Settings()
    options = server_options(settings)
    await main(grpc.aio.server(options=options, maximum_concurrent_rpcs=settings.calls_in_flight_max))


if __name__ == "__main__":
    if sys.argv[1:] == ["plain"]:
        asyncio.run(plain())
    else:
        event_loop.run(as_the_engine())
