"""The whole of pricing: packages in, prices of carts out. Immutable once made but for what it remembers; safe to share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from tuan_rules.checked import CheckedPackage
from tuan_rules.compiling.plain import from_plain
from tuan_rules.facts import Counter
from tuan_rules.kept import KeptPackage
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.model import PackagePlan
from tuan_rules.pricing.activation import Activation
from tuan_rules.pricing.build import compiled_of
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.commissions import CommissionProposal, Commissions
from tuan_rules.pricing.compiled import RulesConflict, Stack
from tuan_rules.pricing.find import Finder, Work
from tuan_rules.pricing.gates import GateRefusal, Gates
from tuan_rules.pricing.image import BUDGETS
from tuan_rules.pricing.ledger import Priced, PricedLine, Step
from tuan_rules.pricing.phases import apply_highest, estimate, order_stack, price_sources, shipping_stack
from tuan_rules.pricing.prepare import Preparer
from tuan_rules.pricing.run import Candidates, Run
from tuan_rules.pricing.scan import Scanner
from tuan_rules.pricing.trace import Trace
from tuan_rules.vocabulary import Vocabulary

_SOURCE = "price_source"


class _Beside(NamedTuple):
    counters: tuple[Counter, ...]
    commissions: Commissions


class Ruleset:
    """Compiled price rules of all packages that are in force together."""

    def __init__(
        self,
        packages: Iterable[CheckedPackage | KeptPackage],
        vocabulary: Vocabulary,
        cache: Path | None = None,
        *,
        sources: bool = False,
    ) -> None:
        """See `of`."""
        packages = sorted(packages, key=lambda package: package.name)
        currencies = {package.currency for package in packages}
        if len(currencies) > 1:
            raise RulesConflict(f"packages in {' and '.join(sorted(currencies))} cannot price one cart")
        self.currency = min(currencies, default="")
        self.hashes = {package.name: package.ruleset_hash for package in packages}
        self._plan = partial(_plans, packages, vocabulary, sources)
        self.compiled = compiled_of(packages, vocabulary, cache, self._plan, sources)
        self.vocabulary = vocabulary
        self._activation = Activation(self.compiled)
        self._prepare = Preparer(self.compiled.slots)
        self._finder = Finder(self.compiled, self._activation)
        #: Stacks are numbered by phase: those below this are price sources.
        self._sources = sum(stack.phase == _SOURCE for stack in self.compiled.stacks)
        self._exclusive = any(stack.exclusive for stack in self.compiled.stacks)
        self._usual = [stack.usual for stack in self.compiled.stacks]

    @cached_property
    def scanner(self) -> Scanner:
        """Made when it is first wanted: it costs as much again as the rest."""
        return Scanner(self.compiled, self.vocabulary.facts)

    @cached_property
    def rule_ids(self) -> frozenset[str]:
        """The ids of all rules."""
        return frozenset(self.compiled.image.ids)

    @cached_property
    def budgets(self) -> dict[str, int]:
        """The amount of each budget, in minor units, by the id that `Priced.claims` names."""
        rows = self.compiled.image.rows
        return {budget.budget_id: budget.amount_minor for row in rows for budget in from_plain(row[BUDGETS])}

    @cached_property
    def counters(self) -> tuple[Counter, ...]:
        """What to fetch in one batch before anything is asked."""
        return self._beside.counters

    @cached_property
    def gatekeeper(self) -> Gates | None:
        """The gates of all packages; None where there are none. Compiled when first wanted: whoever has no time then looks at it before."""
        gates = [gate for plan in self._plan(whole=False) for gate in plan.gates]
        return Gates(gates, self.vocabulary.facts) if gates else None

    @cached_property
    def _beside(self) -> _Beside:
        """What is no price rule; made when it is first wanted, since it needs the plans, which are not kept."""
        plans = self._plan(whole=False)
        return _Beside(
            tuple(sorted({counter for plan in plans for counter in plan.counters})),
            Commissions([commission for plan in plans for commission in plan.commissions], self.vocabulary.facts),
        )

    @classmethod
    def of(
        cls,
        packages: Iterable[CheckedPackage | KeptPackage],
        vocabulary: Vocabulary,
        cache: Path | None = None,
        *,
        sources: bool = False,
    ) -> Ruleset:
        """From checked packages, or what is kept of them. `cache`: a folder where compiled rulesets are kept (`compiling.cache`).

        `sources`: blocks of promotions are price sources, as where no engine runs them; of checked packages only. Raises RulesConflict
        where packages do not go together or are in different currencies, and what `plan_package` raises.
        """
        return cls(packages, vocabulary, cache, sources=sources)

    def price(
        self,
        cart: Cart,
        left_minor: Mapping[str, int] | None = None,
        *,
        trace: Trace | None = None,
        scan: bool = False,
    ) -> Priced:
        """The price of a cart, with its whole ledger.

        `left_minor`: what is left of budgets, by their id, for an order that is about to claim them; None for a quote, which
        promises no budget. `scan`: ask every rule instead of using the index, which gives the same and takes long.
        Raises ValueError for a line without units or with a negative price.
        """
        order = self.order_of(cart)
        lines: list[CartLine] = []
        units: list[int] = []
        running: list[int] = []
        settled: dict[int, tuple[str, int]] = {}
        for i in order:
            line = cart.lines[i]
            quantity, list_minor = line.quantity, line.list_minor
            if quantity < 1 or list_minor < 0:
                raise ValueError(f"line {line.sku}: {quantity} units at {list_minor}")
            if line.source is not None:
                settled[len(lines)] = line.source
            lines.append(line)
            units.append(quantity)
            running.append(list_minor * quantity)
        c = self._prepare.cart(cart)
        ls = self._prepare.lines(lines)
        snapshot = self._activation.at(cart.time_ms, self._prepare.missing(c, ls))
        if scan:
            work: Work = {}
            for i, ranks in enumerate(self.scanner.find(cart, lines, snapshot.active)):
                self._finder.group(work, i, ranks)
        else:
            work = self._finder.find(snapshot, c, ls, lines, trace)
        run = Run(
            self.compiled.made, lines, c, ls, units, running, cart.shipping_minor, order, left_minor, trace
        )  # fmt: skip
        for i, (rule_id, unit_minor) in settled.items():
            off = running[i] - unit_minor * units[i]
            run.steps.append(Step(order[i], _SOURCE, "", rule_id, running[i], off, "merchant"))
            running[i] -= off
        self._run(run, work, settled)
        return self._result(run, order)

    def gates(self, cart: Cart) -> list[GateRefusal]:
        """What refuses the cart before it is priced; an empty list lets it through."""
        return self.gatekeeper.refusals(cart) if self.gatekeeper is not None else []

    def commissions(self, cart: Cart, priced: Priced) -> list[CommissionProposal]:
        """What distributors would earn of a cart at the price that was made for it."""
        return self._beside.commissions.proposals(cart, priced)

    def explain_index(self) -> dict[str, str]:
        """By what each rule is found, or why it is asked in every cart; by rule id."""
        return {rule_id: self.compiled.found_by(rank) for rank, rule_id in enumerate(self.compiled.image.ids)}

    def order_of(self, cart: Cart) -> list[int]:
        """Lines in an order of their own: the last cent goes to a line by its goods, never by where it stands in the cart."""
        lines = cart.lines
        if len(lines) == 1:
            return [0]
        skus = [line.sku for line in lines]
        if len(set(skus)) == len(skus):
            return sorted(range(len(skus)), key=skus.__getitem__)
        keys = [(line.sku, line.quantity, line.list_minor, line.category) for line in lines]
        if len(set(keys)) < len(keys):
            by_facts = [
                (key, repr(line.source), repr(sorted(line.facts.items())))
                for key, line in zip(keys, lines, strict=True)
            ]
            return sorted(range(len(lines)), key=by_facts.__getitem__)
        return sorted(range(len(lines)), key=keys.__getitem__)

    def _run(self, run: Run, work: Work, settled: Mapping[int, object]) -> None:
        stacks = self.compiled.stacks
        numbers = sorted(work)
        if numbers and numbers[0] < self._sources:
            sources = [number for number in numbers if number < self._sources]
            open_lines = [
                (stacks[number], {i: ranks for i, ranks in work[number].items() if i not in settled})
                for number in sources
            ]
            price_sources(run, open_lines)
            numbers = numbers[len(sources) :]
        run.original = list(run.running)
        if self._exclusive:
            self._run_exclusive(run, numbers, work)
            return
        usual = self._usual
        for number in numbers:
            stack = stacks[number]
            if run.trace is not None or not usual[number]:
                self._stack(run, stack, work[number])
            elif stack.by_line:
                run.take_highest(stack, work[number])
            else:
                apply_highest(run, work[number])

    def _stack(self, run: Run, stack: Stack, candidates: Candidates) -> None:
        if stack.by_line:
            run.lines_stack(stack, candidates)
        elif stack.phase == "shipping":
            shipping_stack(run, stack, candidates)
        else:
            order_stack(run, stack, candidates)

    def _run_exclusive(self, run: Run, numbers: list[int], work: dict[int, Candidates]) -> None:
        """Where stacks of one phase exclude each other, the one that takes more off goes first."""
        stacks = self.compiled.stacks
        while numbers:
            phase = stacks[numbers[0]].phase
            mine = [number for number in numbers if stacks[number].phase == phase]
            numbers = numbers[len(mine) :]
            trace, run.trace = run.trace, None
            by = {
                n: (-stacks[n].plan.priority, -estimate(run, stacks[n], work[n]) if stacks[n].exclusive else 0, n)
                for n in mine
            }
            run.trace = trace
            for number in sorted(mine, key=by.__getitem__):
                self._stack(run, stacks[number], work[number])

    def _result(self, run: Run, order: list[int]) -> Priced:
        running = run.running
        if len(order) == 1:
            (line,), (total,) = run.goods, running
            one = _new(PricedLine, (line.sku, line.quantity, line.list_minor, total))
            return Priced([one], run.steps, total, run.shipping, run.claims, run.gifts)
        in_order = [
            _new(PricedLine, (line.sku, line.quantity, line.list_minor, total))
            for line, total in zip(run.goods, running, strict=True)
        ]
        lines = list(in_order)
        for i, place in enumerate(order):
            lines[place] = in_order[i]
        return Priced(lines, run.steps, sum(running), run.shipping, run.claims, run.gifts)


#: A named tuple's own constructor takes three times as long.
_new = tuple.__new__


def _plans(
    packages: Sequence[CheckedPackage | KeptPackage], vocabulary: Vocabulary, sources: bool, *, whole: bool = True
) -> list[PackagePlan]:
    """`whole` False: what is kept may come without its price rules."""
    return [
        package.plan(vocabulary, whole=whole)
        if isinstance(package, KeptPackage)
        else plan_package(package, vocabulary, sources=sources)
        for package in packages
    ]
