"""Which files of a folder are one package: the one with a `package` block, and those without any."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

from tuan_rules.source import SourceFile
from tuan_rules.syntax.read import FILE_BYTES_MAX

#: Files of a folder that are looked at. A merchant's package has a handful; a folder of exports may have thousands.
FILES_MAX = 200


def package_of(uri: str, opened: Mapping[str, str], heads: Sequence[str] = ("package",)) -> list[SourceFile]:
    """The files that are checked together with `uri`, that one first; names are URIs.

    What is `opened` counts as it is in the editor, the rest as it is on disk. Where a folder holds several packages, a
    file without a `package` block belongs to none of them and stands alone. `heads`: what that block may be called.
    """
    texts = {**_beside(uri, opened), uri: opened[uri]}
    head = re.compile(rf"^\s*(?:{'|'.join(heads)})\b", re.MULTILINE)
    own = {name for name, text in texts.items() if head.search(text)}
    members = set(texts) if len(own) <= 1 else {uri}
    if len(own) > 1 and uri in own:
        members = {uri}
    names = [uri, *sorted(members - {uri})]
    return [SourceFile(name, texts[name]) for name in names]


def _beside(uri: str, opened: Mapping[str, str]) -> dict[str, str]:
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path is None:
        return {}
    found: dict[str, str] = {}
    for sibling in sorted(Path(path).parent.glob("*.tuan"))[:FILES_MAX]:
        name = from_fs_path(str(sibling))
        if name is None or _same_file(name, uri):
            continue
        text = next((text for other, text in opened.items() if _same_file(other, name)), None)
        if text is None:
            text = _read(sibling)
        if text is not None:
            found[name] = text
    return found


def _same_file(one: str, other: str) -> bool:
    """Editors escape URIs each in their way (`%3A`, `%E6`): compared as paths."""
    return one == other or to_fs_path(one) == to_fs_path(other)


def _read(path: Path) -> str | None:
    """A file on disk; None for one that the check would refuse unread."""
    try:
        return path.read_bytes().decode() if path.stat().st_size <= FILE_BYTES_MAX else None
    except (OSError, UnicodeDecodeError):
        return None
