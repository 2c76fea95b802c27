"""A difference as text for people, in two languages, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from tuan_rules.difference.compare import BlockChange, FieldChange

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_WORDS = {
    "en": {"added": "added", "removed": "removed", "changed": "changed", "none": "not set", "same": "no difference"},
    "zh": {"added": "新增", "removed": "删除", "changed": "修改", "none": "未设置", "same": "没有差异"},
}


def render_difference(changes: Sequence[BlockChange], language: str = "en") -> str:
    """A paragraph per block; one line where nothing differs."""
    words = _WORDS["zh" if language == "zh" else "en"]
    if not changes:
        return words["same"]
    return "\n".join(_block(change, words) for change in changes)


def render_difference_json(changes: Sequence[BlockChange]) -> str:
    """A JSON list of `{change, path, fields: [{name, before, after, by}]}`."""
    return json.dumps([asdict(change) for change in changes], ensure_ascii=False, indent=2)


def _block(change: BlockChange, words: dict[str, str]) -> str:
    head = f"{_SIGNS[change.change]} {words[change.change]}: {' / '.join(change.path)}"
    return "\n".join([head, *(_field(field, change.change, words) for field in change.fields)])


def _field(field: FieldChange, change: str, words: dict[str, str]) -> str:
    if change != "changed":
        return f"    {field.name} = {field.before or field.after}"
    by = f"  ({field.by})" if field.by else ""
    return f"    {field.name}: {field.before or words['none']} → {field.after or words['none']}{by}"
