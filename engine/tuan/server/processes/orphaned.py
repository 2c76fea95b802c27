"""Notices in a child process that its parent wants it to end, or is gone where the system does not kill it for that (Linux does)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def when_orphaned(call: Callable[[], object]) -> None:
    """The parent holds the other end of stdin, and never writes: `call`, in a thread of its own, when it reads to the end."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        call()

    threading.Thread(target=wait, name="tuan-orphaned", daemon=True).start()
