"""CHANGELOG.md speaks to users, newest first, and knows the version that the code has."""

from __future__ import annotations

import re

import tuan
from tests.repo.tree import ROOT


def _sections() -> list[str]:
    return re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_unreleased_comes_first() -> None:
    """Goal: every change has a place to be told. Method: the first section is Unreleased."""
    assert _sections()[0] == "Unreleased"


def test_released_versions_do_not_overtake_the_code() -> None:
    """Goal: code and changelog agree. Method: the newest released section, if any, is the version of the package."""
    released = [re.split(r"\W*\d{4}-", section)[0].strip("[] ") for section in _sections()[1:]]
    assert released[:1] in ([], [tuan.__version__])
