"""Opaque tokens of lists and streams. They hold what they stand for, so any engine process can go on where another stopped."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

from tuan.plugin import Reason, TuanError
from tuan_flash_sale.board import View


def page_token(start_time_ms: int, activity_id: str) -> str:
    """Stands for the last session of a page."""
    return _pack([start_time_ms, activity_id])


def read_page_token(token: str) -> tuple[int, str]:
    """Raises PAGE_TOKEN_INVALID."""
    match _unpack(token):
        case [int(start_time_ms), str(activity_id)]:
            return start_time_ms, activity_id
    raise TuanError(
        Reason.PAGE_TOKEN_INVALID, "page_token: not one of this list; start without one", field="page_token"
    )


def resume_token(activity_id: str, view: View) -> str:
    """Stands for what a watcher has seen: a digest of it, 8 bytes for any number of SKUs."""
    seen = json.dumps([activity_id, view.phase, sorted(view.left.items())]).encode()
    return _pack(["w", _digest(activity_id.encode()), _digest(seen)])


def check_resume_token(token: str, activity_id: str) -> None:
    """Raises RESUME_TOKEN_INVALID for what is not a token of this session's stream."""
    match _unpack(token):
        case ["w", str(session), str()] if session == _digest(activity_id.encode()):
            return
    raise TuanError(
        Reason.RESUME_TOKEN_INVALID, "resume_token: not one of this stream; start without one", field="resume_token"
    )


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()


def _pack(value: list[Any]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


def _unpack(token: str) -> Any:
    try:
        return json.loads(urlsafe_b64decode(token.encode()))
    except (ValueError, RecursionError):  # binascii.Error and UnicodeDecodeError are ValueErrors
        return None
