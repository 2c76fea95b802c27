"""Opaque tokens of lists and streams. They hold what they stand for, so any engine process can go on where another stopped."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from tuan.plugin import Reason, TuanError


def page_token(list_name: str, *last: int | str) -> str:
    """Stands for the last item of a page: what the list is ordered by."""
    return _pack([list_name, *last])


def read_page_token(token: str, list_name: str, *kinds: type) -> Any:
    """The values as a tuple; None for the first page. Raises PAGE_TOKEN_INVALID for a token of another list."""
    if not token:
        return None
    return _read(token, list_name, kinds, Reason.PAGE_TOKEN_INVALID, "page_token")


def resume_token(watched_id: str, event_id: int) -> str:
    """Stands for what a watcher has seen of a group, or of an activity."""
    return _pack(["w", watched_id, event_id])


def read_resume_token(token: str, watched_id: str) -> int:
    """The event after which to go on; -1 without a token: what is new. Raises RESUME_TOKEN_INVALID."""
    if not token:
        return -1
    watched, event_id = _read(token, "w", (str, int), Reason.RESUME_TOKEN_INVALID, "resume_token")
    if watched != watched_id:
        raise _refused(Reason.RESUME_TOKEN_INVALID, "resume_token")
    return int(event_id)


def _read(token: str, name: str, kinds: tuple[type, ...], reason: Reason, field: str) -> tuple[Any, ...]:
    try:
        found = json.loads(urlsafe_b64decode(token.encode()))
    except (ValueError, RecursionError):  # binascii.Error and UnicodeDecodeError are ValueErrors
        found = None
    if not isinstance(found, list) or found[:1] != [name] or [type(value) for value in found[1:]] != list(kinds):
        raise _refused(reason, field)
    return tuple(found[1:])


def _refused(reason: Reason, field: str) -> TuanError:
    return TuanError(reason, f"{field}: not one of this list or stream; start without one", field=field)


def _pack(value: list[Any]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
