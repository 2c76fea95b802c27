"""The bound of what evaluating an expression costs, from the declared sizes of lists."""

from __future__ import annotations

from tuan_rules.facts import Base, Per
from tuan_rules.typing.tree import Aggregate, Called, FactOf, Typed, children

#: Steps of one evaluation. A step takes 30 to 60 ns, so that the dearest rule that is let in takes about half a millisecond.
COST_MAX = 10_000


class Costs:
    """Costs of nodes, each worked out once: definitions share their trees, and a walk over all uses could take for ever."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Typed, int]] = {}
        self._lines: dict[int, tuple[Typed, bool]] = {}

    def of(self, node: Typed) -> int:
        """Steps at most. A list costs its declared maximum."""
        known = self._known.get(id(node))
        if known is not None:
            return known[1]
        inside = children(node)
        cost = 1 + sum([self.of(child) for child in inside])
        if isinstance(node, Aggregate):
            each = 1 + sum(self.of(part) for part in (node.where, node.item) if part is not None)
            cost = 1 + self.of(node.collection) + node.collection.type.max_items * each
        else:
            # Membership looks at every item.
            lists = [child.type.base is Base.LIST for child in inside]
            if any(lists):
                cost += sum([child.type.max_items for child in inside])
        if isinstance(node, Called) and node.body is None:
            cost += node.predicate.cost
        self._known[id(node)] = (node, cost)
        return cost

    def largest(self, node: Typed) -> Typed:
        """The deepest term that alone is over the bound, or the node itself: what a message should name."""
        over = [child for child in children(node) if self.of(child) > COST_MAX]
        return self.largest(max(over, key=self.of)) if over else node

    def reads_line(self, node: Typed) -> bool:
        """Whether the value can differ between the lines of a cart."""
        known = self._lines.get(id(node))
        if known is None:
            own = isinstance(node, FactOf) and node.per is Per.LINE
            known = (node, own or any(self.reads_line(child) for child in children(node)))
            self._lines[id(node)] = known
        return known[1]


def name_of(node: Typed) -> str:
    """What a message calls a term."""
    match node:
        case Aggregate(function=function, variable=variable, collection=FactOf(record=record, name=name)):
            return f"{function}(each {variable} in {record}.{name} ...)"
        case FactOf(record=record, name=name):
            return f"{record}.{name}"
        case Called(predicate=predicate):
            return f"{predicate.name}(...)"
    return "the whole expression"
