"""The phases that do not go line by line: price sources, stacks over the whole order, shipping and tender."""

from __future__ import annotations

from tuan_rules.exact import allocate
from tuan_rules.pricing.compiled import Rule, Stack
from tuan_rules.pricing.ledger import SHIPPING, Step
from tuan_rules.pricing.run import Candidates, Run
from tuan_rules.pricing.units import cheapest

#: Weights, running amount, base and units of lists of lines, by the identity of the list.
Sums = dict[int, tuple[list[int], int, int, int]]
_NO_WEIGHTS: list[int] = []


def price_sources(run: Run, stacks: list[tuple[Stack, Candidates]]) -> None:
    """One price per line: the lowest of what the stacks pick and of the list price; a stack that picks its first rule may raise it."""
    found: dict[int, list[tuple[int, int, bool]]] = {}
    for stack, candidates in stacks:
        for i, ranks in candidates.items():
            stated = stack.pick == "first"
            offs = [(run.off(run.rules[rank], i), rank) for rank in ranks]
            if not stated:
                best = min(offs, key=lambda each: (-each[0], each[1]))
            else:
                best = offs[0]
            found.setdefault(i, []).append((*best, stated))
            if run.trace is not None:
                for off, rank in offs:
                    if rank != best[1]:
                        run.trace.reject(rank, i, "nothing" if off <= 0 else "lower", best[1])
    picked: dict[int, list[tuple[int, int]]] = {}
    for i, offs_of in found.items():
        off, rank, stated = min(offs_of, key=lambda each: (-each[0], each[1]))
        if run.trace is not None:
            for other_off, other, _ in offs_of:
                if other != rank:
                    run.trace.reject(other, i, "nothing" if other_off <= 0 else "lower", rank)
        if off > 0 or (stated and off < 0):
            picked.setdefault(rank, []).append((i, off))
        elif run.trace is not None:
            run.trace.reject(rank, i, "nothing", 0)
    for rank in sorted(picked):
        rule = run.rules[rank]
        for i, off in picked[rank]:
            if off < 0:
                run.take(rule, i, off)
        run.apply(rule, [(i, off) for i, off in picked[rank] if off > 0])


def order_stack(run: Run, stack: Stack, lines: dict[int, list[int]]) -> None:
    """A stack that acts on the eligible lines of each rule together; what is off goes to them by largest remainder."""
    if stack.exclusive:
        lines = run.open_lines(stack, lines)
    if stack.pick == "all":
        count = 0
        for rank in sorted(lines):
            if count >= stack.limit:
                if run.trace is not None:
                    run.trace.reject(rank, SHIPPING, "limit", stack.limit)
                continue
            count += _apply(run, run.rules[rank], *order_off(run, run.rules[rank], lines[rank], {}))
        return
    if stack.pick == "best_for_buyer" and stack.limit == 1 and run.trace is None:
        apply_highest(run, lines)
        return
    # Nothing changes while they are compared, and most rules are about the same lines: all of them.
    sums: Sums = {}
    offs = {rank: order_off(run, run.rules[rank], eligible, sums) for rank, eligible in lines.items()}
    for rank in _choose(run, stack, {rank: off for rank, (off, _, _) in offs.items()}):
        _apply(run, run.rules[rank], *offs[rank])


def shipping_stack(run: Run, stack: Stack, lines: dict[int, list[int]]) -> None:
    """A stack on what shipping costs. A rule counts where at least one line is eligible; amounts are of shipping."""
    offs = {rank: _shipping_off(run, run.rules[rank], eligible) for rank, eligible in lines.items()}
    for rank in sorted(lines)[: stack.limit] if stack.pick == "all" else _choose(run, stack, offs):
        rule = run.rules[rank]
        off = run.grant(rule, max(0, _shipping_off(run, rule, lines[rank])))
        if off > 0:
            step = Step(SHIPPING, stack.phase, stack.name, rule.rule_id, run.shipping, off, rule.funded_by)
            run.steps.append(step)
            run.shipping -= off


def estimate(run: Run, stack: Stack, candidates: Candidates) -> int:
    """What a stack alone would take off now: of stacks that exclude each other in one phase the better one for the buyer goes first."""
    if stack.by_line:
        if stack.pick == "all":
            return sum(max(0, run.off(run.rules[rank], i)) for i, ranks in candidates.items() for rank in ranks)
        return sum(off for offs in run.picks(stack, candidates).values() for _, off in offs)
    return max((order_off(run, run.rules[rank], lines, {})[0] for rank, lines in candidates.items()), default=0)


def order_off(run: Run, rule: Rule, lines: list[int], sums: Sums) -> tuple[int, list[int], list[int]]:
    """What a rule takes off its lines together (rounded, within its cap), the lines, and the weights by which they share it."""
    if rule.buy_get is not None:
        off, weights = run.buy_get(rule, lines)
    else:
        weights, running, base, units = sums.get(id(lines)) or _sum(run, rule, lines, sums)
        numerator, denominator = rule.amount(units, running, base, run.c, ())
        if run.trace is not None:
            run.trace.exact[rule.rank, SHIPPING] = (numerator, denominator)
        off = _rounded(rule, running, numerator, denominator)
        off = max(0, min(off, running))
    cap = run.order_cap(rule)
    if cap is not None and off > cap:
        off = cap
        if run.trace is not None:
            run.trace.limited(rule.rank, "cap", SHIPPING)
    return off, lines, weights


def apply_highest(run: Run, lines: dict[int, list[int]]) -> None:
    """The usual stack, keeping nothing but the best so far; a gift counts as it does in `_choose`."""
    best, chosen, weights = -1, -1, _NO_WEIGHTS
    sums: Sums = {}
    rules, c = run.rules, run.c
    summed: list[int] | None = None
    shares, running, base, units = weights, 0, 0, 0
    for rank, eligible in lines.items():
        rule = rules[rank]
        quick = rule.quick
        if quick is not None:
            if eligible is not summed:
                summed = eligible
                shares, running, base, units = sums.get(id(eligible)) or _sum(run, rule, eligible, sums)
            off, own = quick(units, running, base, c, ()), shares
            if off > running:
                off = running
        else:
            off, _, own = order_off(run, rule, eligible, sums)
        if (off > best or (off == best and rank < chosen)) and (off > 0 or rule.gift is not None):
            best, chosen, weights = off, rank, own
    if chosen >= 0:
        _apply(run, rules[chosen], best, lines[chosen], weights)


def _sum(run: Run, rule: Rule, lines: list[int], sums: Sums) -> tuple[list[int], int, int, int]:
    if len(lines) == 1:
        (i,) = lines
        now = run.running[i]
        one = sums[id(lines)] = ([now], now, run.original[i] if rule.stack.original else now, run.units[i])
        return one
    weights = [run.running[i] for i in lines]
    running = sum(weights)
    base = sum([run.original[i] for i in lines]) if rule.stack.original else running
    known = sums[id(lines)] = (weights, running, base, sum([run.units[i] for i in lines]))
    return known


def _apply(run: Run, rule: Rule, off: int, lines: list[int], weights: list[int]) -> int:
    """1 when it counted."""
    if rule.gift is not None:
        run.gifts.append((rule.rule_id, rule.gift.sku, rule.gift.quantity))
        return 1
    granted = run.grant(rule, off) if off > 0 else 0
    if granted <= 0:
        if run.trace is not None:
            run.trace.reject(rule.rank, SHIPPING, "nothing", 0)
        return 0
    if rule.buy_get is not None:
        _, used = cheapest(rule.buy_get, lines, run.running, run.units, run.consumed, run.goods)
        for i, count in zip(lines, used, strict=True):
            run.consumed[i] = run.consumed.get(i, 0) + count
    if len(lines) == 1:
        run.take(rule, lines[0], granted)
    else:
        run.take_all(rule, zip(lines, allocate(granted, weights), strict=True))
    return 1


def _choose(run: Run, stack: Stack, offs: dict[int, int]) -> list[int]:
    """Ranks that count, ascending; a gift counts where nothing that can be compared with it does."""
    positive = [rank for rank, off in offs.items() if off > 0 or run.rules[rank].gift is not None]
    if stack.pick == "best_for_buyer":
        positive.sort(key=lambda rank: (-offs[rank], rank))
    elif stack.pick == "lowest_cost":
        positive.sort(key=lambda rank: (offs[rank], rank))
    else:
        positive.sort()
    chosen = positive[: stack.limit]
    if run.trace is not None:
        gifts = {rank: max(off, 1) if run.rules[rank].gift is not None else off for rank, off in offs.items()}
        run.trace.not_picked(stack, SHIPPING, sorted(offs), chosen, gifts)
    return sorted(chosen)


def _shipping_off(run: Run, rule: Rule, lines: list[int]) -> int:
    """Everything is of shipping here; what the goods have to come to stands in a rule's `when`."""
    running = run.shipping
    base = run.shipping_list if rule.stack.original else running
    numerator, denominator = rule.amount(sum([run.units[i] for i in lines]), running, base, run.c, ())
    if run.trace is not None:
        run.trace.exact[rule.rank, SHIPPING] = (numerator, denominator)
    return max(0, min(_rounded(rule, running, numerator, denominator), running))


def _rounded(rule: Rule, running: int, numerator: int, denominator: int) -> int:
    if denominator == 1 and rule.unit_minor == 1:
        return numerator
    unit = rule.unit_minor
    return running - rule.rounding(running * denominator - numerator, denominator * unit) * unit
