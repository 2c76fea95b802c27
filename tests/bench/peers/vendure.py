"""Vendure, an engine for Node from npm, placing orders by the services that its own checkout calls."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.peers.missing import NotHere
from tests.bench.peers.worker_shop import WorkerShop

#: Where `make bench` installs it: 438 packages, 141 MB.
MODULES = Path(os.environ.get("VENDURE_MODULES", ".venv/node/node_modules")).resolve()


async def vendure(conditions: Conditions) -> Found:
    node = shutil.which("node")
    if node is None or not (MODULES / "@vendure" / "core").is_dir():
        raise NotHere(
            f"it needs node, and in {MODULES.parent}: npm install @vendure/core@3 pg@8; or name a folder by VENDURE_MODULES"
        )
    shop = WorkerShop(
        name="vendure",
        command=(node, "--no-deprecation", str(Path(__file__).parent / "vendure_worker.js")),
        ordered='SELECT coalesce(sum("orderPlacedQuantity"), 0) FROM order_line WHERE "productVariantId" = %s',
        taken='SELECT coalesce(sum("stockAllocated"), 0) FROM stock_level WHERE "productVariantId" = %s',
        # One thread each, with two orders under way in it while it waits for PostgreSQL.
        workers=2,
        environment={"NODE_PATH": str(MODULES)},
    )
    return Found(await shop.measure(conditions))
