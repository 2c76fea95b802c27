"""How a line of a Lua script is replaced before it is loaded."""

from __future__ import annotations

import re

from tuan.adapters.redis_inventory import scripts


def replace_line(path: str, pattern: str, new: str) -> None:
    """In `lua/<path>`; the pattern must match exactly once, so that a mutation cannot miss a script that has changed."""
    read = scripts._text

    def text(wanted: str) -> str:
        source = read(wanted)
        if wanted != path:
            return source
        changed, count = re.subn(pattern, new, source)
        if count != 1:
            raise RuntimeError(f"{path} has {count} times {pattern!r}: write the mutation anew")
        return changed

    scripts._text = text
    scripts.script.cache_clear()
