"""Names the content of a request in 24 characters, which are kept with its request id for ever."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tuan.codec import encode


def content_fingerprint(*content: Any) -> str:
    """The same for equal values (dataclasses, sequences, texts, numbers), another for all others."""
    digest = hashlib.blake2b(encode(content), digest_size=18).digest()
    return base64.urlsafe_b64encode(digest).decode()
