"""CampaignService."""

from __future__ import annotations

import asyncio
from typing import Any

from tuan.domain.fields import page_size
from tuan.server.convert.activity import STATES, activity
from tuan.server.convert.fields import optional_id, states
from tuan.server.convert.paging import Pages, page
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.usecases.close_activity import ActivityCloser
from tuan.usecases.read_activities import ActivityReader, SeenActivity, sort_key
from tuan_api.v1 import campaign_pb2 as api
from tuan_api.v1 import campaign_pb2_grpc


class CampaignServicer(campaign_pb2_grpc.CampaignServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._reader = ActivityReader(bench.engine.inventory, bench.engine.record)
        self._closer = ActivityCloser(bench.engine.writer, bench.engine.activities)

    async def ListActivities(self, request: api.ListActivitiesRequest, context: Any) -> api.ListActivitiesResponse:
        size = page_size(request.page_size)
        promotion = optional_id("promotion", request.promotion)
        wanted = states("states", request.states, STATES)
        pages = Pages("activities", promotion, sorted(wanted))
        found = await self._reader.list(promotion, wanted, pages.position(request.page_token), size + 1)
        seen = await asyncio.gather(*(self._reader.see(item) for item in found))
        activities, token = page(seen, size, pages, _position, activity)
        return api.ListActivitiesResponse(activities=activities, next_page_token=token)

    async def GetActivity(self, request: api.GetActivityRequest, context: Any) -> api.GetActivityResponse:
        return api.GetActivityResponse(activity=activity(await self._reader.get(request.activity_id)))

    async def CloseActivity(self, request: api.CloseActivityRequest, context: Any) -> api.CloseActivityResponse:
        caller = current_call.get().caller
        await self._bench.known_to_all(self._closer.close(caller, request.request_id, request.activity_id))
        return api.CloseActivityResponse(activity=activity(await self._reader.get(request.activity_id)))


def _position(seen: SeenActivity) -> str:
    return sort_key(seen.activity)
