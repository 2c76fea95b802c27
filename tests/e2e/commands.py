"""Running `tuan` and its siblings as processes of their own, with an environment that holds nothing by accident."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("engine", "plugins", "protos", "rules", "clients/python", ".")


def environment(**settings: str) -> dict[str, str]:
    """PATH, HOME, the source roots, and `settings`."""
    roots = os.pathsep.join(str(ROOT / source) for source in SOURCES)
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": roots, **settings}


def run(*arguments: str, timeout_s: float = 120, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python -m arguments...` to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
