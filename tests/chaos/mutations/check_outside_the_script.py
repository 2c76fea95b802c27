"""Stock is looked up first and taken afterwards, in two steps: the oversell of macrozheng/mall 353, vendure 3508, medusa 16569."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.mutations.lua import replace_line
from tuan.adapters.redis_inventory import RedisInventory
from tuan.domain.claim import Answer, Code, ReserveRequest

FIGURES = {"oversold"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line("reserve.lua", r"\bif code then", "if code and code ~= Code.DOES_NOT_FIT then")
    reserve = RedisInventory.reserve

    async def check_then_reserve(
        self: RedisInventory, shard: str, epoch: int, requests: Sequence[ReserveRequest]
    ) -> list[Answer]:
        names = [claim.counter for request in requests for claim in request.claims if claim.limit is None]
        known = await self.counters(shard, names)
        left = {name: (state.capacity or 0) - state.used for name, state in known.items()}
        fit = [request for request in requests if all(left.get(c.counter, 1) >= c.quantity for c in request.claims)]
        answers = iter(await reserve(self, shard, epoch, fit) if fit else [])
        return [next(answers) if request in fit else Answer(Code.DOES_NOT_FIT) for request in requests]

    RedisInventory.reserve = check_then_reserve  # type: ignore[method-assign]
