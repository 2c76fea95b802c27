"""Create, revoke and list API keys. A secret is told once and kept as a hash alone."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tuan.domain.errors import InvalidValue
from tuan.domain.fields import check_id
from tuan.ports import ApiKey, Record, Unit

SCOPES_MAX = 64
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` empty: this request id had been used before, and the secret was told then."""

    key: ApiKey
    secret: str


class ApiKeyManager:
    """`known_scopes`: those that some method of this engine wants; a misspelt one would be a key that opens nothing."""

    def __init__(self, record: Record, known_scopes: Collection[str]) -> None:
        self._record = record
        self._known_scopes = known_scopes

    async def create(self, actor: str, request_id: str, caller: str, scopes: Sequence[str]) -> NewKey:
        """`actor`: who asks; `caller`: the application that the key is for."""
        check_id("request_id", request_id)
        check_id("caller", caller)
        self._check_scopes(scopes)
        wanted = tuple(sorted(set(scopes)))
        secret = secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(_key_id(actor, request_id), hashlib.sha256(secret.encode()).hexdigest(), caller, wanted)

        def store(unit: Unit) -> NewKey:
            if unit.requests.claim(actor, request_id, "CreateApiKey", f"{caller} {' '.join(wanted)}"):
                unit.api_keys.put(key)
                return NewKey(key, secret)
            return NewKey(_existing(unit, key.key_id, "request_id"), "")

        return await self._record.write(store)

    async def revoke(self, actor: str, request_id: str, key_id: str) -> ApiKey:
        check_id("request_id", request_id)
        check_id("key_id", key_id)

        def store(unit: Unit) -> ApiKey:
            key = replace(_existing(unit, key_id, "key_id"), active=False)
            if unit.requests.claim(actor, request_id, "RevokeApiKey", key_id):
                unit.api_keys.put(key)
            return key

        return await self._record.write(store)

    async def list(self) -> list[ApiKey]:
        """By id."""
        return await self._record.read(lambda unit: unit.api_keys.all())

    def _check_scopes(self, scopes: Sequence[str]) -> None:
        if not 1 <= len(scopes) <= SCOPES_MAX:
            raise InvalidValue("scopes", f"{len(scopes)} scopes; send 1 to {SCOPES_MAX}")
        for index, scope in enumerate(scopes):
            if scope not in self._known_scopes:
                known = ", ".join(sorted(self._known_scopes))
                raise InvalidValue(f"scopes[{index}]", f"{scope[:64]!r} is wanted by no method; there are: {known}")


def _key_id(actor: str, request_id: str) -> str:
    """Derived, so that a repeat of the request finds the key that the first one made. 22 characters name 128 bits."""
    digest = hashlib.sha256(f"api key\0{actor}\0{request_id}".encode()).digest()
    return "k" + base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _existing(unit: Unit, key_id: str, field: str) -> ApiKey:
    for key in unit.api_keys.all():
        if key.key_id == key_id:
            return key
    raise InvalidValue(field, f"there is no API key {key_id[:64]}; ListApiKeys lists them")
