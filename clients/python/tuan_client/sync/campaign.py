# Generated from the .proto files by `make protos`. Change those, not this.
"""`CampaignService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.campaign import AsyncCampaignService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.campaign import Activity, ActivityState


class CampaignService:
    """Running promotions: the activities that published rulesets have provisioned."""

    def __init__(self, service: AsyncCampaignService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def list_activities(
        self,
        promotion: str = "",
        states: Sequence[ActivityState] = (),
        page_size: int = 0,
        *,
        timeout_s: float | None = None,
    ) -> Iterator[Activity]:
        """Lists activities by start time."""
        return self._loop.iterate(self._service.list_activities(promotion, states, page_size, timeout_s=timeout_s))

    def get_activity(self, activity_id: str, *, timeout_s: float | None = None) -> Activity:
        """Reads one activity."""
        return self._loop.run(self._service.get_activity(activity_id, timeout_s=timeout_s))

    def close_activity(
        self, activity_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Activity:
        """Ends an activity now. New orders are refused; those that wait for payment may still be paid; what is left flows back to
        ordinary sale.
        """
        return self._loop.run(self._service.close_activity(activity_id, request_id=request_id, timeout_s=timeout_s))
