"""The notifier that is always there: it writes each notice to the log, for installations that have no other channel yet."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_log_notifier.notifier import LogNotifier


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [LogNotifier()]
