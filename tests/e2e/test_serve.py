"""`make serve`: an engine with the example loaded, and a first call that works as it is printed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT, environment, run
from tuan import settings as settings_module
from tuan.server.cli import main
from tuan.server.cli.online import admin_client
from tuan_client import CartLine


@pytest.fixture
def serving(tmp_path: Path):
    settings = {
        "TUAN_DATA_DIR": str(tmp_path / "data"),
        "TUAN_LISTEN_ADDRESS": "127.0.0.1:0",
        "TUAN_METRICS_ADDRESS": "off",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tuan.server", "serve", "--example"],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    told = []
    for line in process.stdout:
        told.append(line)
        if line.startswith("tuan: ready"):
            break
    yield process, "".join(told), settings
    if process.poll() is None:
        process.kill()
        process.wait()


def test_the_printed_call_works(serving) -> None:
    """Goal: what `make serve` prints can be pasted. Method: run the printed Python as it stands, then stop by SIGTERM."""
    process, told, _ = serving
    snippet = textwrap.dedent(told.split("Call it from Python:\n")[1].split("From any other language")[0])
    called = subprocess.run(
        [sys.executable, "-c", snippet], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert called.returncode == 0, called.stderr
    assert "PlacedOrder(" in called.stdout
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "tuan: stopped" in rest


def test_the_tools_find_the_running_engine(serving, tmp_path: Path, monkeypatch, capsys) -> None:
    """Goal: rules, catalogue, keys and audit work beside a running engine. Method: run each command and read what it prints."""
    _, _, settings = serving
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    _stages(tmp_path, capsys)
    rules = tmp_path / "mine.tuan"
    rules.write_text(
        'package "mine" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }\n'
        'flash_sale "small" {\n  on = line.sku in ["S1002"]\n  price = set(¥9.90)\n'
        "  active = from 2026-01-01 until 2099-01-01\n}\n"
    )
    checked = run("tuan.server", "rules", "check", str(rules), **settings)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    published = run("tuan.server", "rules", "publish", str(rules), **settings)
    assert published.returncode == 0, published.stdout + published.stderr
    assert "activity small-" in published.stdout
    rules.write_text(rules.read_text().replace("price", "prise"))
    refused = run("tuan.server", "rules", "publish", str(rules), **settings)
    assert refused.returncode == 1
    assert "price" in refused.stdout, "the mistake names what was probably meant"
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("StockCode,Description,Price,Units\nZ1,Lamp,12.50,7\nZ2,Broken,-1,3\n")
    mapping = ["sku=StockCode", "title=Description", "price=Price", "stock=Units"]
    columns = [word for pair in mapping for word in ("--column", pair)]
    imported = run("tuan.server", "catalog", "import", str(sheet), *columns, **settings)
    assert imported.returncode == 1, "one row is wrong"
    assert "3: price" in imported.stderr
    assert "imported 1 products, 1 SKUs, 1 stock entries" in imported.stdout
    key = run("tuan.server", "keys", "create", "my-shop", "orders.write", "orders.read", **settings)
    assert key.returncode == 0, key.stderr
    assert run("tuan.server", "keys", "revoke", key.stdout.split()[0], **settings).returncode == 0
    assert "revoked" in run("tuan.server", "keys", "list", **settings).stdout
    audited = run("tuan.server", "audit", **settings)
    assert (audited.returncode, audited.stdout.splitlines()[-1]) == (
        0,
        "audit: oversold=0 stranded=0 lost=0 duplicated=0 unbalanced=0",
    ), audited.stdout + audited.stderr
    assert run("tuan.server", "rebuild", "retail", **settings).stdout == "rebuilt retail\n"


def _stages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version from draft to active and back, with every command that looks at it; in this process, for a dozen of them."""
    old, new = folder / "old.tuan", folder / "new.tuan"
    for path, percent in ((old, 10), (new, 20)):
        path.write_text(
            'package "stages" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }\n'
            'stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
            f'price "off" {{ give = off({percent}%)  stack = stack "s" }}\n'
        )

    def told(*words: str, status: int = 0) -> str:
        umask = os.umask(0o077)
        try:
            done = main(["rules", *words])
        finally:
            os.umask(umask)
        out, err = capsys.readouterr()
        assert done == status, out + err
        return out

    first = told("publish", str(old)).split()[-1]
    second = told("publish", "--stage", "draft", str(new)).split()[-1]
    assert told("promote", second, "shadow") == f"shadow {second}\n"
    assert "no order was placed since" in told("shadow-report", second)
    assert told("promote", second, "canary", "--percent", "5") == f"canary 5 % {second}\n"
    assert "off(10%) → off(20%)" in told("diff", first, second, status=1)
    assert told("diff", "--lang", "zh", second, str(new)) == "没有差异\n"
    with admin_client(settings_module.load()) as client:
        order = client.orders.place_order("buyer-9", "CNY", [CartLine("S1002", 1)])
    assert 'price "off"' in told("explain-order", order.order_id, "--why-not", "stages/price/none")
    assert "stages/price/off: " in told("simulate", second, "--days", "1")
    assert "orders " in told("simulate", str(new))
    told("promote", second, "active")
    assert told("rollback", "stages") == f"active {first}\n"
    assert [line.split()[:2] for line in told("versions", "stages").splitlines()] == [
        [second, "retired"],
        [first, "active"],
    ]


def test_audit_and_rebuild_work_without_an_engine(serving) -> None:
    """Goal: operators can look at a stopped engine's stores. Method: stop it, audit and rebuild offline, audit again."""
    process, _, settings = serving
    process.terminate()
    process.wait(timeout=30)
    for command in (("audit",), ("rebuild",), ("audit",)):
        done = run("tuan.server", *command, **settings)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_second_engine_is_refused(serving) -> None:
    """Goal: two engines never share a folder. Method: start a second one, read its message."""
    process, _, settings = serving
    second = run("tuan.server", "serve", **settings)
    assert second.returncode == 2
    assert settings["TUAN_DATA_DIR"] in second.stderr
    assert str(process.pid) in second.stderr
