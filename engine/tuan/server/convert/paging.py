"""Page and resume tokens: opaque to callers, bound to the list and the filter that they were made for.

A token is a version, a digest over list, filter and position, and the position. The digest is no secret: it catches tokens of
another list or filter and torn ones; whoever forges one merely reads his own list from another place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from tuan.domain.errors import Reason, TuanError

T = TypeVar("T")
M = TypeVar("M", bound=Message)

_VERSION = b"1"
_DIGEST_BYTES = 6
TOKEN_BYTES_MAX = 1_024
#: Clients take messages of 4 MB unless told otherwise; a page ends before that, whatever its size in items.
PAGE_BYTES_MAX = 3 << 20


class Pages:
    """One list with one filter: `name` and every field of the request that selects."""

    def __init__(self, name: str, *filter_values: object) -> None:
        self._seed = repr((name, filter_values)).encode()

    def token(self, position: str) -> str:
        """Names the last item of a page."""
        return _encoded(self._digest(position) + position.encode())

    def position(self, token: str) -> str:
        """Where to go on; empty from the start. Raises PAGE_TOKEN_INVALID."""
        if not token:
            return ""
        raw = _decoded(token)
        if raw is None:
            raise _invalid()
        try:
            position = raw[_DIGEST_BYTES:].decode()
        except UnicodeDecodeError:
            raise _invalid() from None
        if self._digest(position) != raw[:_DIGEST_BYTES] or not position:
            raise _invalid()
        return position

    def number(self, token: str) -> int:
        """Where to go on, for lists whose positions are numbers; 0 from the start."""
        position = self.position(token)
        if not position:
            return 0
        if not position.isdecimal() or len(position) > 19:
            raise _invalid()
        return int(position)

    def _digest(self, position: str) -> bytes:
        return hashlib.blake2b(self._seed + b"\0" + position.encode(), digest_size=_DIGEST_BYTES).digest()


def resume_token(event_id: int) -> str:
    position = str(event_id)
    return _encoded(_resume_digest(position) + position.encode())


def resume_position(token: str) -> int:
    """The id of the last event that was seen. Raises RESUME_TOKEN_INVALID."""
    raw = _decoded(token)
    position = raw[_DIGEST_BYTES:].decode("ascii", "replace") if raw is not None else ""
    if raw is None or not position.isdecimal() or len(position) > 19 or _resume_digest(position) != raw[:_DIGEST_BYTES]:
        message = "resume_token: no token of this stream; start again without one"
        raise TuanError(Reason.RESUME_TOKEN_INVALID, message, field="resume_token")
    return int(position)


def page(
    items: Sequence[T], size: int, pages: Pages, position_of: Callable[[T], str], make: Callable[[T], M]
) -> tuple[list[M], str]:
    """Messages and the next page's token, from up to `size` + 1 items: the one too many tells that there is a next page."""
    made: list[M] = []
    byte_count = 0
    for index, item in enumerate(items[:size]):
        message = make(item)
        byte_count += message.ByteSize()
        if made and byte_count > PAGE_BYTES_MAX:
            return made, pages.token(position_of(items[index - 1]))
        made.append(message)
    more = len(items) > size
    return made, pages.token(position_of(items[size - 1])) if more else ""


def after(items: Iterable[T], key: Callable[[T], str], position: str, size: int) -> list[T]:
    """Up to `size` + 1 items that come behind the position, of a list that is held whole and sorted by `key`."""
    rest = [item for item in items if not position or key(item) > position]
    return rest[: size + 1]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(_VERSION + raw).decode().rstrip("=")


def _decoded(token: str) -> bytes | None:
    if len(token) > TOKEN_BYTES_MAX or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw[1:] if raw[:1] == _VERSION and len(raw) > _DIGEST_BYTES + 1 else None


def _resume_digest(position: str) -> bytes:
    return hashlib.blake2b(b"events\0" + position.encode(), digest_size=_DIGEST_BYTES).digest()


def _invalid() -> TuanError:
    message = "page_token: no token of this list with this filter; start again without one"
    return TuanError(Reason.PAGE_TOKEN_INVALID, message, field="page_token")
