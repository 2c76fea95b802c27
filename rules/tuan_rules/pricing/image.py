"""A compiled ruleset as plain data: columns by rank, and code. What is kept in a cache, and what `Compiled` reads.

The number of a rule, its rank, is its place by phase, stack and priority, the last tie broken by its id: sorting ranks is sorting
rules, and neither files nor load order can have a say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple
from zlib import crc32

from tuan_rules.compiling.modules import Modules
from tuan_rules.compiling.plain import to_plain
from tuan_rules.compiling.slots import Slot, Slots
from tuan_rules.facts import Per
from tuan_rules.plan.model import PHASES, PackagePlan, RulePlan, StackPlan
from tuan_rules.pricing.index import Placing, place
from tuan_rules.sources import SOURCES
from tuan_rules.typing.tree import Typed, facts_in, reads_line
from tuan_rules.values import Computed

#: Rules asked by one function: a change at an edge makes only the functions anew that ask a rule which changed.
ASKED_TOGETHER = 128
#: How a rule without keys is asked: on the cart, on each line; or it is not asked at all.
BY_KEYS, ON_CART, ON_LINE, ALWAYS = range(4)
#: Where the budgets of a rule stand in its row.
BUDGETS = 3


class RulesConflict(ValueError):
    """Packages that cannot be in force together: their stacks of one name differ, or two priorities in one are the same.

    `stack`: the one that it is about; `rules`: the ids of the two rules with one priority. Both empty where it is about currencies.
    """

    def __init__(self, english: str, chinese: str = "", stack: str = "", rules: tuple[str, ...] = ()) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese or english
        self.stack = stack
        self.rules = rules


class Image(NamedTuple):
    """Lists are by rank. Numbers of functions are those of `modules`; -1: there is none.

    `whole`: a rule over the order with no condition on lines, about every line. `keys`: facts and values that find a rule. `windows`:
    (window, schedule, zone) of the rules that have one. `rows`: see `row_of`. `reads`: every fact that a rule reads, those that
    find it included. `stacks`: a plan, and whether its lines can be priced one by one. `asks`: functions that ask many rules, by `ask_key`.
    """

    ids: list[str]
    stack_of: list[int]
    whole: list[bool]
    asked: list[int]
    keys: list[tuple[tuple[str, str], ...]]
    cart_guards: list[int]
    line_guards: list[int]
    windows: dict[int, tuple[Any, Any, str]]
    rows: list[tuple[Any, ...]]
    reads: list[tuple[tuple[str, str], ...]]
    stacks: list[tuple[Any, bool]]
    slots: tuple[list[Slot], list[Slot], list[str]]
    asks: dict[tuple[Any, ...], int]
    modules: list[bytes]


def image_of(packages: Sequence[PackagePlan], slots: Slots) -> Image:
    """Compile. Raises RulesConflict where packages do not go together."""
    stacks = stacks_of(packages)
    numbers = {plan.name: number for number, plan in enumerate(stacks)}
    plans = in_order(packages, stacks)
    _refuse_ties(plans)
    modules = Modules(slots)
    image = Image([], [], [], [], [], [], [], {}, [], [], [], ([], [], []), {}, [])
    read: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}
    joint: set[str] = {
        stack.name for stack in stacks if stack.cap_minor is not None or stack.exclusive_with or stack.scope != "line"
    }
    tests: dict[int, Sequence[Typed]] = {}
    for rank, plan in enumerate(plans):
        placing = place(plan.guard)
        cart_tests, line_tests = tests_of(placing)
        asked = BY_KEYS if placing.keys else ON_CART if cart_tests else ON_LINE if line_tests else ALWAYS
        image.ids.append(plan.rule_id)
        image.stack_of.append(numbers[plan.stack])
        image.whole.append(stacks[numbers[plan.stack]].scope != "line" and not line_tests)
        image.asked.append(asked)
        image.keys.append(placing.keys.values if placing.keys else ())
        # What is asked by a function over many rules needs none of its own.
        image.cart_guards.append(modules.guard(cart_tests) if cart_tests and asked == BY_KEYS else -1)
        image.line_guards.append(modules.guard(line_tests) if line_tests and asked != ON_LINE else -1)
        if asked in (ON_CART, ON_LINE):
            tests[rank] = cart_tests or line_tests
        if plan.window is not None or plan.schedule is not None:
            image.windows[rank] = (to_plain(plan.window), to_plain(plan.schedule), plan.zone)
        row = row_of(plan, placing, modules)
        image.rows.append(row)
        facts = _reads(plan)
        image.reads.append(read.setdefault(facts, facts))
        if not plan.rounding.each_step or plan.budgets or row[5] >= 0 or row[0][0] in ("BuyGet", "Gift"):
            joint.add(plan.stack)
        if not placing.of_line:
            _number_keys(placing, slots)
    image.stacks.extend((to_plain(stack), stack.name not in joint) for stack in stacks)
    on_cart = [rank for rank in tests if image.asked[rank] == ON_CART]
    together = [(ON_CART, list(ranks)) for _, ranks in whole_of(image, on_cart)]
    together.append((ON_CART, [rank for rank in on_cart if not image.whole[rank]]))
    together.append((ON_LINE, [rank for rank in tests if image.asked[rank] == ON_LINE]))
    for kind, ranks in together:
        for chunk in chunks(image.ids, ranks):
            image.asks[ask_key(kind, chunk)] = modules.bucket([(rank, tests[rank]) for rank in chunk])
    image.modules.extend(modules.code())
    return image._replace(slots=(slots.of(Per.CART), slots.of(Per.LINE), slots.called()))


def row_of(plan: RulePlan, placing: Placing, modules: Modules) -> tuple[Any, ...]:
    """Give, rounding, who pays, budgets; functions of a computed amount, caps of order and line, and floor; how it is found, in words."""
    computed = order_cap = line_cap = floor = -1
    give = plan.give
    if isinstance(give, Computed):
        computed = modules.amount(give.amount)
        give = Computed(give.kind, None)
    if plan.cap is not None and plan.cap.per == "order":
        order_cap = modules.amount(plan.cap.amount)
    elif plan.cap is not None:
        line_cap = modules.amount(plan.cap.amount)
    if plan.floor is not None:
        floor = modules.amount(plan.floor)
    budgets = to_plain(plan.budgets)
    return (
        to_plain(give), to_plain(plan.rounding), plan.funded_by, budgets, computed, order_cap, line_cap, floor, len(placing.residual),
        placing.why_not,
    )  # fmt: skip


def _reads(plan: RulePlan) -> tuple[tuple[str, str], ...]:
    own: list[Typed] = list(plan.guard)
    own += [each for each in (plan.floor, plan.cap.amount if plan.cap else None) if each is not None]
    if isinstance(plan.give, Computed):
        own.append(plan.give.amount)
    return tuple(sorted(set().union(*map(facts_in, own))))


def tests_of(placing: Placing) -> tuple[Sequence[Typed], Sequence[Typed]]:
    """Conditions on the cart, and those on lines. What is found by its goods is asked once, in the line; others once per cart."""
    if placing.of_line:
        return (), placing.residual
    on_line = [reads_line(test) for test in placing.residual]
    if not any(on_line):
        return placing.residual, ()
    pairs = list(zip(placing.residual, on_line, strict=True))
    return tuple(test for test, line in pairs if not line), tuple(test for test, line in pairs if line)


def in_order(packages: Iterable[PackagePlan], stacks: Sequence[StackPlan]) -> list[RulePlan]:
    """All rules by rank."""
    numbers = {plan.name: number for number, plan in enumerate(stacks)}
    rules = [rule for package in packages for rule in package.rules]
    return sorted(rules, key=lambda rule: (numbers[rule.stack], -rule.priority, rule.rule_id))


def chunks(ids: Sequence[str], ranks: Iterable[int]) -> list[list[int]]:
    """Ranks that are asked together. One begins where a rule's id says so: a rule that comes or goes moves no other's borders."""
    found: list[list[int]] = []
    for rank in ranks:
        begins = not found or crc32(ids[rank].encode()) % ASKED_TOGETHER == 0
        if begins or len(found[-1]) >= 4 * ASKED_TOGETHER:
            found.append([])
        found[-1].append(rank)
    return found


def whole_of(image: Image, ranks: Iterable[int]) -> Iterator[tuple[int, Iterator[int]]]:
    """Those that are about every line, by stack: what is found together is applied together."""
    return groupby((rank for rank in ranks if image.whole[rank]), key=image.stack_of.__getitem__)


def ask_key(kind: int, ranks: Sequence[int]) -> tuple[int, ...]:
    """Under which the function that asks these rules is kept."""
    return (kind, *ranks)


def stacks_of(packages: Iterable[PackagePlan]) -> list[StackPlan]:
    """The stacks of all packages, in the order of application. Raises RulesConflict for two of one name that differ."""
    plans: dict[str, tuple[StackPlan, str]] = {}
    for package in packages:
        for plan in package.stacks:
            known, other = plans.setdefault(plan.name, (plan, package.package))
            if known != plan:
                raise RulesConflict(
                    f'stack "{plan.name}" is not the same in {other} and {package.package}; packages that share a stack '
                    "write it alike, others choose another name",
                    f"叠加组 “{plan.name}” 在 {other} 与 {package.package} 中不一致；共用叠加组的包须写成一样，否则请换一个名字",
                    stack=plan.name,
                )
    return sorted((plan for plan, _ in plans.values()), key=lambda p: (PHASES.index(p.phase), -p.priority, p.name))


def _refuse_ties(plans: Sequence[RulePlan]) -> None:
    for one, other in pairwise(plan for plan in plans if not plan.earlier):
        # Price sources have no priorities: of two that cost the same it is the id that decides.
        if one.stack != SOURCES and (one.stack, one.priority) == (other.stack, other.priority):
            raise RulesConflict(
                f'{one.rule_id} and {other.rule_id} have priority {one.priority} in stack "{one.stack}"; give each its own',
                f"{one.rule_id} 与 {other.rule_id} 在叠加组 “{one.stack}” 中的优先级同为 {one.priority}；请各用各的",
                stack=one.stack,
                rules=(one.rule_id, other.rule_id),
            )


def _number_keys(placing: Placing, slots: Slots) -> None:
    """What finds a rule is looked up in the cart's tuple, even where nothing else reads it."""
    for name, _ in placing.keys.values if placing.keys else ():
        record, _, fact = name.partition(".")
        slots.number(record, fact, Per.CART)
