"""Every hook of the engine. A new hook comes only together with a plugin that uses it; `docs/plugins.md` lists the same ones."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from tuan.plugin import Plugin

hookspec = pluggy.HookspecMarker("tuan")


@hookspec
def tuan_plugins() -> Sequence[Plugin]:
    """The plugin objects that this distribution brings; called once at start-up."""
    return ()  # what pluggy never runs: a specification has a signature and no body
