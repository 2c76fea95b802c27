# Generated from the .proto files by `make protos`. Change those, not this.
"""`PointsService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator

from tuan_client.aio.points import AsyncPointsService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.points import PointsAccount, PointsEntry


class PointsService:
    """Points. Rule files say how they are earned and what they are worth (`points` blocks); orders name how many they spend."""

    def __init__(self, service: AsyncPointsService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def get_points(self, buyer_id: str, *, timeout_s: float | None = None) -> tuple[PointsAccount, ...]:
        """What a buyer has, by program."""
        return self._loop.run(self._service.get_points(buyer_id, timeout_s=timeout_s))

    def list_points_entries(
        self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[PointsEntry]:
        """Lists what came and went, newest first."""
        return self._loop.iterate(self._service.list_points_entries(buyer_id, page_size, timeout_s=timeout_s))

    def grant_points(
        self,
        buyer_id: str,
        program_id: str,
        points: int,
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> bool:
        """Gives a buyer points, as a present or to make up for something."""
        return self._loop.run(
            self._service.grant_points(buyer_id, program_id, points, request_id=request_id, timeout_s=timeout_s)
        )
