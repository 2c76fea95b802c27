"""The limits at their edges: what is just within is read, what is just over is refused, and nothing in between takes a second."""

from __future__ import annotations

import pytest

from tests.unit.rules.pricing_for_tests import STACKS, cart, checked, head, line
from tests.unit.rules.test_escape_attempts import checked_in_time
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import SourceFile, render_text
from tuan_rules.checking.labels import LABEL_MAX
from tuan_rules.checking.scalars import TEXT_MAX
from tuan_rules.diagnostics.report import DIAGNOSTICS_MAX
from tuan_rules.nearest import closest
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.syntax.blocks import BLOCKS_MAX, NESTING_MAX
from tuan_rules.syntax.literals import DIGITS_MAX
from tuan_rules.syntax.read import FILE_BYTES_MAX, TOKENS_MAX


def codes_of(text: str) -> set[str]:
    """The codes of the errors of a file."""
    return {found.code for found in checked_in_time(SourceFile("edge", text)).errors}


def file_of(size: int, unit: str) -> str:
    """A file of exactly so many bytes, most of them in a comment."""
    text = head() + "//"
    room = size - len(text.encode())
    return text + unit * (room // len(unit.encode())) + "x" * (room % len(unit.encode()))


def nested(depth: int) -> str:
    """A condition in so many brackets, the block's own counted."""
    return f'define "a" {{ is = {"(" * (depth - 1)}buyer.is_new{")" * (depth - 1)} }}'


#: (just within, just over, the code of the second)
EDGES = {
    "bytes": (file_of(FILE_BYTES_MAX, "x"), file_of(FILE_BYTES_MAX + 1, "x"), "TR-001"),
    "bytes of Chinese": (file_of(FILE_BYTES_MAX, "团"), file_of(FILE_BYTES_MAX + 1, "团"), "TR-001"),
    "brackets": (head() + nested(NESTING_MAX), head() + nested(NESTING_MAX + 1), "TR-006"),
    "digits": (
        head() + f'define "a" {{ is = buyer.level == {"9" * DIGITS_MAX} }}',
        head() + f'define "a" {{ is = buyer.level == {"9" * (DIGITS_MAX + 1)} }}',
        "TR-019",
    ),
    "label": (
        head() + f'define "{"a" * LABEL_MAX}" {{ is = buyer.is_new }}',
        head() + f'define "{"a" * (LABEL_MAX + 1)}" {{ is = buyer.is_new }}',
        "TR-213",
    ),
    "text": (
        head() + f'flash_sale "a" {{ title = "{"x" * TEXT_MAX}"  on = line.sku == "a"  price = set(¥1) }}',
        head() + f'flash_sale "a" {{ title = "{"x" * (TEXT_MAX + 1)}"  on = line.sku == "a"  price = set(¥1) }}',
        "TR-213",
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_edge(name: str) -> None:
    """Goal: a limit is where it is said to be. Method: a package at the limit, and one beyond it by one."""
    within, over, code = EDGES[name]
    assert codes_of(within) == set()
    assert codes_of(over) == {code}


def test_words_and_blocks_at_their_edge() -> None:
    """Goal: as above, for what only a broken file reaches in 64 KiB. Method: look for the limit's own message."""
    assert "TR-213" not in codes_of("a " * TOKENS_MAX)
    assert codes_of("a " * (TOKENS_MAX + 1)) == {"TR-213"}
    assert "TR-213" not in codes_of("a{}\n" * BLOCKS_MAX)
    assert "TR-213" in codes_of("a{}\n" * (BLOCKS_MAX + 1))


#: Names of few letters, all nearly alike and all unknown: what a search for "did you mean" takes longest for.
_ALIKE = ["ab" * 45, "ba" * 45]
MANY = {
    # Took 84 s.
    "names beside definitions": "".join(f'define "{_ALIKE[0]}{i}" {{ is = {_ALIKE[1]}{i} }}\n' for i in range(300)),
    "short names beside definitions": "".join(f'define "d{i}" {{ is = {"ba" * 10}{i} }}\n' for i in range(1_100)),
    "fields": 'price "p" { ' + "".join(f"gave{i} = 1\n" for i in range(4_000)) + "}",
    "blocks": "".join(f'prise "{i}" {{ }}\n' for i in range(1_900)),
    "references": 'stack "a" { phase = tender scope = order pick = all base = running exclusive_with = ['
    + ",".join(f'stack "{"ba" * 12}{i}"' for i in range(1_500)) + "] }",
    "facts of a test": 'test "t" { at = 2027-02-10 given = { '
    + ",".join(f"{'ba' * 7}{i}: 1" for i in range(2_500)) + " } expect { total = ¥1 } }",
    "rules of a test": "".join(
        f'price "{"ab" * 10}{i}" {{ give = off(1%) stack = stack "line" priority = {i} }}\n' for i in range(300)
    ) + 'test "t" { at = 2027-02-10 given = {} expect { rejected = { '
    + ",".join(f'"{"ba" * 10}{i}": "excluded"' for i in range(500)) + " } } }",
    "the same block": 'price "p" { give = off(1%) stack = stack "line" }\n' * 900,
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_many_mistakes(name: str) -> None:
    """Goal: thousands of mistakes cost no more than one second, and no more lines than anybody reads. Method: a file full of them."""
    source = SourceFile("many", head() + STACKS + MANY[name])
    result = checked_in_time(source)
    assert 0 < len(result.errors) <= DIAGNOSTICS_MAX
    assert len(render_text(result.diagnostics, [source]).encode()) < 1_000 * (DIAGNOSTICS_MAX + 1)


def test_the_first_mistakes_still_have_suggestions() -> None:
    """Goal: the bound on searches takes no suggestion from whom it would help. Method: a hundred misspelt facts."""
    text = head() + "".join(f'define "d{i}" {{ is = buyer.levle >= {i} }}\n' for i in range(100))
    assert {found.suggestion for found in checked_in_time(SourceFile("slips", text)).errors} == {"buyer.level"}


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("levle", ["level", "label", "fever"], "level"),
        ("PRICE", ["price", "prize"], "price"),
        ("apy", ["pay", "off", "set"], "pay"),
        ("x" * 100, ["y" * 100], None),
        ("", ["a"], None),
        ("buyr.level", [f"buyer.fact{i}" for i in range(500)] + ["buyer.level"], "buyer.level"),
        ("晚场拼团", ["晚场团", "早场团购"], "晚场团"),
    ],
)
def test_closest(word: str, known: list[str], meant: str | None) -> None:
    """Goal: the search that is bounded finds what is meant. Method: slips, other cases, and a needle among 500; in either order."""
    assert closest(word, known) == closest(word, known[::-1]) == meant


def test_rules_of_two_packages_never_share_an_id() -> None:
    """Goal: one package's budget is not another's. Method: labels that would give `x/price/y/price/z` twice were a package's free; the
    package with `/` is refused, and the others keep their claims apart."""
    stack = 'stack "line" { phase = line_discount scope = line pick = all base = running }\n'
    rule = 'price "{}" {{ give = off({}%) stack = stack "line" priority = {} budget = ¥1 on_exceed = skip }}\n'
    assert codes_of(head(name="x/price/y") + stack + rule.format("z", 1, 1)) == {"TR-117"}
    packages = [
        checked(head(name="x") + stack + rule.format("y/price/z", 1, 1)),
        checked(head(name="y") + stack + rule.format("z", 1, 2)),
    ]
    priced = Ruleset.of(packages, TYPED_VOCABULARY).price(cart(line(list_minor=10_000)))
    assert priced.claims == {"x/price/y/price/z": 99, "y/price/z": 100}
