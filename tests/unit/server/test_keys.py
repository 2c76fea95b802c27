"""API keys in memory: what is remembered of them ends with the list that they came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tuan.ports import ApiKey
from tuan.server.interceptors.auth import KeyRing, hash_of
from tuan.settings import Settings

OPERATOR = "operator-" * 6


class Record:
    """Has a list of keys, and nothing else."""

    def __init__(self) -> None:
        self.keys: list[ApiKey] = []

    async def read(self, work: Callable[[Any], Sequence[ApiKey]]) -> Sequence[ApiKey]:
        return work(SimpleNamespace(api_keys=SimpleNamespace(all=lambda: tuple(self.keys))))


def key(secret: str, active: bool = True, scopes: tuple[str, ...] = ("orders.write",)) -> ApiKey:
    return ApiKey(f"id-{secret}", hash_of(secret), "shop", scopes, active)


async def test_a_key_that_was_remembered_ends_with_the_next_look(tmp_path: Path) -> None:
    """Goal: revoking is as quick as without a memory, and so are changed scopes. Method: use a key twice, change its row, look."""
    record = Record()
    ring = KeyRing(record, Settings(data_dir=tmp_path))  # type: ignore[arg-type]
    record.keys = [key("one"), key("two")]
    await ring.refresh()
    assert ring.find("one") is ring.find("one") is not None
    assert ring.find("two") is not None
    record.keys = [key("one", active=False), key("two", scopes=("orders.read",))]
    await ring.refresh()
    changed = ring.find("two")
    assert ring.find("one") is None
    assert changed is not None and changed.scopes == {"orders.read"}


async def test_what_is_no_key_is_not_remembered(tmp_path: Path) -> None:
    """Goal: guesses fill no memory. Method: a thousand of them between two uses of a key and of the operator's."""
    record = Record()
    ring = KeyRing(record, Settings(data_dir=tmp_path, admin_key=OPERATOR))  # type: ignore[arg-type]
    record.keys = [key("one")]
    await ring.refresh()
    assert ring.find("one") is not None and ring.find(OPERATOR) is not None
    assert {ring.find(f"guess-{number}") for number in range(1_000)} == {None}
    assert set(ring._found) == {"one", OPERATOR}
