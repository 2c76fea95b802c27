"""Orders for goods that are sold out are told so before anything is worked out for them: of 50,000 who come for 1,000 units, 49,000.

What refuses is the memory of `sold_out`; a repeat of a request that was granted is still answered as the first time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from tuan.domain.activity import RETAIL, stock_counter
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.first_answers import FirstAnswers
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.order_commands import PlaceOrder, PlaceResult, WantedLine, have_plain_ids, request_key
from tuan.usecases.refusals import answer_to_result
from tuan.usecases.similar_goods import SimilarGoods
from tuan.usecases.snapshot import Snapshot
from tuan.usecases.sold_out import SoldOut

_NOBODY: Mapping[int, PlaceResult] = {}


class TooLate:
    def __init__(self, sold_out: SoldOut, similar: SimilarGoods, first: FirstAnswers) -> None:
        self._sold_out = sold_out
        self._similar = similar
        self._first = first

    async def answers(self, commands: Sequence[PlaceOrder], snapshot: Snapshot) -> Mapping[int, PlaceResult]:
        """By place, what those hear who come too late: SOLD_OUT, or of a repeat what it heard first. All others have to be looked at.

        Orders that bring something are among the others, since promotions may know better; so are those of a batch with odd ids.
        """
        refused = {} if self._sold_out.is_empty else self._refused(commands, snapshot)
        if not refused or not have_plain_ids(commands):
            return _NOBODY
        batch = OrderBatch([commands[index] for index in refused], snapshot)
        batch.keys = [request_key(command.caller, command.request_id) for command in batch.commands]
        by_shard: dict[str, list[int]] = defaultdict(list)
        for place, (shard, refusal) in enumerate(refused.values()):
            batch.results[place] = refusal
            by_shard[shard].append(place)
        await self._first.to_repeats(by_shard, batch)
        return dict(zip(refused, batch.finished(), strict=True))

    def _refused(self, commands: Sequence[PlaceOrder], snapshot: Snapshot) -> dict[int, tuple[str, Refusal]]:
        """Each with the shard that would commit the order, which is the one that knows of repeats."""
        #: Orders for the same goods share `lines`, the very object.
        known: dict[tuple[str, int], tuple[str, Refusal] | None] = {}
        found: dict[int, tuple[str, Refusal]] = {}
        for index, command in enumerate(commands):
            goods = (command.currency, id(command.lines))
            if goods not in known:
                known[goods] = self._of_goods(command, snapshot)
            refused = known[goods]
            if refused is not None and not command.brings_something:
                found[index] = refused
        return found

    def _of_goods(self, command: PlaceOrder, snapshot: Snapshot) -> tuple[str, Refusal] | None:
        """None where something is left of all of them, or the order has another fault, too."""
        shards = [_shard_of(line, command.currency, snapshot) for line in command.lines]
        if not shards or "" in shards or not snapshot.forgetful.isdisjoint(shards):
            return None
        for line, shard in zip(command.lines, shards, strict=True):
            answer = self._sold_out.short(shard, stock_counter(line.sku), line.quantity)
            result = answer_to_result(answer, shard, command) if answer is not None else None
            if isinstance(result, Refusal) and result.kind is RefusalKind.SOLD_OUT:
                return max(shards), replace(result, similar=self._similar.to(line.sku))
        return None


def _shard_of(line: WantedLine, currency: str, snapshot: Snapshot) -> str:
    """Empty for what cannot be sold so."""
    sku = snapshot.skus.get(line.sku)
    if sku is None or not sku.active or sku.currency != currency or line.quantity < 1:
        return ""
    if line.activity_id in ("", RETAIL):
        return RETAIL
    live = snapshot.activities.get(line.activity_id)
    return live.activity.shard if live is not None else ""
