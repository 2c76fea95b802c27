"""A refund that is tried again puts its units back again: the key names the try, not the refund."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from msgspec.structs import replace

from tuan.adapters.redis_inventory import RedisInventory
from tuan.domain.claim import Answer, GiveBackRequest

FIGURES = {"oversold"}
CAMPAIGN = "refunds"


def plant() -> None:
    give_back = RedisInventory.give_back
    tries = itertools.count()

    async def give_back_again(
        self: RedisInventory, shard: str, epoch: int, requests: Sequence[GiveBackRequest]
    ) -> list[Answer]:
        again = [replace(request, key=f"{request.key}/{next(tries)}") for request in requests]
        answers = await give_back(self, shard, epoch, again)
        await give_back(self, shard, epoch, [replace(request, key=f"{request.key}/again") for request in again])
        return answers

    RedisInventory.give_back = give_back_again  # type: ignore[method-assign]
