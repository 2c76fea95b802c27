"""Attempts to get out of the language: each is a diagnostic, none an exception, none reaches the generator."""

from __future__ import annotations

import ast
import time

import pytest

from tests.unit.rules.pricing_for_tests import STACKS, head, ruleset
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import SourceFile, check
from tuan_rules.compiling.modules import HELPERS, prove

DUNDERS = [
    "buyer.__class__ == 1", "__import__ == 1", "buyer.level.__class__ == 1", "__builtins__ == 1", "line.__dict__ is set",
    "buyer.id.format == 1", "().__class__ == 1", "buyer._private == 1", "cart.lines.__len__ > 1", "globals.x == 1",
    "os.system == 1", "self.x == 1", "c == 1", "l == 1", "a == 1", "m0 == 1", "r0 == 1", "HELPERS == 1", "sum == 1",
    "count == 1",
]  # fmt: skip
CALLS = [
    '__import__("os")', 'eval("1")', 'exec("1")', 'open("/etc/passwd") is set', "compile(1)", "getattr(buyer, id)",
    "globals()", "print(1)", 'buyer.id.format("x") == "y"', 'system("ls")', "lambda(x)", "type(buyer)",
    'matches(buyer.id, "(a+)+$")', 'regex("((a*)*)*") == buyer.id', "now() > 2027-01-01", "random() > 1", "sleep(1d)",
    "any(true)", "sum(1)", "count(buyer)", "all(buyer.segments)", "min(1)", "round(1.5)", "round(¥1, banker)",
]  # fmt: skip
FORMATS = [
    'buyer.id == "{0.__class__}" and buyer.x', '"%s" % buyer.id', 'f"{buyer}" == "x"', "buyer[0] == 1", "buyer.level == 0x10",
    "buyer.level == 1e9", "buyer.level ** 2 > 1", "buyer.level // 2 > 1", "buyer.level % 2 == 1", "buyer.level == 1;2",
    "buyer.level := 3", "not not", "`id` == 1", "buyer.level == 1 # comment", "$x == 1", "@x == 1",
]  # fmt: skip
HUGE = [
    " ?? ".join(["buyer.credit"] * 500) + " > 1", "buyer.level + " + " - ".join(["buyer.level"] * 500) + " > 1",
    "cart.subtotal * 3% * 5% " + "* 7% " * 200 + "> ¥1",
    f"buyer.level == {'9' * 400}", f"buyer.level == {'(' * 200}1{')' * 200}", "not " * 3_000 + "buyer.is_new",
    "buyer.level == 1" + " + 1" * 20_000, "buyer." + ".".join(["x"] * 5_000) + " == 1", f'buyer.id == "{"x" * 70_000}"',
    "buyer.level * 999999999999999 * 999999999999999" + " * 999999999999999" * 3_000 + " > 1",
    "buyer.id in [" + ",".join(f'"{i}"' for i in range(40_000)) + "]",
]  # fmt: skip
CONFUSABLES = [
    "buуer.level >= 3", "buyer.leveⅼ >= 3", "buyer\u200b.level >= 3", "buyer.level\u202e >= 3", "bu\u0443er.level > 3",
    "buyer.levеl >= 3",
]  # fmt: skip
CONDITIONS = DUNDERS + CALLS + FORMATS + HUGE + CONFUSABLES


def errors_of(text: str) -> list[str]:
    """The codes of the errors in a text, which is read within a second of CPU (RULES.md, "Limits")."""
    start = time.thread_time()
    result = check([SourceFile("escape", head() + STACKS + text)], TYPED_VOCABULARY)
    assert time.thread_time() - start < 5, "an attempt may not take long either (one second, five on a busy machine)"
    return [diagnostic.code for diagnostic in result.errors]


@pytest.mark.parametrize("condition", CONDITIONS, ids=range(len(CONDITIONS)))
def test_attempt_is_an_error(condition: str) -> None:
    """Goal: nothing but declared facts and the language's own functions can be named. Method: check a rule with the attempt."""
    codes = errors_of(f'price "p" {{ when = {condition}  give = off(1%)  stack = stack "line" }}')
    assert codes
    assert set(codes) <= {code for code in codes if code.startswith("TR-") and not code.startswith("TR-9")}


def test_there_are_enough_attempts() -> None:
    """Goal: the corpus keeps its size. Method: count."""
    assert len(CONDITIONS) >= 70


@pytest.mark.parametrize("length", [1, 2, 40])
def test_definitions_cannot_go_in_circles(length: int) -> None:
    """Goal: no recursion by `define`. Method: circles of several lengths, reported without recursion in the checker."""
    blocks = [f'define "d{i}" {{ is = d{(i + 1) % length} or buyer.is_new }}' for i in range(length)]
    assert set(errors_of("\n".join(blocks))) & {"TR-234", "TR-213"}


def test_definitions_cannot_grow_without_bound() -> None:
    """Goal: doubling by definitions is bounded by cost, not by memory. Method: 30 definitions that use the one before twice."""
    blocks = ['define "d0" { is = buyer.is_new }']
    blocks += [f'define "d{i}" {{ is = d{i - 1} and (d{i - 1} or buyer.is_new) }}' for i in range(1, 30)]
    assert "TR-238" in errors_of("\n".join(blocks))


def test_a_long_chain_of_definitions_is_refused() -> None:
    """Goal: no deep recursion by way of names. Method: 500 definitions in a row."""
    blocks = ['define "d0" { is = buyer.is_new }', *(f'define "d{i}" {{ is = not d{i - 1} }}' for i in range(1, 500))]
    assert "TR-213" in errors_of("\n".join(reversed(blocks)))


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "x.y",
        "lambda: 1",
        "[1 for a in b]",
        "open(1)",
        "f'{c}'",
        "1.5",
        "c.x()",
        "c[0]()",
        "a ** 2",
        "eval(c)",
    ],
)
def test_the_whitelist_bites(source: str) -> None:
    """Goal: the proof of generated code proves something. Method: hand it trees that no rule generates."""
    with pytest.raises(ValueError, match="generated code"):
        prove(ast.parse(source))


def test_generated_functions_have_no_builtins() -> None:
    """Goal: even a hole in the generator reaches nothing. Method: look at the globals of the compiled functions."""
    compiled = ruleset(
        'price "p" { when = buyer.level >= 3 and "a" in line.tags  give = off(1%)  stack = stack "line" }'
    ).compiled
    functions = [
        guard for guard in (compiled.cart_guard(0), compiled.line_guard(0), compiled.functions[0]) if guard is not None
    ]
    assert functions
    for function in functions:
        names = set(function.__globals__)  # type: ignore[attr-defined]
        assert function.__globals__["__builtins__"] == {}  # type: ignore[attr-defined]
        assert {name for name in names if not name.startswith("r") or name in HELPERS} == {"__builtins__", *HELPERS}
