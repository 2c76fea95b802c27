"""The plugins' services on a real gRPC server: they can be added, called and streamed, every method has a scope."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf import descriptor_pool

from tests.unit.plugins.flash_service import Page
from tuan.plugin import Plugin, Servicer
from tuan.registry import Registry
from tuan.testing import FakeHost
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_api.v1 import flash_sale_pb2_grpc as pb_grpc
from tuan_api.v1 import options_pb2
from tuan_flash_sale import tuan_plugins as flash_sale
from tuan_log_notifier import tuan_plugins as log_notifier
from tuan_proof_of_work import tuan_plugins as proof_of_work
from tuan_sandbox import tuan_plugins as sandbox


def built_in() -> list[Plugin]:
    return [plugin for hook in (flash_sale, log_notifier, proof_of_work, sandbox) for plugin in hook()]


def services() -> list[Servicer]:
    host = FakeHost()
    found: list[Servicer] = []
    for plugin in Registry(built_in()):
        plugin.start(host)
        found += plugin.servicers()
    return found


@pytest.mark.parametrize("name", ["tuan_api.v1.FlashSaleService", "tuan_api.v1.SandboxService"])
def test_every_method_is_implemented_and_has_a_scope(name: str) -> None:
    """Goal: nothing is callable by anybody, and nothing answers UNIMPLEMENTED. Method: the service's descriptor against its
    servicer's own methods."""
    [entry] = [entry for entry in services() if entry.service == name]
    service = descriptor_pool.Default().FindServiceByName(name)
    for method in service.methods:
        assert method.GetOptions().Extensions[options_pb2.scope]
        assert method.name in vars(type(entry.servicer))


async def test_calls_and_streams() -> None:
    """Goal: what a client sees. Method: a page and a stream over a socket."""
    page = Page()
    page.open()
    server = grpc.aio.server()
    for entry in page.promotion.servicers():
        entry.add_to_server(entry.servicer, server)
    port = server.add_insecure_port("localhost:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"localhost:{port}") as channel:
        stub = pb_grpc.FlashSaleServiceStub(channel)
        sale = await stub.GetSale(pb.GetSaleRequest(activity_id=page.activity.activity_id, buyer_id="b1"))
        assert [item.available for item in sale.items] == [100, 10]
        stream = stub.WatchSale(pb.WatchSaleRequest(activity_id=page.activity.activity_id))
        assert (await stream.read()).state == pb.SALE_STATE_OPEN
        page.end()
        assert (await stream.read()).state == pb.SALE_STATE_ENDED
        assert await stream.read() is grpc.aio.EOF
    await server.stop(None)
