"""Who calls: an API key or a signed token, and whether its scopes cover the method."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt
import structlog

from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import ID_BYTES_MAX
from tuan.ports import ApiKey, Clock, Record
from tuan.settings import Settings

log = structlog.get_logger()

#: A revoked key is refused within a second by every process; looking twice a second leaves room for the read itself.
REFRESH_MS = 500
#: Verifying a token costs about 30 µs, so that of a client that calls again is remembered until it expires.
TOKENS_MAX = 10_000
ADMIN_CALLER = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """`scopes` None: every one. `buyer`: the only buyer whom the credentials may act for; empty: any buyer of the caller's."""

    caller: str
    scopes: frozenset[str] | None
    buyer: str = ""


class KeyRing:
    """The API keys of the record, held in memory by the hash of their secret.

    While the record cannot be read the last list stands: orders need no SQL, and must not be refused because SQL is away.
    """

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._keys: dict[str, tuple[str, Identity]] = {}
        self._found: dict[str, Identity] = {}
        self._operator: tuple[str, Identity] | None = None
        if admin_key := settings.admin_key.get_secret_value():
            self._operator = (hash_of(admin_key), Identity(ADMIN_CALLER, None))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_MS / 1_000)
            try:
                await self.refresh()
            except Exception as error:
                log.warning("api_keys_not_read", error=repr(error))

    async def refresh(self) -> None:
        self._hold(await self._record.read(lambda unit: unit.api_keys.all()))

    def find(self, secret: str) -> Identity | None:
        """Hashed first, so that the time of the look-up tells nothing about any secret; then compared in constant time.

        A key that was found is remembered until the list is read anew, so that revoking takes no longer than without. Python
        looks a text up by a hash that is seeded anew in each process, and compares no text before the whole of that is equal.
        """
        if (known := self._found.get(secret)) is not None:
            return known
        key_hash = hash_of(secret)
        for entry in (self._keys.get(key_hash), self._operator):
            if entry is not None and hmac.compare_digest(entry[0], key_hash):
                self._found[secret] = entry[1]  # no more than there are keys
                return entry[1]
        return None

    def _hold(self, keys: Sequence[ApiKey]) -> None:
        self._found = {}
        self._keys = {
            key.key_hash: (key.key_hash, Identity(key.caller, frozenset(key.scopes))) for key in keys if key.active
        }


class Tokens:
    """JSON Web Tokens, HS256: `exp`, `aud`, `iss` and `app` (the caller) required, `scope` space-separated, `sub` a buyer."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._secret = settings.jwt_secret.get_secret_value()
        self._audience = settings.jwt_audience
        self._issuer = settings.jwt_issuer or None
        self._clock = clock
        self._known: OrderedDict[str, tuple[Identity, int]] = OrderedDict()

    def find(self, token: str) -> Identity | None:
        if not self._secret:
            return None
        key = hash_of(token)
        known = self._known.get(key)
        if known is not None and self._clock.now_ms() < known[1]:
            return known[0]
        claims = self._verified(token)
        if claims is None:
            return None
        identity = _identity(claims)
        if identity is not None:
            self._known[key] = (identity, int(claims["exp"]) * 1_000)
            if len(self._known) > TOKENS_MAX:
                self._known.popitem(last=False)
        return identity

    def _verified(self, token: str) -> dict[str, Any] | None:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "aud", "iss", "app"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):  # the last two: claims of an unexpected type
            return None
        return claims


def _identity(claims: dict[str, Any]) -> Identity | None:
    app, scope, buyer = claims["app"], claims.get("scope", ""), claims.get("sub", "")
    if not (isinstance(app, str) and isinstance(scope, str) and isinstance(buyer, str)):
        return None
    if not 1 <= len(app.encode()) <= ID_BYTES_MAX or len(buyer.encode()) > ID_BYTES_MAX:
        return None
    return Identity(app, frozenset(scope.split()), buyer)


class Authenticator:
    """From a call's metadata to an identity that may call the method."""

    def __init__(self, keys: KeyRing, tokens: Tokens) -> None:
        self._keys = keys
        self._tokens = tokens

    def identify(self, metadata: Sequence[tuple[str, str | bytes]], method: str, scope: str) -> Identity:
        """Raises CREDENTIALS_MISSING, CREDENTIALS_INVALID or SCOPE_MISSING."""
        value = next((value for key, value in metadata if key == "authorization"), None)
        if value is None:
            message = "send the metadata `authorization: Bearer <API key or token>`"
            raise TuanError(Reason.CREDENTIALS_MISSING, message, method=method)
        identity = self._look_up(value)
        if identity is None:
            message = "the API key or token is unknown, revoked, expired or malformed"
            raise TuanError(Reason.CREDENTIALS_INVALID, message, method=method)
        if identity.scopes is not None and scope not in identity.scopes:
            message = f"the credentials lack the scope {scope}"
            raise TuanError(Reason.SCOPE_MISSING, message, method=method, scope=scope)
        return identity

    def _look_up(self, value: str | bytes) -> Identity | None:
        if isinstance(value, bytes):
            return None
        kind, _, secret = value.partition(" ")
        if kind.lower() != "bearer" or not secret:
            return None
        # A token has two dots, a key none.
        return self._tokens.find(secret) if secret.count(".") == 2 else self._keys.find(secret)


def hash_of(secret: str) -> str:
    """How secrets are kept: SHA-256, hex. They are random and long, so nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
