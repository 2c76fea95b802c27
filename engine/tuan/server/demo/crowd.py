"""A crowd of buyers in a process of its own: each goes from page to ticket to order, some honestly, some not.

Run as `python -m tuan.server.demo.crowd`, settings as JSON on standard input; one JSON object per line on standard output.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import asdict, dataclass

from tuan_client import AsyncClient, CartLine, ClientConfig, PlacedOrder, Refusal, TuanApiError

AT_ONCE = 96
REPORT_S = 0.2
#: Every so many buyers load the page themselves; the others were sent its content by somebody who has it.
PAGE_VIEW_EVERY = 5


@dataclass(frozen=True, slots=True)
class CrowdSettings:
    """`buyers`: their numbers. `round`: 1 the rush, 2 those who were too late ask again."""

    address: str
    key: str
    activity_id: str
    sku: str
    buyers: tuple[int, ...]
    round: int
    seed: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """`kind`: honest, double (sends its order twice at once), farm (many accounts, one device), forger, greedy."""

    number: int
    kind: str

    @property
    def device(self) -> str:
        return f"farm-{self.number % 7}" if self.kind == "farm" else f"device-{self.number}"


class Crowd:
    def __init__(self, settings: CrowdSettings, client: AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._counts: Counter[str] = Counter()
        self._orders: list[tuple[str, int]] = []
        self._late: list[int] = []

    async def run(self) -> None:
        reporter = asyncio.create_task(self._report())
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with turns:
                await self._buy(Buyer(number, kind_of(number, self._settings.seed)))
                self._counts["buyers"] += 1

        await asyncio.gather(*(one(number) for number in self._settings.buyers))
        reporter.cancel()
        self._flush()

    async def _buy(self, buyer: Buyer) -> None:
        """From page to order in three calls; the client repeats what is safe while the engine is away."""
        activity_id, name = self._settings.activity_id, f"buyer-{buyer.number}"
        try:
            if self._settings.round == 1 and buyer.number % PAGE_VIEW_EVERY == 0:
                await self._client.flash_sales.get_sale(activity_id, name, buyer.device)
            ticket = "forged.ticket"
            if buyer.kind != "forger":
                answer = await self._client.flash_sales.request_ticket(
                    activity_id, name, buyer.device, request_id=f"t{self._settings.round}-{buyer.number}"
                )
                if answer.ticket is None:
                    kind = answer.refusal.kind.name if answer.refusal else "NONE"
                    self._refused(buyer, f"ticket:{kind}")
                    return
                ticket = answer.ticket.ticket
            await self._order(buyer, name, ticket)
        except TuanApiError as error:
            self._counts[f"error:{error.reason or type(error).__name__}"] += 1

    async def _order(self, buyer: Buyer, name: str, ticket: str) -> None:
        quantity = 5 if buyer.kind == "greedy" else 1
        copies = 2 if buyer.kind == "double" else 1
        line = CartLine(self._settings.sku, quantity, self._settings.activity_id)
        answers = await asyncio.gather(
            *(
                self._client.place_order(
                    name,
                    "CNY",
                    [line],
                    device_id=buyer.device,
                    address_id=f"address-{buyer.number // 2}",
                    channel="demo",
                    ticket=ticket,
                    request_id=f"r{self._settings.round}-{buyer.number}",
                )
                for _ in range(copies)
            )
        )
        placed = {answer.order_id for answer in answers if isinstance(answer, PlacedOrder)}
        if len(placed) > 1:
            self._counts["duplicated"] += len(placed) - 1
        for order_id in placed:
            self._counts["placed"] += 1
            self._orders.append((order_id, buyer.number))
        if not placed:
            refusal = next(answer for answer in answers if isinstance(answer, Refusal))
            self._refused(buyer, refusal.kind.name)

    def _refused(self, buyer: Buyer, why: str) -> None:
        self._counts[why] += 1
        if why.endswith("SOLD_OUT") and buyer.kind in ("honest", "double"):
            self._late.append(buyer.number)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            self._flush()

    def _flush(self) -> None:
        print(json.dumps({"counts": self._counts, "orders": self._orders, "late": self._late}), flush=True)
        self._orders, self._late = [], []


def kind_of(number: int, seed: int) -> str:
    """Fixed by number and seed: 4 of 5 are honest."""
    dice = random.Random(seed * 1_000_003 + number).random()  # noqa: S311 - a reproducible crowd, not a secret
    for limit, kind in ((0.80, "honest"), (0.88, "double"), (0.94, "farm"), (0.97, "forger")):
        if dice < limit:
            return kind
    return "greedy"


async def _main() -> None:
    given = json.loads(sys.stdin.readline())
    settings = CrowdSettings(**{**given, "buyers": tuple(given["buyers"])})
    config = ClientConfig(
        settings.address, token=settings.key, deadline_s=45, attempt_count_max=500, retry_delay_max_s=0.5
    )
    async with AsyncClient(config) as client:
        await Crowd(settings, client).run()


def encode(settings: CrowdSettings) -> str:
    return json.dumps(asdict(settings))


if __name__ == "__main__":
    asyncio.run(_main())
