"""Worker threads that can be abandoned: what ThreadPoolExecutor is not, whose threads are joined when the interpreter exits.

A plugin that hangs in `time.sleep(3600)` would hold up the end of the engine for an hour. These threads are daemons. One that
overstays is retired: it is told to stop if it runs Python, it takes no more work, and another takes its place.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Report = Callable[[Any, Exception | None], None]


class Abandoned(BaseException):
    """Raised inside a worker that overstayed its deadline; BaseException so that `except Exception` cannot hold it."""


class Job:
    """A piece of work; `report` gets its result or what it raised, in the worker's thread, unless it is abandoned."""

    __slots__ = ("abandoned", "ended", "report", "thread", "work")

    def __init__(self, work: Callable[[], Any], report: Report) -> None:
        self.work = work
        self.report = report
        self.thread: threading.Thread | None = None
        self.ended = False
        self.abandoned = False


class Workers:
    """At most `count_max` threads that are not retired, made when they are first needed.

    Only C-implemented primitives (Lock, SimpleQueue): an Abandoned that is raised inside the Python code of a Condition, just
    after it took its lock, would leave it locked for ever.
    """

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._load = 0
        self._closed = False

    def start(self, work: Callable[[], Any], report: Report) -> Job:
        """Run `work` as soon as a thread is free. Raises RuntimeError after `close`."""
        job = Job(work, report)
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers are closed")
            self._load += 1
            if self._load > len(self._threads) and len(self._threads) < self._count_max:
                self._add_thread()
        self._queue.put(job)
        return job

    def abandon(self, job: Job) -> bool:
        """Forget a job, and stop its thread if that runs Python (a C call ends when it returns). False when it has ended."""
        with self._lock:
            if job.ended or job.abandoned:
                return False
            job.abandoned = True
            self._load -= 1
            if job.thread is not None:
                self._threads.discard(job.thread)
                if self._load > len(self._threads) and not self._closed:
                    self._add_thread()
                ident = ctypes.c_ulong(job.thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Abandoned))
            return True

    def close(self) -> None:
        """No more work is taken; idle threads end."""
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._queue.put(None)

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._serve, name="tuan-plugin", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _serve(self) -> None:
        me = threading.current_thread()
        try:
            while (job := self._queue.get()) is not None:
                if self._begin(job, me) and not self._run(job):
                    return
        except Abandoned:
            return  # raised a moment after the work had ended: this thread is retired all the same

    def _begin(self, job: Job, me: threading.Thread) -> bool:
        with self._lock:
            if not job.abandoned:
                job.thread = me
            return not job.abandoned

    def _run(self, job: Job) -> bool:
        """False when the job was abandoned, and this thread with it."""
        result: Any = None
        failure: Exception | None = None
        try:
            result = job.work()
        except StopIteration as error:  # futures refuse it
            failure = RuntimeError(f"raised {error!r}")
        except Exception as error:
            failure = error
        except BaseException as error:  # SystemExit in a plugin must not end the engine
            failure = RuntimeError(f"raised {error!r}")
        with self._lock:
            if job.abandoned:
                return False
            job.ended = True
            self._load -= 1
        job.report(result, failure)
        return True
