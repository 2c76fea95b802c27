"""One engine for all of these tests: starting it takes a second, and every test makes its own orders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.api.live import LiveEngine
from tests.contract.api.world import World, build


@pytest.fixture(scope="session")
def live() -> Iterator[LiveEngine]:
    with LiveEngine() as engine:
        yield engine


@pytest.fixture(scope="session")
def world(live: LiveEngine) -> World:
    return build(live)
