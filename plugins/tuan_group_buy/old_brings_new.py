"""Old brings new (老带新): how many members must be new, read from the condition `require`.

Members pay before their group is complete. A condition that is only looked at when the last one joins would leave groups that are paid
and can never complete. So `require` says what a counter keeps from the first seat on: of `size` members at most `size - k` are not new.
"""

from __future__ import annotations

from collections.abc import Iterable

from tuan_group_buy.steps import members_min
from tuan_rules import CheckedBlock, Diagnostic, problem
from tuan_rules.typing.tree import Aggregate, Compared, Constant, FactOf, ItemOf, Typed

#: The first fact of the members of a group (`block.GROUP`).
IS_NEW = "is_new"
EXAMPLE = "count(each m in group.members where m.is_new) >= 1"
#: `1 <= count(...)` is `count(...) >= 1`.
_TURNED = {"<=": ">=", "<": ">"}


def min_new_members(block: CheckedBlock) -> int | None:
    """How many members of a group must be new: 0 without a condition, None for a condition that no counter keeps."""
    if block.values["require"] is None:
        return 0
    asked = block.typed.get("require")
    if not isinstance(asked, Compared):
        return None
    operator, left, right = asked.operator, asked.left, asked.right
    if isinstance(left, Constant):
        operator, left, right = _TURNED.get(operator, ""), right, left
    if operator not in (">=", ">") or not _counts_new_members(left) or not isinstance(right, Constant):
        return None
    least = right.value
    return least + (operator == ">") if isinstance(least, int) else None


def new_members_fit(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-512: a condition that seats can keep, and that the smallest group can meet."""
    if block.values["require"] is None or "require" not in block.typed:
        return
    least, members = min_new_members(block), members_min(block)
    if least is None:
        why = f"write for example `require = {EXAMPLE}`"
        why_zh = f"例如 `require = {EXAMPLE}`"
    elif not 1 <= least <= members:
        why = f"of {members} members 1 to {members} can be new, not {least}"
        why_zh = f"{members} 人团中新客人数应为 1 到 {members}，而不是 {least}"
    else:
        return
    yield problem(block, "require", "TR-512", problem=why, problem_zh=why_zh)


def _counts_new_members(node: Typed) -> bool:
    if not isinstance(node, Aggregate) or node.function != "count" or not isinstance(node.collection, FactOf):
        return False
    members, asked = node.collection, node.where
    if (members.record, members.name) != ("group", "members") or not isinstance(asked, ItemOf) or asked.field < 0:
        return False
    item = members.type.item
    return item is not None and item.facts[asked.field].name == IS_NEW
