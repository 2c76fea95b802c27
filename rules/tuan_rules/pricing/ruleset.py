"""The whole of pricing: packages in, prices of carts out. Immutable once made but for what it remembers; safe to share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from tuan_rules.checked import CheckedPackage
from tuan_rules.compiling.slots import Slots
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.model import PackagePlan
from tuan_rules.pricing.activation import Activation, Snapshot
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.compiled import RulesConflict, Stack, compile_rules
from tuan_rules.pricing.ledger import Priced, PricedLine, Step
from tuan_rules.pricing.phases import estimate, order_stack, price_sources, shipping_stack
from tuan_rules.pricing.prepare import Preparer
from tuan_rules.pricing.run import Candidates, Run
from tuan_rules.pricing.scan import Scanner
from tuan_rules.pricing.trace import Trace
from tuan_rules.vocabulary import Vocabulary

_SOURCE = "price_source"
_NO_RANKS: Sequence[int] = ()


class Ruleset:
    """Compiled price rules of all packages that are in force together."""

    def __init__(self, plans: Iterable[PackagePlan], vocabulary: Vocabulary) -> None:
        """Raises RulesConflict where packages do not go together, or are in different currencies.

        `budgets`: the amount of each, in minor units, by the id that `Priced.claims` names.
        """
        plans = sorted(plans, key=lambda plan: plan.package)
        currencies = {plan.currency for plan in plans}
        if len(currencies) > 1:
            raise RulesConflict(f"packages in {' and '.join(sorted(currencies))} cannot price one cart")
        self.currency = min(currencies, default="")
        self.hashes = {plan.package: plan.ruleset_hash for plan in plans}
        self.compiled = compile_rules(plans, Slots(vocabulary.facts))
        self.budgets = {
            budget.budget_id: budget.amount_minor for rule in self.compiled.rules for budget in rule.budgets
        }
        self._records = vocabulary.facts
        self._activation = Activation(self.compiled)
        self._prepare = Preparer(self.compiled.slots)
        self._stack_of = [rule.stack.number for rule in self.compiled.rules]
        self._by_line = [stack.by_line for stack in self.compiled.stacks]
        self._whole = [
            not rule.stack.by_line and guard is None
            for rule, guard in zip(self.compiled.rules, self.compiled.line_guards, strict=True)
        ]
        self._exclusive = any(stack.exclusive for stack in self.compiled.stacks)

    @cached_property
    def scanner(self) -> Scanner:
        """Made when it is first wanted: it costs as much again as the rest."""
        return Scanner(self.compiled, self._records)

    @cached_property
    def rule_ids(self) -> frozenset[str]:
        """The ids of all rules."""
        return frozenset(rule.rule_id for rule in self.compiled.rules)

    @classmethod
    def of(cls, packages: Iterable[CheckedPackage], vocabulary: Vocabulary, *, sources: bool = False) -> Ruleset:
        """From checked packages; see `plan_package` for `sources` and for what else it raises."""
        return cls([plan_package(package, vocabulary, sources=sources) for package in packages], vocabulary)

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
        lines = [cart.lines[i] for i in order]
        for line in lines:
            if line.quantity < 1 or line.list_minor < 0:
                raise ValueError(f"line {line.sku}: {line.quantity} units at {line.list_minor}")
        c = self._prepare.cart(cart)
        ls = [self._prepare.line(line) for line in lines]
        snapshot = self._activation.at(cart.time_ms)
        if scan or self._prepare.missing(c, ls):
            # Which functions can do without the missing facts would have to be asked of each rule: a broken caller may wait.
            found, everywhere = self.scanner.find(cart, lines, snapshot.active), _NO_RANKS
        else:
            found, everywhere = self._find(snapshot, c, ls, [(line.sku, line.category) for line in lines], trace)
        units = [line.quantity for line in lines]
        run = Run(
            self.compiled.rules, c, ls, [line.sku for line in lines], units,
            [line.list_minor * line.quantity for line in lines], cart.shipping_minor, order, left_minor, trace,
        )  # fmt: skip
        sources = {i: line.source for i, line in enumerate(lines) if line.source is not None}
        for i, (rule_id, unit_minor) in sources.items():
            off = run.running[i] - unit_minor * units[i]
            run.steps.append(Step(order[i], _SOURCE, "", rule_id, run.running[i], off, "merchant"))
            run.running[i] -= off
        self._run(run, found, everywhere, sources)
        return self._result(run, cart, order)

    def explain_index(self) -> dict[str, str]:
        """By what each rule is found, or why it is asked in every cart; by rule id."""
        return {rule.rule_id: str(rule.placing) for rule in self.compiled.rules}

    def order_of(self, cart: Cart) -> list[int]:
        """Lines in an order of their own: the last cent goes to a line by its goods, never by where it stands in the cart."""
        lines = cart.lines
        if len(lines) == 1:
            return [0]
        keys = [(line.sku, line.quantity, line.list_minor, line.category) for line in lines]
        if len(set(keys)) < len(keys):
            by_facts = [
                (key, repr(line.source), repr(sorted(line.facts.items())))
                for key, line in zip(keys, lines, strict=True)
            ]
            return sorted(range(len(lines)), key=by_facts.__getitem__)
        return sorted(range(len(lines)), key=keys.__getitem__)

    def _find(
        self,
        snapshot: Snapshot,
        c: tuple[Any, ...],
        ls: list[tuple[Any, ...]],
        goods: list[tuple[str, str]],
        trace: Trace | None,
    ) -> tuple[list[list[int]], Sequence[int]]:
        """Ranks of the rules whose conditions hold: by line, and those over the order that are about every line."""
        compiled = self.compiled
        common = list(snapshot.always)
        if trace is None:
            for ask in snapshot.asked:
                ask(c, (), common.append)
        else:
            failed: list[tuple[int, int]] = []
            for ask in self._activation.traced(snapshot):
                ask(c, (), common.append, failed.append)
            trace.failed = failed
        cart_guards, guards = compiled.cart_guards, compiled.line_guards
        for slot, table in snapshot.by_cart:
            value = c[slot]
            keyed = table.get(value, ()) if type(value) is not tuple else _any_of(table, value)
            for rank in keyed:
                guard = cart_guards[rank]
                if guard is None or guard(c, ()):
                    common.append(rank)
                elif trace is not None:
                    trace.failed.append((rank, -1))
        everywhere = [rank for rank in common if self._whole[rank]]
        if len(everywhere) < len(common):
            common = [rank for rank in common if not self._whole[rank]]
        else:
            common = []
        found: list[list[int]] = []
        for line, (sku, category) in zip(ls, goods, strict=True):
            ranks: list[int] = []
            for rank in (*snapshot.of_line(sku, category), *common):
                guard = guards[rank]
                if guard is None or guard(c, line):
                    ranks.append(rank)
                elif trace is not None:
                    trace.reject(rank, len(found), "condition", -1)
            for ask in snapshot.asked_in_line:
                ask(c, line, ranks.append)
            found.append(ranks)
        return found, everywhere

    def _run(self, run: Run, found: list[list[int]], everywhere: Sequence[int], settled: Mapping[int, object]) -> None:
        stack_of, stacks, by_line = self._stack_of, self.compiled.stacks, self._by_line
        #: Of a stack of lines: ranks by line. Of a stack over the order: lines by rank.
        work: dict[int, dict[int, list[int]]] = {}
        for i, ranks in enumerate(found):
            if len(ranks) > 1:
                ranks.sort()
            for rank in ranks:
                number = stack_of[rank]
                key, value = (i, rank) if by_line[number] else (rank, i)
                group = work.get(number)
                if group is None:
                    work[number] = {key: [value]}
                elif key in group:
                    group[key].append(value)
                else:
                    group[key] = [value]
        every_line = list(range(len(found)))
        for rank in everywhere:
            work.setdefault(stack_of[rank], {})[rank] = every_line
        numbers = sorted(work)
        sources = [number for number in numbers if stacks[number].phase == _SOURCE]
        if sources:
            open_lines = [
                (stacks[number], {i: ranks for i, ranks in work[number].items() if i not in settled})
                for number in sources
            ]
            price_sources(run, open_lines)
        run.original = list(run.running)
        rest = numbers[len(sources) :]
        if self._exclusive:
            self._run_exclusive(run, rest, work)
            return
        for number in rest:
            self._stack(run, stacks[number], work[number])

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

    def _result(self, run: Run, cart: Cart, order: list[int]) -> Priced:
        running = run.running
        if len(order) == 1:
            line = cart.lines[0]
            priced = [PricedLine(line.sku, line.quantity, line.list_minor, running[0])]
            return Priced(priced, run.steps, running[0], run.shipping, run.claims, run.gifts)
        lines: list[PricedLine | None] = [None] * len(order)
        for i, place in enumerate(order):
            line = cart.lines[place]
            lines[place] = PricedLine(line.sku, line.quantity, line.list_minor, running[i])
        return Priced(
            [line for line in lines if line is not None], run.steps, sum(running), run.shipping, run.claims, run.gifts
        )


def _any_of(table: Mapping[str, tuple[int, ...]], values: tuple[str, ...]) -> Iterable[int]:
    """Ranks under any of the values, each once."""
    hits = [table[value] for value in values if value in table]
    return hits[0] if len(hits) == 1 else dict.fromkeys(chain.from_iterable(hits))
