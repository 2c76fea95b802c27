"""A notifier that keeps what it is handed, for tests to read."""

from __future__ import annotations

from tuan.plugin import Notice, Notifier


class NoticeBoard(Notifier):
    code = "notice_board"

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def notify(self, notice: Notice) -> None:
        self.notices.append(notice)
