"""The notifier that writes to the log."""

from __future__ import annotations

from structlog.testing import capture_logs

from tuan.plugin import Notice
from tuan.registry import Registry
from tuan_log_notifier import tuan_plugins


def test_a_notice_is_one_line() -> None:
    """Goal: what would be sent is in the log, and its data cannot overwrite the line's own keys. Method: capture the line."""
    notifier = Registry(tuan_plugins()).notifiers["log_notifier"]
    with capture_logs() as lines:
        notifier.notify(Notice("n1", "restock", "b1", 5, {"sku": "S1", "kind": "other", "event": "x"}))
    [line] = lines
    assert line.pop("log_level") == "info"
    assert line == {
        "event": "notice",
        "notice_id": "n1",
        "kind": "restock",
        "recipient": "b1",
        "data": {"sku": "S1", "kind": "other", "event": "x"},
    }
