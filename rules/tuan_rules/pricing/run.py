"""The price algebra for one cart: phase after phase, stack after stack, each by its pick, every amount by the order of limits.

Line floor, rule cap, stack cap, budget, clamp at zero: in this order. A floor is never below zero, so that the clamp holds from the
first limit on; what the later ones take away can only raise a price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tuan_rules.exact import allocate
from tuan_rules.pricing.cart import CartLine
from tuan_rules.pricing.compiled import Rule, Stack
from tuan_rules.pricing.ledger import SHIPPING, Step
from tuan_rules.pricing.trace import Trace
from tuan_rules.pricing.units import cheapest

#: What is off, by line, of one rule.
Offs = list[tuple[int, int]]
#: Ranks of the rules that ask to be applied, by line.
Candidates = dict[int, list[int]]


class Run:
    """The state of one pricing. `left_minor`: what budgets have left, where it is known (an order's claims, not a quote)."""

    __slots__ = (
        "c", "cap_left", "claims", "consumed", "exact", "gifts", "goods", "left", "lines", "original", "pending", "places", "rules",
        "running", "shipping", "shipping_list", "steps", "taken", "trace", "units",
    )  # fmt: skip

    def __init__(
        self,
        rules: Mapping[int, Rule],
        goods: list[CartLine],
        c: tuple[Any, ...],
        lines: list[tuple[Any, ...]],
        units: list[int],
        running: list[int],
        shipping: int,
        places: Sequence[int],
        left_minor: Mapping[str, int] | None,
        trace: Trace | None,
    ) -> None:
        self.rules = rules
        self.c = c
        self.lines = lines
        self.goods = goods
        self.units = units
        self.running = running
        self.original = running
        self.shipping = shipping
        self.shipping_list = shipping
        self.exact: dict[int, Fraction] = {}
        self.pending: dict[tuple[int, int], tuple[int, Fraction]] = {}
        self.places = places
        self.steps: list[Step] = []
        self.claims: dict[str, int] = {}
        self.left = dict(left_minor) if left_minor is not None else None
        self.gifts: list[tuple[str, str, int]] = []
        self.taken: dict[int, set[int]] = {}
        self.consumed: dict[int, int] = {}
        self.cap_left: dict[int, int] = {}
        self.trace = trace

    def lines_stack(self, stack: Stack, candidates: Candidates) -> None:
        """A stack that acts on lines."""
        if stack.exclusive:
            candidates = self.not_excluded(stack, candidates)
        if stack.pick == "all":
            self._all(stack, candidates)
            return
        if stack.alone:
            if self.trace is None and stack.pick == "best_for_buyer":
                self.take_highest(stack, candidates)
                return
            for i, ranks in candidates.items():
                rank, off = self._best(stack, i, ranks)
                if off > 0:
                    self.take(self.rules[rank], i, off)
            return
        picked = self.picks(stack, candidates)
        for rank in sorted(picked):
            self.apply(self.rules[rank], picked[rank])

    def picks(self, stack: Stack, candidates: Candidates) -> dict[int, Offs]:
        """The rules that a stack picks, with what each takes off each line; order-wide caps of rules are met already."""
        shares: dict[int, dict[int, int]] = {}
        for rank in sorted({rank for ranks in candidates.values() for rank in ranks}):
            lines = [i for i, ranks in candidates.items() if rank in ranks]
            offs = [self.off(self.rules[rank], i) for i in lines]
            cap = self.order_cap(self.rules[rank])
            if cap is not None and sum(offs) > cap:
                offs = allocate(cap, offs)
                self._note(self.rules[rank], "cap")
            shares[rank] = dict(zip(lines, offs, strict=True))
        picked: dict[int, Offs] = {}
        for i, ranks in candidates.items():
            positive = [rank for rank in ranks if shares[rank][i] > 0]
            chosen = _choose(stack, [(shares[rank][i], rank) for rank in positive])
            for rank in chosen:
                picked.setdefault(rank, []).append((i, shares[rank][i]))
            if self.trace is not None:
                self.trace.not_picked(stack, i, ranks, chosen, {rank: shares[rank][i] for rank in ranks})
        return picked

    def apply(self, rule: Rule, offs: Offs) -> None:
        """Limit what a rule takes off in all its lines together, and take it."""
        total = sum([off for _, off in offs])
        if total <= 0:
            return
        granted = self.grant(rule, total)
        if granted <= 0:
            return
        if granted < total:
            parts = allocate(granted, [off for _, off in offs])
            offs = [(i, part) for (i, _), part in zip(offs, parts, strict=True)]
        self.take_all(rule, offs)

    def off(self, rule: Rule, i: int) -> int:
        """What a rule takes off a line: rounded, not below the floor, within its cap for a line."""
        running = self.running[i]
        if rule.buy_get is not None:
            return self.buy_get(rule, [i])[0]
        base = self.original[i] if rule.stack.original else running
        if not rule.each_step:
            return self._exact_off(rule, i, base)
        units = self.units[i]
        numerator, denominator = rule.amount(units, running, base, self.c, self.lines[i])
        if self.trace is not None:
            self.trace.exact[rule.rank, i] = (numerator, denominator)
        if denominator == 1 and rule.unit_minor == 1:
            off: int = numerator
        else:
            unit = rule.unit_minor
            off = running - rule.rounding(running * denominator - numerator, denominator * unit) * unit
        return self.limit_line(rule, i, off)

    def limit_line(self, rule: Rule, i: int, off: int) -> int:
        """The line floor, and the rule's cap where it is one of a line."""
        if off <= 0:
            return off
        most = self.running[i]
        if rule.floor is not None:
            numerator, denominator = rule.floor(self.c, self.lines[i])
            unit = rule.unit_minor
            most -= rule.rounding(numerator * self.units[i], denominator * unit) * unit
        if off > most:
            if self.trace is not None:
                self.trace.limited(rule.rank, "floor" if rule.floor is not None else "zero", i)
            off = max(0, most)
        if rule.line_cap is not None:
            numerator, denominator = rule.line_cap(self.c, self.lines[i])
            if off > (cap := max(0, int(numerator // denominator))):
                if self.trace is not None:
                    self.trace.limited(rule.rank, "cap", i)
                off = cap
        return off

    def grant(self, rule: Rule, total: int) -> int:
        """How much of a total the rule's cap, its stack's cap and its budgets let through; claims it."""
        if not rule.bounded:
            return total
        granted = total
        cap = self.order_cap(rule)
        if cap is not None and granted > cap:
            granted = cap
            self._note(rule, "cap")
        stack = rule.stack
        if stack.cap_minor is not None:
            left = self.cap_left.get(stack.number, stack.cap_minor)
            if granted > left:
                granted = left
                self._note(rule, "stack_cap")
        if rule.budgets and self.left is not None:
            for budget in rule.budgets:
                left = self.left.get(budget.budget_id, budget.amount_minor)
                if granted > left:
                    granted = max(0, left) if budget.on_exceed == "clip" else 0
                    self._note(rule, "budget")
        if granted > 0:
            if stack.cap_minor is not None:
                self.cap_left[stack.number] = self.cap_left.get(stack.number, stack.cap_minor) - granted
            for budget in rule.budgets:
                self.claims[budget.budget_id] = self.claims.get(budget.budget_id, 0) + granted
                if self.left is not None:
                    self.left[budget.budget_id] = self.left.get(budget.budget_id, budget.amount_minor) - granted
        return granted

    def _all(self, stack: Stack, candidates: Candidates) -> None:
        counts: dict[int, int] = {}
        for rank in sorted({rank for ranks in candidates.values() for rank in ranks}):
            rule = self.rules[rank]
            offs: Offs = []
            for i, ranks in candidates.items():
                if rank in ranks:
                    if counts.get(i, 0) >= stack.limit:
                        if self.trace is not None:
                            self.trace.reject(rank, i, "limit", stack.limit)
                        continue
                    off = self.off(rule, i)
                    if off > 0:
                        counts[i] = counts.get(i, 0) + 1
                        offs.append((i, off))
                        continue
                    if (rank, i) in self.pending:
                        # Less than a step, and yet a part of what the line is rounded from in the end.
                        self.exact[i] = self.pending.pop((rank, i))[1]
                    if self.trace is not None:
                        self.trace.reject(rank, i, "nothing", 0)
            self.apply(rule, offs)

    def take_highest(self, stack: Stack, candidates: Candidates) -> None:
        """`_best` for the usual stack, in one loop: a third of what a price costs is spent here."""
        rules, c, lines, units, running, original = (
            self.rules, self.c, self.lines, self.units, self.running, self.original,
        )  # fmt: skip
        for i, ranks in candidates.items():
            chosen, best = -1, 0
            now = running[i]
            base = original[i] if stack.original else now
            count, line = units[i], lines[i]
            for rank in ranks:
                quick = rules[rank].quick
                off = quick(count, now, base, c, line) if quick is not None else self.off(rules[rank], i)
                if off > best:
                    chosen, best = rank, off
                    if off >= now:
                        # More than the line costs cannot come off, and whoever is asked later comes behind.
                        best = now
                        break
            if chosen >= 0 and best > 0:
                self.take(rules[chosen], i, best)

    def _best(self, stack: Stack, i: int, ranks: list[int]) -> tuple[int, int]:
        best, chosen = 0, -1
        pick = stack.pick
        offs: dict[int, int] = {}
        for rank in ranks:
            off = self.off(self.rules[rank], i)
            if self.trace is not None:
                offs[rank] = off
            if off > 0 and (chosen < 0 or (off > best if pick == "best_for_buyer" else off < best)):
                best, chosen = off, rank
                if pick == "first" and self.trace is None:
                    break
                if pick == "first":
                    pick = "settled"
            elif pick == "settled":
                continue
        if self.trace is not None:
            self.trace.not_picked(stack, i, ranks, [chosen], offs)
        return chosen, best

    def take(self, rule: Rule, i: int, off: int) -> None:
        """Lower a line, and write the step."""
        before = self.running[i]
        self.running[i] = before - off
        stack = rule.stack
        self.steps.append(
            _new(Step, (self.places[i], stack.phase, stack.name, rule.rule_id, before, off, rule.funded_by))
        )
        if rule.changes_more:
            self._changes_more(rule, i, off)

    def take_all(self, rule: Rule, offs: Iterable[tuple[int, int]]) -> None:
        """`take` for the lines of one rule in which anything is off; the steps of an order are a fifth of what it costs."""
        stack, running, places, steps = rule.stack, self.running, self.places, self.steps
        phase, name, rule_id, funded_by, changes_more = (
            stack.phase, stack.name, rule.rule_id, rule.funded_by, rule.changes_more,
        )  # fmt: skip
        for i, off in offs:
            if off > 0:
                before = running[i]
                running[i] = before - off
                steps.append(_new(Step, (places[i], phase, name, rule_id, before, off, funded_by)))
                if changes_more:
                    self._changes_more(rule, i, off)

    def _changes_more(self, rule: Rule, i: int, off: int) -> None:
        stack = rule.stack
        if stack.exclusive:
            self.taken.setdefault(i, set()).add(stack.number)
        if rule.buy_get is not None and stack.by_line:
            size = rule.buy_get.buy + rule.buy_get.get
            free = self.units[i] - self.consumed.get(i, 0)
            self.consumed[i] = self.consumed.get(i, 0) + free // size * size
        if not rule.each_step:
            # Where nothing but rounding made the difference, the exact amount goes on; a cap or a floor starts it anew.
            planned, after = self.pending.pop((rule.rank, i), (None, None))
            self.exact[i] = after if after is not None and planned == off else Fraction(self.running[i])

    def _exact_off(self, rule: Rule, i: int, base: int) -> int:
        """Rounded once per line: the exact amount so far is kept, and each step is the difference of what it rounds to."""
        running = self.exact.get(i, Fraction(self.running[i]))
        exact_base = Fraction(base) if rule.stack.original else running
        numerator, denominator = rule.amount(self.units[i], running, exact_base, self.c, self.lines[i])
        if self.trace is not None:
            self.trace.exact[rule.rank, i] = (numerator, denominator)
        after = max(Fraction(0), running - Fraction(numerator, denominator))
        unit = rule.unit_minor
        off = self.running[i] - rule.rounding(after, unit) * unit
        limited = self.limit_line(rule, i, off)
        if limited == off:
            self.pending[rule.rank, i] = (off, after)
        return limited

    def buy_get(self, rule: Rule, lines: Sequence[int]) -> tuple[int, list[int]]:
        """What is off for the units that are got, and the share of each line in it."""
        assert rule.buy_get is not None
        give = rule.buy_get
        shares, _ = cheapest(give, lines, self.running, self.units, self.consumed, self.goods)
        total = sum(shares)
        running = sum([self.running[i] for i in lines])
        unit = rule.unit_minor
        over = give.off.denominator
        if self.trace is not None:
            where = lines[0] if rule.stack.by_line else SHIPPING
            self.trace.exact[rule.rank, where] = (total * give.off.numerator, over)
        after = rule.rounding(running * over - total * give.off.numerator, over * unit) * unit
        return max(0, min(running - after, total)), shares

    def order_cap(self, rule: Rule) -> int | None:
        """A rule's cap over the whole order; None without one."""
        if rule.order_cap is None:
            return None
        numerator, denominator = rule.order_cap(self.c, ())
        return max(0, int(numerator // denominator))

    def open_lines(self, stack: Stack, lines: dict[int, list[int]]) -> dict[int, list[int]]:
        """`not_excluded`, for the eligible lines of rules over the order."""
        kept: dict[int, list[int]] = {}
        for rank, eligible in lines.items():
            left = [i for i in eligible if not self.taken.get(i, _NOBODY) & stack.exclusive]
            if left:
                kept[rank] = left
            elif self.trace is not None:
                by = set().union(*(self.taken[i] & stack.exclusive for i in eligible))
                self.trace.reject(rank, SHIPPING, "excluded", min(by))
        return kept

    def not_excluded(self, stack: Stack, candidates: Candidates) -> Candidates:
        """Exclusion is of lines: where one stack took something off, those that it excludes find nothing."""
        kept: Candidates = {}
        for i, ranks in candidates.items():
            by = self.taken.get(i, _NOBODY) & stack.exclusive
            if not by:
                kept[i] = ranks
            elif self.trace is not None:
                for rank in ranks:
                    self.trace.reject(rank, i, "excluded", min(by))
        return kept

    def _note(self, rule: Rule, what: str) -> None:
        if self.trace is not None:
            self.trace.limited(rule.rank, what, SHIPPING)


#: A named tuple's own constructor takes twice as long.
_new = tuple.__new__
_NOBODY: set[int] = set()


def _choose(stack: Stack, offs: list[tuple[int, int]]) -> list[int]:
    """Ranks of the rules that count, of `(off, rank)`; ranks ascend by priority, and break every tie."""
    if stack.pick == "best_for_buyer":
        offs = sorted(offs, key=lambda each: (-each[0], each[1]))
    elif stack.pick == "lowest_cost":
        offs = sorted(offs)
    return sorted(rank for _, rank in offs[: stack.limit])
