# Generated from the .proto files by `make protos`. Change those, not this.
"""`PointsService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tuan_api.v1 import points_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.points import PointsAccount, PointsEntry

_GET_POINTS = Rpc(
    "/tuan_api.v1.PointsService/GetPoints", points_pb2.GetPointsRequest, points_pb2.GetPointsResponse, repeatable=True
)
_LIST_POINTS_ENTRIES = Rpc(
    "/tuan_api.v1.PointsService/ListPointsEntries",
    points_pb2.ListPointsEntriesRequest,
    points_pb2.ListPointsEntriesResponse,
    repeatable=True,
)
_GRANT_POINTS = Rpc(
    "/tuan_api.v1.PointsService/GrantPoints",
    points_pb2.GrantPointsRequest,
    points_pb2.GrantPointsResponse,
    repeatable=True,
)


class AsyncPointsService:
    """Points. Rule files say how they are earned and what they are worth (`points` blocks); orders name how many they spend."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def get_points(self, buyer_id: str, *, timeout_s: float | None = None) -> tuple[PointsAccount, ...]:
        """What a buyer has, by program."""
        request = points_pb2.GetPointsRequest(buyer_id=buyer_id)
        response = await self._link.unary(_GET_POINTS, request, timeout_s)
        return tuple(PointsAccount.from_message(item) for item in response.accounts)

    async def list_points_entries(
        self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[PointsEntry]:
        """Lists what came and went, newest first."""
        request = points_pb2.ListPointsEntriesRequest(buyer_id=buyer_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_POINTS_ENTRIES, request, timeout_s)
            for item in page.entries:
                yield PointsEntry.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def grant_points(
        self,
        buyer_id: str,
        program_id: str,
        points: int,
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> bool:
        """Gives a buyer points, as a present or to make up for something."""
        request = points_pb2.GrantPointsRequest(
            request_id=request_id or new_request_id(), buyer_id=buyer_id, program_id=program_id, points=points
        )
        response = await self._link.unary(_GRANT_POINTS, request, timeout_s)
        return response.replayed
