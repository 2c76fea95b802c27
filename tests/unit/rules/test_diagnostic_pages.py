"""Every diagnostic has a page, and every page tells the truth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.rules.vocabulary_for_tests import vocabulary_of
from tuan_rules import SourceFile, check
from tuan_rules.diagnostics.codes import CODES

PAGES = Path(__file__).parents[3] / "docs" / "diagnostics"
PACKAGE = 'package "shop" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'


def _codes_of(snippet: str, code: str) -> set[str]:
    text = re.sub(r"<U\+([0-9A-F]{4})>", lambda match: chr(int(match[1], 16)), snippet)
    text = re.sub(r"<(\d+) spaces>", lambda match: " " * int(match[1]), text)
    if "package" not in text:
        text = PACKAGE + text
    return {diagnostic.code for diagnostic in check([SourceFile("page.tuan", text)], vocabulary_of(code)).diagnostics}


def test_pages_are_the_codes() -> None:
    """Goal: no code without a page and no page without a code. Method: compare file names and the index with CODES."""
    assert {path.stem for path in PAGES.glob("TR-*.md")} == set(CODES)
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^- \[(TR-\d+)\]", index, re.MULTILINE) == sorted(CODES)


#: Found by an engine with its catalogue and plugins, and shown by tests/contract/api/test_users_rules.py and
#: tests/unit/usecases/test_rules_without_effect.py; of a failing test, by test_testing.py.
AT_PUBLICATION = {"TR-401", "TR-402", "TR-403", "TR-404", "TR-405", "TR-406"}


@pytest.mark.parametrize("code", sorted(set(CODES) - AT_PUBLICATION))
def test_page_shows_its_code(code: str) -> None:
    """Goal: the example yields the code and the fixed form does not. Method: check both snippets of the page."""
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    example, fixed = re.findall(r"```tuan\n(.*?)```", page, re.DOTALL)
    assert code in _codes_of(example, code)
    assert _codes_of(fixed, code) <= {"FS-001"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_page_quotes_its_messages(code: str) -> None:
    """Goal: severity and both messages on the page are those of the program. Method: look the templates up in it."""
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    entry = CODES[code]
    for message in (entry.message_en, entry.message_zh):
        assert message.replace("{{", "{").replace("}}", "}") in page
    assert f"**{entry.severity}**" in page


def test_messages_have_the_same_facts_in_both_languages() -> None:
    """Goal: neither language hides a fact. Method: compare placeholders, `x_zh` counting as `x`."""
    for code, entry in CODES.items():
        english, chinese = (
            {name.removesuffix("_zh").removesuffix("_en") for name in re.findall(r"(?<!\{)\{(\w+)\}", message)}
            for message in (entry.message_en, entry.message_zh)
        )
        assert chinese <= english, code
        assert english - chinese <= {"doc"}, code
