"""Rules that were published are neither checked nor compiled again at the next start. Method: a shop that restarts on one folder, and a
count of the checks; damaged files, and a folder that others can write."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import tuan_rules.kept
from tests.unit.usecases.shop import CALLER, Shop
from tests.unit.usecases.test_ruleset_stages import off, promote
from tuan.domain.ruleset import Stage
from tuan_rules import check
from tuan_rules.pricing import build


@pytest.fixture
def keeping(shop: Shop, tmp_path: Path) -> Shop:
    """A shop that keeps its rules."""
    shop.rules_dir = tmp_path / "rules"
    shop.restart()
    return shop


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every check of a published text and every compilation of rules, by name."""
    done: list[str] = []
    image_of = build.image_of

    def checked(*given: object) -> object:
        done.append("check")
        return check(*given)  # type: ignore[arg-type]

    def compiled(*given: object) -> object:
        done.append("compile")
        return image_of(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(tuan_rules.kept, "check", checked)
    monkeypatch.setattr(build, "image_of", compiled)
    yield done


async def test_a_restart_neither_checks_nor_compiles(keeping: Shop, worked: list[str]) -> None:
    """Goal: an engine with 10,000 rules starts at once. Method: publish, a canary and a shadow beside it, restart, price, explain."""
    await keeping.publish(off(10), request_id="p0")
    canary = await keeping.publish(off(30), request_id="p1", stage=Stage.DRAFT)
    await promote(keeping, canary, Stage.CANARY, 99)
    assert "check" not in worked  # publishing itself has checked what the compiler gets
    before = (await keeping.placed("r1")).total_minor
    worked.clear()
    keeping.restart()
    await keeping.keeper.refresh()
    assert (await keeping.placed("r2")).total_minor == before
    assert worked == []
    prices = keeping.keeper.current.book.active["CNY"]
    assert prices.ruleset.explain_index() and prices.ruleset.counters == ()
    assert worked == []


@pytest.mark.parametrize("kind", ["rules", "package"])
async def test_a_damaged_file_is_made_anew(
    keeping: Shop, worked: list[str], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Goal: prices never depend on the cache, and somebody hears of it. Method: half a file in the place of each kind."""
    await keeping.publish(off(10), request_id="p0")
    assert keeping.rules_dir is not None
    (file,) = keeping.rules_dir.glob(f"*.{kind}")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    worked.clear()
    keeping.restart()
    with caplog.at_level(logging.WARNING):
        await keeping.keeper.refresh()
    assert (await keeping.placed("r1")).total_minor == 9_00
    assert worked == ["check" if kind == "package" else "compile"]
    assert file.name in caplog.text and "damaged" in caplog.text
    assert file.read_bytes() == whole


async def test_what_others_could_have_written_is_not_run(keeping: Shop, worked: list[str]) -> None:
    """Goal: the folder holds code, and is nobody else's. Method: a folder that its group can write."""
    await keeping.publish(off(10), request_id="p0")
    assert keeping.rules_dir is not None
    assert {file.stat().st_mode & 0o777 for file in keeping.rules_dir.iterdir()} == {0o600}
    assert keeping.rules_dir.stat().st_mode & 0o777 == 0o700
    keeping.rules_dir.chmod(0o770)
    worked.clear()
    keeping.restart()
    await keeping.keeper.refresh()
    assert worked == ["check", "compile"]
    assert (await keeping.placed("r1")).total_minor == 9_00


async def test_an_old_ruleset_is_loaded_too(keeping: Shop, worked: list[str]) -> None:
    """Goal: a rollback costs what a start costs. Method: two versions, and the first again by its hash after a restart."""
    first = await keeping.publish(off(10), request_id="p0")
    await keeping.publish(off(20), request_id="p1")
    keeping.restart()
    await keeping.keeper.refresh()
    worked.clear()
    prices = await keeping.rules.pinned.prices(first, "CNY")
    assert prices.hashes == (first,)
    assert worked == []
    await keeping.rules.roller.roll_back(CALLER, "back", "shop.rules", first)
    assert (await keeping.placed("r1")).total_minor == 9_00
