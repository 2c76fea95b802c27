"""The import contracts are not blind: each one catches an import planted against it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, SOURCE_ROOTS, config, files, plugin_packages

_PLUGINS = sorted(plugin_packages())

#: Contract -> the file that breaks it, and its content.
PLANTS = {
    "layers": ("engine/tuan/domain/planted.py", "import tuan.ports"),
    "no-drivers-below": ("engine/tuan/usecases/planted.py", "import redis"),
    "adapters-serve-nobody": ("engine/tuan/adapters/planted.py", "import tuan_api.v1"),
    "rules-alone": ("rules/tuan_rules/planted.py", "import tuan.domain"),
    "api-alone": ("protos/tuan_api/planted.py", "import tuan_rules"),
    "client-alone": ("clients/python/tuan_client/planted.py", "import tuan.domain"),
    "engine-knows-no-plugin": ("engine/tuan/server/planted.py", f"import {_PLUGINS[0]}"),
    "plugins-apart": (f"plugins/{_PLUGINS[0]}/planted.py", f"import {_PLUGINS[-1]}"),
    "plugins-facade": (f"plugins/{_PLUGINS[-1]}/planted.py", "import sqlalchemy"),
}


def _lint(folder: Path) -> tuple[int, str]:
    paths = os.pathsep.join(str(folder / root) for root in SOURCE_ROOTS)
    run = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy of the tree with every plant in it, and of a module without a layer."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "setup.cfg", folder)
    for root in SOURCE_ROOTS:
        for path in files(ROOT / root, ".py"):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    for place, code in PLANTS.values():
        (folder / place).write_text(f"{code}\n", encoding="utf-8")
    (folder / "engine/tuan/no_layer.py").touch()
    status, output = _lint(folder)
    assert status != 0, output
    return output


@pytest.mark.parametrize("contract", PLANTS)
def test_contract_catches_its_plant(contract: str, planted: str) -> None:
    """Goal: no contract is kept because it looks at nothing. Method: one offending import for each, in a copy of the tree;
    the linter reports the contract as broken and prints its reason."""
    section = f"importlinter:contract:{contract}"
    assert f"{config().get(section, 'name')} BROKEN" in planted
    reason = config().get(section, "broken_contract_guidance").split()
    assert " ".join(reason) in " ".join(planted.split())


def test_module_without_a_layer_is_caught(planted: str) -> None:
    """Goal: a new module of the engine has to be given its layer. Method: an empty module that no layer names."""
    assert "tuan.no_layer" in planted


def test_every_contract_has_a_plant() -> None:
    """Goal: a new contract is tried, too. Method: compare setup.cfg with the plants above."""
    sections = [name for name in config().sections() if name.startswith("importlinter:contract:")]
    assert {name.rpartition(":")[2] for name in sections} == set(PLANTS)
