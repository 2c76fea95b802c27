"""How a tool on this machine reaches the engine of a data folder: its address and the operator's key, readable by its owner."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr

from tuan.server.secret_file import kept_secret
from tuan.settings import Settings

_FILE = "engine.json"
_KEY_FILE = "admin.key"


@dataclass(frozen=True, slots=True)
class Access:
    """`address`: host:port of a running engine; `key`: an API key with every scope; `tls`: whether it speaks TLS."""

    address: str
    key: str
    pid: int
    tls: bool = False


def with_admin_key(settings: Settings) -> Settings:
    """The settings with an operator's key: the one that is set, or one made once and kept in the data folder (mode 0600)."""
    if settings.admin_key.get_secret_value():
        return settings
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = kept_secret(settings.data_dir / _KEY_FILE, secrets.token_urlsafe(32).encode()).decode().strip()
    return settings.model_copy(update={"admin_key": SecretStr(key)})


def address_of(listen_address: str, port: int = 0) -> str:
    """What callers on this machine dial; `port`: the one that was given where port 0 was asked for."""
    if listen_address.startswith("unix:"):
        return listen_address
    host, _, stated = listen_address.rpartition(":")
    return f"{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port or stated}"  # noqa: S104 - compared, not listened on


def announce(settings: Settings, access: Access) -> None:
    path = settings.data_dir / _FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(access)))


def withdraw(settings: Settings) -> None:
    (settings.data_dir / _FILE).unlink(missing_ok=True)


def find(data_dir: Path) -> Access | None:
    """The engine that announced itself in this folder; it may be dead by now."""
    try:
        return Access(**json.loads((data_dir / _FILE).read_text()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None
