"""The vocabulary: core blocks, refusals, suggestions, and the installed plugins."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

import tuan_rules
from tests.unit.rules.vocabulary_for_tests import FLASH_SALE, VOCABULARY
from tuan_rules import INTEGER, TOP_LEVEL, BlockSchema, Field, SourceFile, Vocabulary, check, installed
from tuan_rules.syntax.parser import RESERVED_WORDS
from tuan_rules.vocabulary import closest


def test_core_blocks_are_always_there() -> None:
    """Goal: package, campaign, define, stack, rounding and test need no plugin. Method: an empty vocabulary."""
    assert Vocabulary().names() == ["campaign", "define", "package", "rounding", "stack", "test"]


def test_every_example_of_a_core_block_checks_clean() -> None:
    """Goal: what docs and messages show is right. Method: check each schema's example, with what it refers to."""
    head = 'package "a" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
    sale = FLASH_SALE.example + "\n"
    for schema in VOCABULARY:
        if schema.example:
            text = schema.example + "\n"
            text += "" if schema.name == "package" else head
            text += "" if schema.name == "flash_sale" else sale
            assert check([SourceFile("t.tuan", text)], VOCABULARY).errors == (), schema.name


@pytest.mark.parametrize(
    ("schemas", "message"),
    [
        ([FLASH_SALE, FLASH_SALE], "'flash_sale' is defined twice"),
        ([BlockSchema("package", "", ())], "'package' is defined twice"),
        ([BlockSchema("per", "", ())], "'per' in block 'per' cannot be a name"),
        ([BlockSchema("a-b", "", ())], "cannot be a name"),
        ([BlockSchema("x", "", (Field("from", INTEGER, ""),))], "'from' in block 'x' cannot be a name"),
        ([BlockSchema("x", "", (Field("a", INTEGER, ""), Field("a", INTEGER, "")))], "'x' has a twice"),
        ([BlockSchema("x", "", (Field("a", INTEGER, ""),), children=(BlockSchema("a", "", ()),))], "'x' has a twice"),
        ([BlockSchema("x", "", (), children=(BlockSchema("_y", "", ()),))], "'_y' in block 'x' cannot be a name"),
        ([BlockSchema("x", "", (), parents=("nowhere",))], "names the parent 'nowhere'"),
    ],
)
def test_bad_schemas_are_refused(schemas: list[BlockSchema], message: str) -> None:
    """Goal: a faulty plugin is refused at start-up, with its name. Method: one fault each."""
    with pytest.raises(ValueError, match=message):
        Vocabulary(schemas)


def test_no_core_name_is_a_reserved_word() -> None:
    """Goal: every field of the core can be written. Method: compare names with the reserved words."""
    names = {field.name for schema in VOCABULARY for field in schema.fields} | set(VOCABULARY.names())
    assert names & set(RESERVED_WORDS) == set()


def test_a_block_may_stand_in_blocks_of_others() -> None:
    """Goal: a plugin can add a block to a campaign. Method: `parents`, with and without the top level."""
    inside = BlockSchema("banner", "A picture.", (), parents=("campaign",))
    both = BlockSchema("note", "A note.", (), parents=(TOP_LEVEL, "campaign"))
    vocabulary = Vocabulary([inside, both])
    head = 'package "a" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }\n'
    campaign = (
        'campaign "c" { active = from 2027-02-10 until 2027-02-11  banner "b" { }  note "n" { } }\nnote "n" { }\n'
    )
    result = check([SourceFile("t", head + campaign)], vocabulary)
    assert result.package is not None
    assert [child.kind for child in result.package.blocks_of("campaign")[0].children] == ["banner", "note"]
    outside = check([SourceFile("t", head + 'banner "b" { }')], vocabulary)
    assert [diagnostic.code for diagnostic in outside.diagnostics] == ["TR-108"]


def test_closest() -> None:
    """Goal: a slip finds its word, nonsense finds none. Method: two of each."""
    assert closest("prise", ["price", "pieces"]) == "price"
    assert closest("LIMITS", ["limit", "list"]) == "limit"
    assert closest("zzz", ["price"]) is None
    assert closest("", ["price"]) is None


def test_installed_plugins_bring_their_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the command knows the blocks of installed distributions. Method: an entry point of this test."""
    entry = EntryPoint("ours", f"{__name__}:plugin_blocks", installed.ENTRY_POINT_GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _: plugin_blocks)
    monkeypatch.setattr(installed, "entry_points", lambda group: [entry] if group == "tuan_rules.vocabulary" else [])
    vocabulary = installed.installed_vocabulary()
    assert {"flash_sale", "price"} <= set(vocabulary.names())
    assert {"buyer", "cart", "line"} <= set(vocabulary.facts)


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (lambda: 1 / 0, "ours: .* failed: ZeroDivisionError"),
        (lambda: ["price"], "ours: .* gave 'price'; give BlockSchema"),
    ],
    ids=["raises", "gives something else"],
)
def test_a_broken_vocabulary_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, found: object, fault: str) -> None:
    """Goal: whoever starts a tool reads whose fault it is. Method: entry points that raise or give no vocabulary."""
    monkeypatch.setattr(EntryPoint, "load", lambda _: found)
    with pytest.raises(ValueError, match=fault):
        installed.installed_vocabulary([EntryPoint("ours", "tuan_ours.block:rule_blocks", installed.ENTRY_POINT_GROUP)])


def plugin_blocks() -> list[BlockSchema]:
    """What a distribution registers in the group `tuan_rules.vocabulary`."""
    return [FLASH_SALE]


def test_public_names_are_pinned() -> None:
    """Goal: nobody loses a name that plugins import. Method: the sorted list, written out."""
    assert sorted(tuan_rules.__all__) == [
        "ACTIONS", "AMOUNT_EXPRESSION", "ANY_EXPRESSION", "Action", "ActionOf", "Alias", "BLOCK_KIND", "BOOLEAN", "BlockSchema", "CAP",
        "CheckResult", "CheckedBlock", "CheckedPackage", "Credit", "DURATION", "Daily", "Diagnostic", "Doc", "ENUM", "EVENT",
        "Field", "FieldType", "Fix", "Grant", "INSTANT", "INTEGER", "Instant", "Kind", "LADDER_OF", "LIMITS",
        "LIMITS_PER", "LIST_OF", "Limit", "Lint", "MONEY", "Money", "Monthly", "Names", "PERCENT", "PREDICATE", "PRICE_ACTION",
        "PRICE_OR_LADDER", "Parameter", "Points", "Predicate", "PriceAction",
        "RECORD", "REFERENCE", "Ratio", "Reference", "RefundTo", "SCHEDULE",
        "SETTLEMENT", "SHARE_OF", "SKU_SET", "Schedule", "Secondary", "Settlement", "Severity", "ShareOf", "SkuSet",
        "SourceFile", "Span", "TEXT", "TOP_LEVEL", "Text", "VERDICT", "VerdictOf", "Vocabulary", "WINDOW", "Weekly",
        "Window", "apply_fixes", "check", "names_in", "problem", "render_json", "render_sarif", "render_text", "standard_vocabulary",
        "zh",
    ]  # fmt: skip
    for name in tuan_rules.__all__:
        assert hasattr(tuan_rules, name)
