"""Somebody who types wrong things at the command line: each gets a sentence that says what to do, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT, environment, run
from tuan.server import access
from tuan.server.cli import online
from tuan.settings import load

PACKAGE = 'package "shop" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'


def _checked(module: str, folder: Path, *names: str) -> tuple[int, str]:
    command = ("rules", "check") if module == "tuan.server" else ("check",)
    done = run(module, *command, *(str(folder / name) for name in names), TUAN_DATA_DIR=str(folder / "data"))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["tuan.server", "tuan_rules.cli"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_a_file_of_another_encoding_is_named(tmp_path: Path, module: str, encoding: str) -> None:
    """Goal: who saved a file as GBK or UTF-16 is told which one, and to save it as UTF-8. Method: check such a file."""
    (tmp_path / "sale.tuan").write_bytes(("// 秒杀\n" + PACKAGE.replace("shop", "店")).encode(encoding))
    status, told = _checked(module, tmp_path, "sale.tuan")
    assert status == 2
    assert "Traceback" not in told
    assert "sale.tuan" in told
    assert "UTF-8" in told


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Goal: a wrong path is told as such. Method: a file that is not there, and a folder."""
    (tmp_path / "folder").mkdir()
    for name in ("missing.tuan", "folder"):
        status, told = _checked("tuan.server", tmp_path, name)
        assert (status, "Traceback" in told) == (2, False), told
        assert name in told


def test_a_file_named_twice_is_checked_once(tmp_path: Path) -> None:
    """Goal: `*.tuan sale.tuan` is no accident. Method: name a file twice."""
    (tmp_path / "sale.tuan").write_text(PACKAGE, encoding="utf-8")
    status, told = _checked("tuan.server", tmp_path, "sale.tuan", "sale.tuan")
    assert (status, "shop 1.0.0" in told) == (0, True), told


def test_the_tools_of_the_language_know_the_plugins(tmp_path: Path) -> None:
    """Goal: `tuan rules` has every tool of `tuan-rules`, with the installed plugins' blocks. Method: lay out, lint and compare a
    flash sale, in Chinese where asked; what cannot be read ends with status 2 and without a traceback."""
    settings = {"TUAN_DATA_DIR": str(tmp_path / "data")}
    sale = 'flash_sale "e" { on = line.sku in ["S1"]   price=set(¥2.00)  active = from 2027-02-10 until 2027-02-11 }\n'
    old, new = tmp_path / "old.tuan", tmp_path / "new.tuan"
    old.write_text(PACKAGE + sale, encoding="utf-8")
    new.write_text(PACKAGE + sale.replace("2.00", "1.50"), encoding="utf-8")
    assert run("tuan.server", "rules", "fmt", "--check", str(old), **settings).returncode == 1
    assert run("tuan.server", "rules", "fmt", str(old), **settings).returncode == 0
    assert "price  = set(" in old.read_text(encoding="utf-8")
    linted = run("tuan.server", "rules", "lint", "--lang", "zh", str(old), **settings)
    assert (linted.returncode, "警告 0" in linted.stdout) == (0, True), linted.stdout + linted.stderr
    differs = run("tuan.server", "rules", "diff", str(old), str(new), **settings)
    assert differs.returncode == 1
    assert "price: set(¥2.00) → set(¥1.50)  (-¥0.50)" in differs.stdout
    trouble = run("tuan.server", "rules", "diff", str(tmp_path / "data"), str(new), **settings)
    assert (trouble.returncode, "Traceback" in trouble.stderr) == (2, False)


@pytest.mark.parametrize("command", ["audit", "rebuild"])
def test_an_empty_folder_is_not_called_right(tmp_path: Path, command: str) -> None:
    """Goal: who names the wrong folder does not read "all is well". Method: audit and rebuild a folder without an engine's stores;
    nothing is made in it."""
    done = run("tuan.server", command, TUAN_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 2, done.stdout
    assert str(tmp_path / "data") in done.stderr
    assert "TUAN_DATA_DIR" in done.stderr
    assert not (tmp_path / "data").exists()


def test_what_an_engine_writes_is_its_owners_alone(tmp_path: Path) -> None:
    """Goal: other users of the machine read neither keys nor orders, even where the folder was made by hand and is open. Method:
    start an engine in such a folder, look at the mode of every file."""
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    settings = {"TUAN_DATA_DIR": str(data), "TUAN_LISTEN_ADDRESS": "127.0.0.1:0", "TUAN_METRICS_ADDRESS": "off"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tuan.server", "serve"],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any(line.startswith("tuan: ready") for line in process.stdout)
        open_files = [path.name for path in data.rglob("*") if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
        assert (data / "tuan.db").exists()
        assert open_files == []
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_a_running_engine_is_found_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the tools find the engine on macOS, which has no /proc. Method: this process as the engine, on a system without it;
    then a process that has ended."""
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: not str(path).startswith("/proc") and exists(path))
    settings = load(data_dir=tmp_path)
    access.announce(settings, access.Access("127.0.0.1:1", "key", os.getpid(), False))
    assert online.running(settings) is not None
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    access.announce(settings, access.Access("127.0.0.1:1", "key", int(json.loads(ended.stdout)), False))
    assert online.running(settings) is None
