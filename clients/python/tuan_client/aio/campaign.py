# Generated from the .proto files by `make protos`. Change those, not this.
"""`CampaignService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import campaign_pb2
from tuan_client.convert import (
    enum_to_message,
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.campaign import Activity, ActivityState

_LIST_ACTIVITIES = Rpc(
    "/tuan_api.v1.CampaignService/ListActivities",
    campaign_pb2.ListActivitiesRequest,
    campaign_pb2.ListActivitiesResponse,
    repeatable=True,
)
_GET_ACTIVITY = Rpc(
    "/tuan_api.v1.CampaignService/GetActivity",
    campaign_pb2.GetActivityRequest,
    campaign_pb2.GetActivityResponse,
    repeatable=True,
)
_CLOSE_ACTIVITY = Rpc(
    "/tuan_api.v1.CampaignService/CloseActivity",
    campaign_pb2.CloseActivityRequest,
    campaign_pb2.CloseActivityResponse,
    repeatable=True,
)


class AsyncCampaignService:
    """Running promotions: the activities that published rulesets have provisioned."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list_activities(
        self,
        promotion: str = "",
        states: Sequence[ActivityState] = (),
        page_size: int = 0,
        *,
        timeout_s: float | None = None,
    ) -> AsyncIterator[Activity]:
        """Lists activities by start time."""
        request = campaign_pb2.ListActivitiesRequest(
            promotion=promotion, states=[enum_to_message(item) for item in states], page_size=page_size
        )
        while True:
            page = await self._link.unary(_LIST_ACTIVITIES, request, timeout_s)
            for item in page.activities:
                yield Activity.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def get_activity(self, activity_id: str, *, timeout_s: float | None = None) -> Activity:
        """Reads one activity."""
        request = campaign_pb2.GetActivityRequest(activity_id=activity_id)
        response = await self._link.unary(_GET_ACTIVITY, request, timeout_s)
        return Activity.from_message(response.activity)

    async def close_activity(
        self, activity_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Activity:
        """Ends an activity now. New orders are refused; those that wait for payment may still be paid; what is left flows back to
        ordinary sale.
        """
        request = campaign_pb2.CloseActivityRequest(request_id=request_id or new_request_id(), activity_id=activity_id)
        response = await self._link.unary(_CLOSE_ACTIVITY, request, timeout_s)
        return Activity.from_message(response.activity)
