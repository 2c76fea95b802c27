"""`python -m tests.replay FILE`: exit status 0 when every sum equals the file's to the penny and the audit is clean."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.replay import invoices
from tests.replay.play import Replay
from tuan.server.demo.engine_process import EngineProcess
from tuan_client import AsyncClient, ClientConfig

SHOWN_MAX = 200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="CSV with the columns of the UCI Online Retail data set")
    parser.add_argument("--invoices", type=int, default=0, help="only so many sales, and what cancels them; 0: all")
    options = parser.parse_args()
    found = invoices.read(options.file)
    if options.invoices:
        found = invoices.first(found, options.invoices)
    with tempfile.TemporaryDirectory(prefix="tuan-replay-") as folder:
        return asyncio.run(_replay(found, Path(folder)))


async def _replay(found: invoices.Invoices, folder: Path) -> int:
    # One customer of the file has hundreds of invoices, which nobody places within a minute.
    engine = EngineProcess(folder, orders_per_buyer_per_min_max="0")
    await engine.start()
    try:
        config = ClientConfig(engine.address, token=engine.key, deadline_s=60)
        async with AsyncClient(config) as client:
            sums = await Replay(client, found, lambda what, done, total: print(f"{what}: {done}/{total}")).run()
            audit = await client.admin.audit(timeout_s=120)
    finally:
        await engine.stop()
    for problem in sorted(found.unsellable, key=lambda problem: problem.line)[:SHOWN_MAX]:
        print(f"line {problem.line}: not replayed: {problem.reason}")
    rows = [
        ("orders", len(found.sales), sums.order_count),
        ("placed", found.sold_minor, sums.placed_minor),
        ("paid", found.sold_minor, sums.paid_minor),
        ("refunded", found.returned_minor, sums.refunded_minor),
    ]
    print(f"{'':10} {'file':>14} {'engine':>14}   (money in pence)")
    for name, expected, actual in rows:
        print(f"{name:10} {expected:>14,} {actual:>14,}   {'ok' if expected == actual else 'DIFFERS'}")
    for failure in sums.failures:
        print(failure, file=sys.stderr)
    figures = {name: getattr(audit, name) for name in ("oversold", "stranded", "lost", "duplicated", "unbalanced")}
    print(f"rows: {found.row_count} read, {len(found.unsellable)} not replayed")
    print("audit: " + " ".join(f"{name}={value}" for name, value in figures.items()))
    wrong = any(figures.values()) or sums.failures or any(expected != actual for _, expected, actual in rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
