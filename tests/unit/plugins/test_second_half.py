"""A third party's plugin: its own distribution, installed by pip, found by its entry point, run by the engine's own code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.tree import ROOT
from tuan.plugin import Claim, InvalidValue, PromotionType
from tuan.registry import discover
from tuan.testing import PromotionBench, check_promotion

RULES = 'second_half "tea" { on = line.category under "food"  limit = 3 per buyer  active = from 2027-01-01 until 2028-01-01 }'


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed it into; built from a copy, because a build leaves files beside its source."""
    folder = tmp_path_factory.mktemp("third_party")
    source = shutil.copytree(ROOT / "tests/fixtures/tuan_second_half", folder / "source")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "target"), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return folder / "target"


@pytest.fixture
def plugin(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromotionType]:
    monkeypatch.syspath_prepend(str(installed))
    yield discover().promotions["second_half"]
    sys.modules.pop("tuan_second_half")


def total(bench: PromotionBench, *lines: tuple[str, int]) -> int:
    return bench.place(bench.attempt(*lines)).total_minor


def test_it_is_found_and_conforms(plugin: PromotionType, installed: Path) -> None:
    """Goal: `pip install` is all that a third party's user does. Method: discovery, then the conformance suite."""
    module = sys.modules[type(plugin).__module__]
    assert Path(str(module.__file__)).is_relative_to(installed)
    check_promotion(plugin, RULES)


def test_the_second_costs_half(plugin: PromotionType) -> None:
    """Goal: its arithmetic, through the engine's pricing. Method: one to five units, of one and two kinds of goods."""
    bench = PromotionBench(plugin)
    bench.publish(RULES)
    assert [total(bench, ("S1", quantity)) for quantity in (1, 2, 3, 4, 5)] == [10_00, 15_00, 25_00, 30_00, 40_00]
    assert total(bench, ("S1", 1), ("S2", 1)) == 30_00, "two kinds are no pair"
    assert total(bench, ("S1", 1), ("S1", 1)) == 15_00, "two lines of one kind are"
    assert total(bench, ("S3", 2)) == 60_00, "other goods are not in it"


def test_its_limit_is_a_claim(plugin: PromotionType) -> None:
    """Goal: a third party's limit is kept by the engine. Method: the claims of an order of four units: two pairs."""
    bench = PromotionBench(plugin)
    bench.publish(RULES)
    [limit, stock] = bench.place(bench.attempt(("S1", 4))).claims["retail"]
    assert (limit.quantity, limit.limit) == (2, 3)
    assert limit.counter.startswith("buyer/")
    assert limit.counter.endswith("/b1")
    assert stock == Claim("stock/S1", 4)


def test_its_mistakes_name_the_field(plugin: PromotionType) -> None:
    """Goal: a third party explains as the built-in do. Method: goods and a limit that cannot be."""
    bench = PromotionBench(plugin)
    with pytest.raises(InvalidValue, match="limit: write one limit per buyer"):
        bench.plans(RULES.replace("per buyer", "per device"))
    with pytest.raises(InvalidValue, match="on: names no goods"):
        bench.plans(RULES.replace('"food"', '"nowhere"'))


def test_without_a_window_it_is_always_on(plugin: PromotionType) -> None:
    """Goal: the field `active` is optional. Method: left out, any time is inside."""
    bench = PromotionBench(plugin)
    bench.publish('second_half "tea" { on = line.sku in ["S1"]  off = 25% }')
    assert total(bench, ("S1", 2)) == 17_50
    bench.host.clock.move_to(1)
    assert total(bench, ("S1", 2)) == 17_50
