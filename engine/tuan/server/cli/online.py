"""Commands that talk to a running engine: found by its data folder, called with its operator's key, over the public API."""

from __future__ import annotations

import os
from pathlib import Path

from tuan.domain.errors import Reason, TuanError
from tuan.server import access
from tuan.settings import Settings
from tuan_client import Client, ClientConfig, Tls


def running(settings: Settings) -> access.Access | None:
    """The engine of this data folder, if its process is alive."""
    found = access.find(settings.data_dir)
    return found if found is not None and _alive(found.pid) else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and belongs to somebody else
        return True
    return True


def admin_client(settings: Settings, deadline_s: float = 60.0) -> Client:
    """A client of the running engine. Raises STORE_UNAVAILABLE when none runs here."""
    found = running(settings)
    if found is None:
        raise TuanError(
            Reason.STORE_UNAVAILABLE,
            f"no engine runs on {settings.data_dir.absolute()}; start one with `tuan serve`, or set TUAN_DATA_DIR",
        )
    tls = None
    if found.tls and settings.tls_cert_path is not None:
        tls = Tls(root_certificates=settings.tls_cert_path.read_bytes())
    return Client(ClientConfig(found.address, token=found.key, tls=tls, deadline_s=deadline_s))


def require_stores(settings: Settings) -> None:
    """Refuse a folder that holds no engine's stores: a look at empty new ones would say that all is well."""
    kind, _, path = settings.database_url.partition(":///")
    if kind == "sqlite" and not Path(path).exists():
        message = f"there is no record at {path}; set TUAN_DATA_DIR to the folder of an engine that ran"
        raise TuanError(Reason.STORE_UNAVAILABLE, message)


def new_request_id(prefix: str) -> str:
    """For commands that nobody repeats by themselves."""
    return f"{prefix}-{os.urandom(12).hex()}"
