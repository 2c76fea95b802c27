"""A notice becomes a structured log line. `recipient` is a pseudonym, so the log stays free of personal data."""

from __future__ import annotations

import structlog

from tuan.plugin import Notice, Notifier

log = structlog.get_logger()


class LogNotifier(Notifier):
    code = "log_notifier"

    def notify(self, notice: Notice) -> None:
        # The data is the sender's: under a key of its own it cannot overwrite the line's other keys.
        log.info("notice", notice_id=notice.notice_id, kind=notice.kind, recipient=notice.recipient, data=notice.data)
