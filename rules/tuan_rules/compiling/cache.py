"""Compiled rulesets in files: what an engine that starts again loads instead of compiling.

A file is a line that names the format, the SHA-256 of the rest, and the rest as `marshal` writes it: plain data and code. Whoever can
write the file can therefore run code as its reader. So file and folder are made for their owner alone, and what is not the reader's own, or
what others may write, is not read. What is damaged or foreign in any way is told to the log, ignored, and made anew.
"""

from __future__ import annotations

import hashlib
import logging
import marshal
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

from tuan_rules.vocabulary import Vocabulary

_FORMAT = b"tuan compiled rules 1\n"
_DIGEST_BYTES = 32
#: Kinds of files: rules of all packages together, compiled; and single packages, planned (`tuan_rules.kept`).
RULES, PACKAGES = "rules", "package"
#: Files that stay in a folder: versions that are live, in canary, in shadow, and some to go back to. The longest unused go first.
KEPT_MAX = 16
PACKAGES_MAX = 256
_KEPT_MAX = {RULES: KEPT_MAX, PACKAGES: PACKAGES_MAX}

_log = logging.getLogger(__name__)


def key_of(hashes: Iterable[str], vocabulary: Vocabulary) -> str:
    """Everything that compiled rules depend on: packages, vocabulary, Python's byte code, and the compiler itself."""
    digest = hashlib.sha256(MAGIC_NUMBER)
    for part in (_compiler(), vocabulary.fingerprint, *sorted(hashes)):
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


class _Refused(Exception):
    """A file that is there and must not be used; says why."""


def load(folder: Path, key: str, kind: str = RULES) -> tuple[Any, ...] | None:
    """What was saved under the key; None where there is nothing that can be trusted."""
    path = folder / f"{key}.{kind}"
    try:
        return _read(path, key)
    except FileNotFoundError:
        return None
    except (_Refused, OSError) as why:
        # Not silently: where this happens at every start, somebody has to look at the folder.
        _log.warning("compiled rules in %s are not used, and made anew: %s", path, why)
        return None


def _read(path: Path, key: str) -> tuple[Any, ...]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not (_is_ours_alone(status) and _is_ours_alone(path.parent.stat())):
            raise _Refused("others can write it, or it is another user's")
        content = file.read()
        # Of too many files the one that was not used for longest goes first; in a folder that is read only, none ever has to go.
        with suppress(OSError):
            os.utime(file.fileno())
    start = len(_FORMAT) + _DIGEST_BYTES
    body = memoryview(content)[start:]
    if content[:start] != _FORMAT + hashlib.sha256(body).digest():
        raise _Refused("it is damaged, or of another version")
    try:
        # The key stands inside too: a file under another's name is foreign.
        saved_key, value = marshal.loads(body)  # noqa: S302 - whole, and our own
    except (ValueError, TypeError, EOFError):
        raise _Refused("it holds something else") from None
    if saved_key != key:
        raise _Refused("it was saved under another name")
    found: tuple[Any, ...] = value
    return found


def _is_ours_alone(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def save(folder: Path, key: str, value: tuple[Any, ...], kind: str = RULES) -> None:
    """Keep it, by one rename: a reader finds the whole file or none. A folder that cannot be written costs the cache, nothing else."""
    body = marshal.dumps((key, value))
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_FORMAT + hashlib.sha256(body).digest() + body)
            Path(name).replace(folder / f"{key}.{kind}")
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _forget_oldest(folder, kind)


def _forget_oldest(folder: Path, kind: str) -> None:
    files = sorted(folder.glob(f"*.{kind}"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in files[_KEPT_MAX[kind] :]:
        file.unlink(missing_ok=True)


@cache
def _compiler() -> str:
    """The hash of this package's own source: a version number would be forgotten once, and then run the rules of yesterday's compiler."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
