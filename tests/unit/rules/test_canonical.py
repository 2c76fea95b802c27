"""The canonical form: it reads back as the same tree, and names a ruleset by what it means."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules import SourceFile, Span, check
from tuan_rules.syntax import nodes
from tuan_rules.syntax.canonical import render_block
from tuan_rules.syntax.read import read_block

AT = Span("x", 1, 1, 1, 1, 0, 0)
NAMES = st.sampled_from(["a", "line", "is", "set", "all", "android", "团", "x1", "KWD", "level", "d", "h"])
TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u3000"), max_size=6
).map(lambda text: normalize("NFC", text))
DECIMALS = st.builds(lambda n, places: Fraction(n, 10**places), st.integers(0, 10**9), st.integers(0, 4))
DURATIONS = st.builds(nodes.DurationLiteral, st.just(AT), st.integers(0, 10**12))
PATHS = st.builds(lambda names: nodes.Path(AT, tuple(names)), st.lists(NAMES, min_size=1, max_size=3))
ATOMS = st.one_of(
    PATHS,
    DURATIONS,
    st.builds(nodes.MoneyLiteral, st.just(AT), st.sampled_from(["¥", "$", "£", "KWD", "JPY"]), DECIMALS),
    st.builds(nodes.PercentLiteral, st.just(AT), DECIMALS.map(lambda d: d / 100)),
    st.builds(nodes.PercentLiteral, st.just(AT), st.integers(1, 99).map(lambda n: Fraction(n, 100)), st.just(True)),
    st.builds(nodes.NumberLiteral, st.just(AT), DECIMALS),
    st.builds(nodes.TextLiteral, st.just(AT), TEXTS),
    st.builds(nodes.BooleanLiteral, st.just(AT), st.booleans()),
    st.builds(nodes.TimeLiteral, st.just(AT), st.integers(0, 1439)),
    st.builds(
        nodes.InstantLiteral,
        st.just(AT),
        st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31)).map(
            lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        ),
        st.sampled_from(["", "+08:00", "-05:30", "Asia/Shanghai", "America/New_York"]),
    ),
    st.builds(nodes.ReferenceExpression, st.just(AT), NAMES, TEXTS),
)


RELATIONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "all in", "under", "not under"])
CHAINS = st.sampled_from(["then", "or", "and", "??"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> nodes.Expression:
    """Any tree of at most that depth; every kind of node occurs."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(ATOMS)

    def inner() -> nodes.Expression:
        return draw(expressions(depth - 1))

    def several(least: int, most: int) -> tuple[nodes.Expression, ...]:
        return tuple(inner() for _ in range(draw(st.integers(least, most))))

    match draw(st.integers(0, 13)):
        case 0:
            return nodes.Operation(AT, draw(CHAINS), several(2, 3))
        case 1 | 2 as kind:
            signs = st.sampled_from("+-" if kind == 1 else "*/")
            return nodes.Arithmetic(AT, inner(), tuple((draw(signs), operand) for operand in several(1, 2)))
        case 3:
            return nodes.Comparison(AT, draw(RELATIONS), inner(), inner())
        case 4:
            return nodes.IsSet(AT, inner(), draw(st.booleans()))
        case 5:
            return nodes.Not(AT, inner())
        case 6:
            return nodes.Negative(AT, inner())
        case 7:
            return nodes.ShareExpression(AT, inner(), inner())
        case 8:
            within = draw(st.none() | DURATIONS)
            return nodes.Counter(AT, inner(), draw(PATHS if within is None else st.none() | PATHS), within)
        case 9:
            return nodes.Per(AT, inner(), draw(NAMES), draw(st.none() | DURATIONS))
        case 10:
            return nodes.WindowExpression(AT, inner(), inner())
        case 11:
            return nodes.Call(AT, draw(PATHS), tuple(draw(arguments(depth)) for _ in range(draw(st.integers(0, 2)))))
        case 12:
            steps = tuple(nodes.Step(AT, inner(), inner()) for _ in range(draw(st.integers(0, 1))))
            return nodes.ListExpression(AT, (*several(0, 2), *steps))
    keys = draw(st.lists(TEXTS, max_size=2))
    return nodes.RecordExpression(AT, tuple(nodes.Entry(AT, key, inner(), AT) for key in keys))


@st.composite
def arguments(draw: st.DrawFn, depth: int) -> nodes.Argument | nodes.Each:
    """Positional, named, and `each ... in ... where`."""
    inner = expressions(depth - 1)
    if draw(st.booleans()):
        return nodes.Argument(AT, draw(st.just("") | NAMES), draw(inner))
    return nodes.Each(AT, draw(st.none() | inner), draw(NAMES), draw(inner), draw(st.none() | inner))


LIMITS = st.builds(
    lambda items: nodes.LimitList(AT, tuple(items)),
    st.lists(st.builds(nodes.Per, st.just(AT), ATOMS, NAMES, st.none() | DURATIONS), min_size=2, max_size=3),
)
FIELDS = st.builds(nodes.FieldNode, st.just(AT), NAMES, expressions() | LIMITS, st.just(AT))


def _block(kind: str, labels: list[str], items: list[nodes.FieldNode | nodes.BlockNode]) -> nodes.BlockNode:
    return nodes.BlockNode(AT, kind, tuple(nodes.Label(AT, label) for label in labels), tuple(items), AT)


LEAVES = st.builds(_block, NAMES, st.lists(TEXTS, max_size=2), st.lists(FIELDS, max_size=3))
BLOCKS = st.builds(_block, NAMES, st.lists(TEXTS, max_size=2), st.lists(FIELDS | LEAVES, max_size=4))


@settings(max_examples=150, deadline=None)
@given(BLOCKS)
def test_canonical_text_reads_back(block: nodes.BlockNode) -> None:
    """Goal: parse(render(tree)) == tree. Method: Hypothesis builds trees of every kind of node."""
    text = render_block(block)
    read, report = read_block(text)
    assert report.sorted() == (), text
    assert read == block, text
    assert read is not None
    assert render_block(read) == text


PACKAGE = 'package "a" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
SALE = 'flash_sale "e" { on = line.sku in ["S1"]  price = set(¥29.90)  hold = 2h  active = from 2027-02-10 until 2027-02-13 }\n'
OTHER = 'commission "c" { level 1 { rate = 8% }  level 2 { rate = 3% } }\n'


def _hash(*texts: str) -> str:
    files = [SourceFile(f"{number}.tuan", text) for number, text in enumerate(texts)]
    package = check(files, VOCABULARY).package
    assert package is not None
    return package.ruleset_hash


def test_formatting_comments_order_and_files_do_not_change_the_hash() -> None:
    """Goal: a hash names a meaning. Method: rewrite the same rules in other ways and compare hashes."""
    expected = _hash(PACKAGE + SALE + OTHER)
    spread = SALE.replace("  ", "\n\n   ").replace("{ on", "{ // a comment\n on")
    moved = (
        'flash_sale "e" { hold = 120min  active = from 2027-02-10 00:00 until 2027-02-13'
        '  price = set(￥29.9)  on = line.sku in ["S1",] }\n'
    )
    assert _hash(PACKAGE + spread + OTHER) == expected
    assert _hash(OTHER + moved + PACKAGE) == expected
    assert _hash(OTHER, PACKAGE, SALE) == expected
    assert _hash(PACKAGE + SALE.replace("\n", "\r\n") + OTHER) == expected
    assert len(expected) == 64


def test_every_change_of_meaning_changes_the_hash() -> None:
    """Goal: two meanings never share a hash. Method: change one value at a time."""
    changes = (
        ("29.90", "29.91"), ("S1", "S2"), ("2h", "3h"), ("8%", "9%"), ("until 2027-02-13", "until 2027-02-14"),
        ('"e"', '"f"'), ("1.0.0", "1.0.1"), ("Asia/Shanghai", "Asia/Tokyo"), ("level 2", "level 3"),
    )  # fmt: skip
    text = PACKAGE + SALE + OTHER
    assert len({_hash(text), *(_hash(text.replace(old, new)) for old, new in changes)}) == len(changes) + 1
