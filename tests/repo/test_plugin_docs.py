"""docs/plugins.md against the code: hooks, methods, host, names, settings, and a tutorial that is carried out."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tuan.plugin
from tests.repo.tree import ROOT, fences
from tuan import hookspecs
from tuan.plugin import (
    Challenge,
    Host,
    Notifier,
    PaymentGateway,
    Plugin,
    PromotionType,
    RewardKind,
    RiskChecker,
)
from tuan.registry import Registry
from tuan.settings import PREFIX, Settings
from tuan_coupon import tuan_plugins as coupon_plugins
from tuan_flash_sale import tuan_plugins as flash_sale_plugins
from tuan_points import tuan_plugins as points_plugins
from tuan_rules import SourceFile, check

PAGE = ROOT / "docs/plugins.md"
TEXT = PAGE.read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """The table rows under a heading, by their first cell."""
    section = re.search(rf"^(#+) {heading}\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert section is not None, f"no heading {heading}"
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section[2].splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def arguments(function: object) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]  # type: ignore[arg-type]


def named(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def own_methods(kind: type) -> dict[str, object]:
    return {name: value for name, value in vars(kind).items() if inspect.isfunction(value) and not name.startswith("_")}


def test_every_hook_is_documented_with_its_arguments() -> None:
    """Goal: docs and hookspecs list the same hooks. Method: compare names and arguments, both ways."""
    hooks = {
        name: arguments(value)
        for name, value in inspect.getmembers(hookspecs, inspect.isfunction)
        if name.startswith("tuan_")
    }
    assert {name: named(cells[0]) for name, cells in rows("Hooks").items()} == hooks


@pytest.mark.parametrize("kind", [PromotionType, RiskChecker, PaymentGateway, Notifier, RewardKind, Challenge])
def test_every_method_of_a_kind_is_documented_with_its_arguments(kind: type) -> None:
    """Goal: an author finds each method. Method: compare the table of each kind with its class, both ways."""
    methods = {name: arguments(value) for name, value in own_methods(kind).items()}
    assert {name: named(cells[0]) for name, cells in rows(kind.__name__).items()} == methods


def test_what_every_plugin_has_is_documented() -> None:
    """Goal: no member of the base class is a secret. Method: compare the table with the class."""
    table = {name.partition("(")[0] for name in rows("Kinds")}
    assert table == set(own_methods(Plugin)) | set(Plugin.__annotations__)


def test_every_member_of_the_host_is_documented_with_its_arguments() -> None:
    """Goal: an author knows what can be borrowed. Method: compare the table with the Protocol, both ways."""
    members = {name: arguments(value) for name, value in own_methods(Host).items()}
    members |= {name: [] for name, value in vars(Host).items() if isinstance(value, property)}
    assert {name: named(cells[0]) for name, cells in rows("The host").items()} == members


def test_every_public_name_is_documented() -> None:
    """Goal: docs and façade list the same names. Method: compare the last table with `__all__`, both ways."""
    section = TEXT.split("\n## Names\n")[1]
    cells = [line.strip("|").split("|")[1] for line in section.splitlines() if line.startswith("| ") and "`" in line]
    documented = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(documented) == sorted(tuan.plugin.__all__)
    assert all(hasattr(tuan.plugin, name) for name in documented)


def built_in() -> Registry:
    return Registry([*flash_sale_plugins(), *coupon_plugins(), *points_plugins()])


def test_every_field_of_the_built_in_blocks_is_documented() -> None:
    """Goal: a merchant finds each field. Method: compare each table with the block's schema, both ways."""
    schemas = built_in().block_schemas()
    assert {schema.name for schema in schemas} == {"flash_sale", "coupon", "points"}
    for schema in schemas:
        assert list(rows(schema.name)) == [field.name for field in schema.fields]


def test_rule_examples_check() -> None:
    """Goal: what is copied is right. Method: check each block with the vocabulary of the built-in promotions."""
    vocabulary = built_in().vocabulary()
    examples = [fence for fence in fences(PAGE) if fence.language == "tuan"]
    assert examples
    for fence in examples:
        assert check([SourceFile(f"plugins.md:{fence.line}", fence.text)], vocabulary).diagnostics == ()


def test_settings_named_exist() -> None:
    """Goal: no setting that has gone. Method: every TUAN_ variable of the page is a field of Settings."""
    variables = set(re.findall(r"\bTUAN_[A-Z_]+", TEXT))
    assert variables
    assert variables <= {f"{PREFIX}{name}".upper() for name in Settings.model_fields}


def test_the_tutorial_runs(tmp_path: Path) -> None:
    """Goal: who follows the tutorial ends with passing tests and an installable plugin. Method: write its files as they stand
    on the page, run its tests in an interpreter of their own, build and install it, and find it by its entry point."""
    written = re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in written] == [
        "pyproject.toml",
        "src/tuan_bulk_price/__init__.py",
        "src/tuan_bulk_price/promotion.py",
        "tests/test_bulk_price.py",
    ]
    for name, text in written:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ours = os.pathsep.join(str(ROOT / top) for top in ("engine", "plugins", "protos", "rules"))
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}/src{os.pathsep}{ours}"}
    # Without the plugins that happen to be installed here; the fixtures as the entry point `pytest11` brings them.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tuan.testing", "-p", "no:cacheprovider", "tests"]
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout

    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(tmp_path / "target"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    environment["PYTHONPATH"] = f"{tmp_path}/target{os.pathsep}{ours}"
    find = "from tuan.registry import discover; print('bulk_price' in discover().promotions)"
    found = subprocess.run(
        [sys.executable, "-c", find], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "True"
