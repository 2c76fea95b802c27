"""An engine on embedded stores behind a real socket, in a thread of its own, so that tests may block."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from tests.support.folders import data_folder
from tuan import settings as settings_module
from tuan.registry import Registry
from tuan.server.engine import Engine
from tuan.server.grpc_server import GrpcServer

T = TypeVar("T")

ADMIN_KEY = "operator-key-of-the-tests"
JWT_SECRET = "a secret of thirty-two characters!"
PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


def built_in_plugins() -> Registry:
    """Found as files, so that the tests run from a source tree that is not installed. A vocabulary alone is no plugin yet: its
    blocks are kept, and nothing runs them."""
    names = sorted(path.parent.name for path in PLUGINS.glob("tuan_*/__init__.py"))
    modules = [importlib.import_module(name) for name in names]
    hooks = [module.tuan_plugins for module in modules if hasattr(module, "tuan_plugins")]
    blocks = [importlib.import_module(f"{path.parent.name}.block") for path in sorted(PLUGINS.glob("tuan_*/block.py"))]
    return Registry(
        [plugin for hook in hooks for plugin in hook()], [word for block in blocks for word in block.rule_blocks()]
    )


class LiveEngine:
    """`overrides`: settings by field name. As a context manager it starts, stops and removes its folder."""

    def __init__(self, **overrides: Any) -> None:
        self._folder = data_folder("api", in_memory=True)
        self.settings = settings_module.load(
            **{
                "data_dir": self._folder,
                "listen_address": "127.0.0.1:0",
                "metrics_address": "127.0.0.1:0",
                "admin_key": ADMIN_KEY,
                "jwt_secret": JWT_SECRET,
                "jwt_issuer": "shop",
                "log_level": "error",
                "orders_per_buyer_per_min_max": 0,
                **overrides,
            }
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="live-engine", daemon=True)
        self.address = ""
        self.engine: Engine
        self.server: GrpcServer

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float = 60) -> T:
        """The result of a coroutine on the engine's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def channel(self, **options: Any) -> grpc.Channel:
        return grpc.insecure_channel(self.address, options=[(f"grpc.{name}", value) for name, value in options.items()])

    def start(self) -> None:
        self._thread.start()
        self.run(self._start())

    def stop(self, grace_s: float = 5) -> None:
        self.run(self.server.stop(grace_s))
        self.run(self.engine.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        self.engine = await Engine.start(self.settings, built_in_plugins())
        self.server = GrpcServer(self.engine, self.settings)
        self.address = f"127.0.0.1:{await self.server.start()}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._loop.is_closed():
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
