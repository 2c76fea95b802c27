"""How the drain paces itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrainSettings:
    """`batch_max`: intents per transaction. On SQLite a batch of 4,000 keeps the one writer from others for about 0.15 s; smaller
    ones cost more per intent, because each writes the pages of the randomly ordered indexes anew.

    `lease_ms`: how long a shard stays with an owner that is gone. `refresh_ms`: how soon a new or abandoned shard is noticed.
    `linger_ms`: the pause after a small batch, so that the next one is larger. `patience_ms`: as much more, unless somebody waits
    for what is not written yet and says so (`Drainer.hurry`); for a drain beside those who wait.
    `tries_max`: attempts at an intent before it is set aside. `back_off_ms`: the pause after the first failure; it doubles.
    """

    batch_max: int = 4000
    lease_ms: int = 15_000
    refresh_ms: int = 200
    tries_max: int = 5
    linger_ms: int = 10
    patience_ms: int = 0
    back_off_ms: int = 100
