"""docs/settings.md, printed from the settings."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from tuan.settings.model import Settings, plain, variable


def render() -> str:
    """docs/settings.md: a table for each section."""
    sections: dict[str, list[str]] = {}
    for name, field in Settings.model_fields.items():
        sections.setdefault(section(field), []).append(_row(name, field))
    head = [
        "# Settings",
        "",
        "The engine reads these variables from its environment, and nothing else configures it. The unit stands at the end of the name",
        "(`_ms`, `_s`, `_bytes`, `_rows`). One that is wrong, or looks like a misspelt one, stops the engine with what to write instead.",
        "This page is printed by `python -m tuan.settings`; a test compares the two.",
    ]
    tables = [
        ["", f"## {title}", "", "| variable | default | meaning |", "|---|---|---|", *rows]
        for title, rows in sections.items()
    ]
    return "\n".join([*head, *(line for table in tables for line in table), ""])


def section(field: FieldInfo) -> str:
    """Under which heading it stands."""
    extra = field.json_schema_extra
    return str(extra["section"]) if isinstance(extra, dict) else ""


def _row(name: str, field: FieldInfo) -> str:
    default = f"`{plain(field.default)}`" if plain(field.default) else ""
    return f"| `{variable(name)}` | {default} | {field.description} |"
