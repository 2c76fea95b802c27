"""Attempts to get out of the language, by kind: each is refused with its own codes, at once, and nothing of it reaches a terminal."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest

from tests.unit.rules.escape_attempts import BLOCKS, CONDITIONS, PACKAGES
from tests.unit.rules.pricing_for_tests import STACKS, head
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import CheckResult, SourceFile, check, render_json, render_sarif, render_text
from tuan_rules.cli import main
from tuan_rules.syntax.parser import block_parser

#: RULES.md, "Limits": a parse gets no more than a second.
LIMIT_S = 1.0
KINDS = {
    **{
        kind: [(f'price "p" {{ when = {condition}  give = off(1%)  stack = stack "line" }}', codes) for condition, codes in each]
        for kind, each in CONDITIONS.items()
    },
    **BLOCKS,
}  # fmt: skip
ATTEMPTS = [(kind, text, codes) for kind, each in KINDS.items() for text, codes in each]


def checked_in_time(source: SourceFile) -> CheckResult:
    """The outcome of a check that takes less than a second of CPU; once more where a busy machine took longer."""
    block_parser()
    for _ in range(2):
        begin = time.thread_time()
        result = check([source], TYPED_VOCABULARY)
        if (taken := time.thread_time() - begin) < LIMIT_S:
            break
    assert taken < LIMIT_S
    return result


def assert_refused(text: str, codes: str) -> None:
    """These codes and no others; and every form of the answer is harmless."""
    source = SourceFile("escape", text)
    result = checked_in_time(source)
    assert {found.code for found in result.errors} == set(codes.split())
    for language in ("en", "zh"):
        shown = render_text(result.diagnostics, [source], language)
        assert not {unicodedata.category(char) for char in shown if char != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        shown.encode()
    for machine in (render_json(result.diagnostics), render_sarif(result.diagnostics)):
        machine.encode()
        json.loads(machine)


@pytest.mark.parametrize(("kind", "text", "codes"), ATTEMPTS, ids=range(len(ATTEMPTS)))
def test_attempt_is_refused(kind: str, text: str, codes: str) -> None:
    """Goal: nothing but declared facts and the language's own words means anything. Method: check a package with the attempt."""
    assert_refused(head() + STACKS + text, codes)


@pytest.mark.parametrize(("field", "value", "codes"), PACKAGES, ids=range(len(PACKAGES)))
def test_package_value_is_refused(field: str, value: str, codes: str) -> None:
    """Goal: the values that become file names, ids and keys have their form. Method: a package block with each."""
    values = {"name": "shop", "zone": "Asia/Shanghai", "currency": "CNY", "version": "1.0.0"} | {field: value}
    text = 'package "{name}" {{ version = "{version}"  zone = "{zone}"  currency = "{currency}" }}\n'.format(**values)
    assert_refused(text, codes)


def test_there_are_enough_of_each_kind() -> None:
    """Goal: the corpus keeps its size and its breadth. Method: count by kind."""
    counts = {kind: len(each) for kind, each in KINDS.items()}
    assert min(counts.values()) >= 5, counts
    assert sum(counts.values()) + len(PACKAGES) >= 150, counts


#: Each would fail, take a gigabyte or tell an address if it were formatted with `format`, `%` or an f-string.
TEMPLATES = [
    "{0.__class__}",
    "{name!r:>1000000000}",
    "%(label)1000000000s",
    "{label.__init__.__globals__}",
    "${7*7}",
    "{{x}}",
    "{",
]
#: Written so that every tool has to show the text: as a label, a title, a name of a test and of a case, a text that is compared.
SHOWN = """
price "{T}" {{ title = "{T}"  when = buyer.id != "{T}"  give = off(1%)  stack = stack "{T}" }}
stack "{T}" {{ phase = line_discount  scope = line  pick = all  base = running }}
test "{T}" {{
  at = 2027-02-10
  given = {{ buyer: {{ id: "x", level: 1 }}, lines: [{{ sku: "{T}", qty: 1, list: ¥10.00 }}] }}
  case "{T}" {{ expect {{ total = ¥1.00  rejected = {{ "{T}": "excluded" }} }} }}
}}
"""


@pytest.mark.parametrize("template", TEMPLATES)
def test_text_is_never_formatted(template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: what a merchant writes is shown and never interpreted. Method: templates as labels, titles and names, through every tool in
    every form; the text comes out as it went in, and no longer."""
    text = head() + SHOWN.format(T=template)
    (tmp_path / "a.tuan").write_text(text, encoding="utf-8")
    (tmp_path / "b.tuan").write_text(text.replace("off(1%)", "off(2%)"), encoding="utf-8")
    (tmp_path / "c.tuan").write_text(
        text.replace(f'stack "{template}" }}', f'stack "no{template}" }}'), encoding="utf-8"
    )
    a, b, c = (str(tmp_path / name) for name in ("a.tuan", "b.tuan", "c.tuan"))
    case = f"{template} / {template}"
    for arguments in (
        ["check", c], ["check", "--format", "json", c], ["check", "--format", "sarif", c], ["lint", c], ["test", a],
        ["test", "--format", "json", a], ["explain", "--cart", case, a], ["explain", "--why-not", template, "--cart", case, a],
        ["explain", "--index", "--format", "json", a], ["diff", a, b], ["diff", "--format", "json", a, b], ["fmt", "--diff", a],
    ):  # fmt: skip
        for language in ([], ["--lang", "zh"]):
            assert main([arguments[0], *language, *arguments[1:]], TYPED_VOCABULARY) < 2, arguments
            shown = capsys.readouterr()
            assert template in shown.out + shown.err, arguments
            assert len(shown.out + shown.err) < 20_000, arguments
