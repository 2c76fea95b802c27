"""Start-up: what the registry finds, and everything that it refuses, by name."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tuan.plugin import INTEGER, TOP_LEVEL, BlockSchema, EngineRange, Field, Plan, PromotionType, RiskChecker
from tuan.registry import PluginRefused, Registry, from_entry_points
from tuan_rules.facts import BOOLEAN, OPTIONAL, EventName, Fact, FactRecord
from tuan_rules.facts import INTEGER as INT

HEAD = "from tuan.plugin import *\nfrom tuan.plugin import Plugin, PromotionType, Notifier, RiskChecker, hookimpl, EngineRange\n"
GOOD = HEAD + "class P(RiskChecker):\n    code = 'one'\n@hookimpl\ndef tuan_plugins():\n    return [P()]\n"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write packages and hand out their entry points."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def write(name: str, source: str, package: str = "") -> EntryPoint:
        package = package or f"tuan_{name}"
        (tmp_path / f"{package}.py").write_text(source, encoding="utf-8")
        made.append(package)
        return EntryPoint(name, package, "tuan")

    yield write
    for package in made:
        sys.modules.pop(package, None)


def refusal(*points: EntryPoint) -> str:
    with pytest.raises(PluginRefused) as caught:
        from_entry_points(points)
    return str(caught.value)


def test_good_plugin_is_found(install) -> None:
    """Goal: a correct plugin runs. Method: one entry point, looked up by kind and code."""
    registry = from_entry_points([install("one", GOOD)])
    assert list(registry.risk_checkers) == ["one"]
    assert len(list(registry)) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            GOOD.replace("def tuan_plugins", "def tuan_plugin"), "tuan_plugin is not a hook", id="misspelt hook"
        ),
        pytest.param(
            GOOD.replace("@hookimpl\ndef tuan_plugins", "@hookimpl\ndef plugins"),
            "unknown hook 'plugins'",
            id="unknown hook",
        ),
        pytest.param(GOOD.replace("tuan_plugins():", "tuan_plugins(engine):"), "one: ", id="wrong arguments"),
        pytest.param(HEAD, "implements no tuan_plugins hook", id="no hook"),
        pytest.param(
            "import nowhere_to_be_found\n", "importing tuan_one failed: ModuleNotFoundError", id="import error"
        ),
        pytest.param(
            GOOD.replace("return [P()]", "return [1 / 0]"), "tuan_plugins() raised ZeroDivisionError", id="hook raises"
        ),
        pytest.param(
            GOOD.replace("code = 'one'", "code = 'two'"), "none of its plugins has the code 'one'", id="other code"
        ),
        pytest.param(
            GOOD.replace("code = 'one'", "code = 'not a name'"), "must be an identifier", id="code with blanks"
        ),
        pytest.param(GOOD.replace("    code = 'one'", "    pass"), "must be an identifier", id="no code"),
        pytest.param(GOOD.replace("return [P()]", "return [object()]"), "is not of a plugin kind", id="not a plugin"),
        pytest.param(GOOD.replace("return [P()]", "return [Plugin()]"), "is not of a plugin kind", id="no kind"),
        pytest.param(
            GOOD.replace("code = 'one'", "code = 'one'\n    engine = EngineRange((9, 0), (10, 0))"),
            "written for engines from 9.0 to before 10.0",
            id="engine range",
        ),
    ],
)
def test_faulty_plugin_is_refused_by_name(install, source: str, expected: str) -> None:
    """Goal: the start-up says which plugin is wrong and how. Method: one fault each, injected into a good plugin."""
    message = refusal(install("one", source))
    assert expected in message
    assert "one" in message


def test_package_must_carry_the_name(install) -> None:
    """Goal: folder, entry point and code are one name. Method: a good plugin in a package that is called otherwise."""
    assert "its package is other_one; it must be tuan_one" in refusal(install("one", GOOD, package="other_one"))


def test_every_fault_is_listed_at_once(install) -> None:
    """Goal: one start tells all. Method: two faulty plugins beside a good one."""
    message = refusal(install("one", GOOD), install("two", HEAD), install("three", "import nowhere_to_be_found\n"))
    assert "two: " in message
    assert "three: " in message
    assert "one: " not in message


def test_one_package_under_two_names_is_refused(install) -> None:
    """Goal: a copied entry point is a clear message. Method: the same package twice."""
    point = install("one", GOOD)
    assert "again: " in refusal(point, EntryPoint("again", point.value, point.group))


class _Planner(PromotionType):
    """Brings what a promotion with blocks has to bring."""

    def plan(self, block, context):
        return Plan()


class _First(_Planner):
    code = "first"

    def blocks(self):
        return [BlockSchema("shared", "A block.", ())]


class _Second(_First):
    code = "second"


def test_duplicate_codes_of_a_kind_are_refused() -> None:
    """Goal: a call by code has one answer. Method: two promotions of one code; two kinds may share it."""

    class Checker(RiskChecker):
        code = "first"

    assert len(list(Registry([_First(), Checker()]))) == 2
    with pytest.raises(PluginRefused, match="two plugins of kind PromotionType have the code 'first'"):
        Registry([_First(), _First()])


def test_a_block_belongs_to_one_promotion() -> None:
    """Goal: publishing does not depend on the order of installation. Method: two promotions that own one block name."""
    with pytest.raises(PluginRefused, match="'first' and 'second' both own the rule block 'shared'"):
        Registry([_First(), _Second()])


@pytest.mark.parametrize(
    "schema",
    [
        BlockSchema("campaign", "A block of the language itself.", ()),
        BlockSchema("per", "A reserved word.", ()),
        BlockSchema("lost", "A block without a home.", (), parents=("nowhere", TOP_LEVEL)),
    ],
    ids=lambda schema: schema.name,
)
def test_impossible_blocks_are_refused(schema: BlockSchema) -> None:
    """Goal: a vocabulary that cannot work stops the start-up, not the first publication. Method: impossible schemas."""

    class Promotion(_Planner):
        code = "some"

        def blocks(self):
            return [schema]

    with pytest.raises(PluginRefused, match="rule blocks"):
        Registry([Promotion()])


def test_blocks_that_raise_are_refused() -> None:
    """Goal: the start-up names whose fault it is. Method: `blocks` that raises."""

    class Promotion(PromotionType):
        code = "some"

        def blocks(self):
            raise KeyError("oh")

    with pytest.raises(PluginRefused, match=r"some: blocks\(\) raised KeyError"):
        Registry([Promotion()])


def test_blocks_without_a_plan_are_refused() -> None:
    """Goal: what is missing is said at the start, not at the first publication. Method: a promotion with a block and no plan."""

    class Promotion(PromotionType):
        code = "some"

        def blocks(self):
            return [BlockSchema("bundle", "A block.", ())]

    with pytest.raises(PluginRefused, match=r"some adds the rule block 'bundle' but has no plan\(\)"):
        Registry([Promotion()])


class _Sale(_Planner):
    code = "sale"
    schema = BlockSchema("sale", "A block.", (Field("size", INTEGER, "how many"),))

    def blocks(self):
        return [self.schema]

    def facts(self):
        return [FactRecord("shop", "The shop.", (Fact("open", OPTIONAL(BOOLEAN), "whether it is"),))]


WORDS = [
    BlockSchema("sale", "Another block of this name.", ()),
    BlockSchema("raffle", "A block that nobody here runs.", ()),
    FactRecord("shop", "The shop.", (Fact("open", OPTIONAL(BOOLEAN), "x"), Fact("size", OPTIONAL(INT), "how large"))),
    EventName("raffle.enter", "somebody enters"),
]


def test_vocabularies_without_a_plugin_are_known(install) -> None:
    """Goal: the engine accepts what `tuan-rules` accepts, and a plugin's own words win over its vocabulary's. Method: blocks, facts and
    events by entry point, of which one block and one fact are a promotion's."""
    vocabulary = Registry([_Sale()], WORDS).vocabulary()
    assert vocabulary.get("sale") is _Sale.schema
    assert vocabulary.get("raffle") is WORDS[1]
    assert sorted(fact.name for fact in vocabulary.facts["shop"].facts) == ["open", "size"]
    assert "raffle.enter" in vocabulary.events
    assert Registry([_Sale()], WORDS).promotion_of_block("raffle") is None
    source = "from tuan.plugin import BlockSchema\ndef rule_blocks():\n    return [BlockSchema('raffle', 'x', ())]\n"
    point = install("two", source)
    registry = from_entry_points([install("one", GOOD)], [EntryPoint("raffle", f"{point.value}:rule_blocks", "words")])
    assert registry.vocabulary().get("raffle") is not None


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "def rule_blocks():\n    return 1 / 0\n",
            "broken: its vocabulary tuan_two:rule_blocks failed: ZeroDivisionError",
        ),
        ("import nowhere_to_be_found\n", "broken: its vocabulary tuan_two:rule_blocks failed: ModuleNotFoundError"),
        ("def rule_blocks():\n    return ['sale']\n", "broken: tuan_two:rule_blocks gave 'sale'"),
    ],
    ids=["raises", "import error", "no vocabulary"],
)
def test_a_broken_vocabulary_is_refused_by_name(install, source: str, fault: str) -> None:
    """Goal: it stops the start-up as a broken plugin does, beside those. Method: one fault each, and a faulty plugin."""
    point = EntryPoint("broken", f"{install('two', source).value}:rule_blocks", "tuan_rules.vocabulary")
    with pytest.raises(PluginRefused) as caught:
        from_entry_points([install("one", HEAD)], [point])
    assert fault in str(caught.value)
    assert "one: " in str(caught.value)


def test_vocabularies_that_collide_are_refused() -> None:
    """Goal: no rule file may mean two things. Method: two vocabularies with one block."""
    with pytest.raises(PluginRefused, match="block 'raffle' is defined twice"):
        Registry([], [WORDS[1], WORDS[1]])


def test_an_incomplete_plugin_is_refused(install) -> None:
    """Goal: a method that its kind asks for is missed at the start. Method: a notifier that cannot notify."""
    message = refusal(install("one", GOOD.replace("RiskChecker", "Notifier")))
    assert "one: tuan_plugins() raised" in message and "notify" in message


def test_promotion_is_found_by_its_block() -> None:
    """Goal: publishing finds the owner of a block. Method: look up one that exists and one that does not."""
    first = _First()
    registry = Registry([first])
    assert registry.promotion_of_block("shared") is first
    assert registry.promotion_of_block("other") is None
    assert EngineRange((0, 1), (0, 2)).__contains__((0, 1))
