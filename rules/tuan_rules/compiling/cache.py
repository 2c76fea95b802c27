"""Compiled rulesets in files: what an engine that starts again loads instead of compiling.

A file is a line that names the format, the SHA-256 of the rest, and the rest as `marshal` writes it: plain data and code. Whoever can
write the file can therefore run code as its reader. So it is made for its owner alone, and one that is not the reader's own, or that others
may write, is not read. What is damaged or foreign in any way is ignored, and made anew.
"""

from __future__ import annotations

import hashlib
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
#: Files that stay in a folder: versions that are live, in canary, in shadow, and some to go back to. The oldest go first.
KEPT_MAX = 16


def key_of(hashes: Iterable[str], vocabulary: Vocabulary) -> str:
    """Everything that compiled rules depend on: packages, vocabulary, Python's byte code, and the compiler itself."""
    digest = hashlib.sha256(MAGIC_NUMBER)
    for part in (_compiler(), vocabulary.fingerprint, *sorted(hashes)):
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


def load(folder: Path, key: str) -> tuple[Any, ...] | None:
    """What was saved under the key; None where there is nothing that can be trusted."""
    try:
        descriptor = os.open(folder / f"{key}.rules", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            return None
        try:
            content = file.read()
        except OSError:
            return None
    start = len(_FORMAT) + _DIGEST_BYTES
    body = memoryview(content)[start:]
    if content[:start] != _FORMAT + hashlib.sha256(body).digest():
        return None
    try:
        # The key stands inside too: a file under another's name is foreign.
        saved_key, value = marshal.loads(body)  # noqa: S302 - whole, and our own
    except (ValueError, TypeError, EOFError):
        return None
    return value if saved_key == key else None


def save(folder: Path, key: str, value: tuple[Any, ...]) -> None:
    """Keep it, by one rename: a reader finds the whole file or none. A folder that cannot be written costs the cache, nothing else."""
    body = marshal.dumps((key, value))
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_FORMAT + hashlib.sha256(body).digest() + body)
            Path(name).replace(folder / f"{key}.rules")
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _forget_oldest(folder)


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.rules"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in files[KEPT_MAX:]:
        file.unlink(missing_ok=True)


@cache
def _compiler() -> str:
    """The hash of this package's own source: a version number would be forgotten once, and then run the rules of yesterday's compiler."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
