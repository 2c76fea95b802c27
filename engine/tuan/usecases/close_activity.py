"""End an activity before its time, because an operator says so."""

from __future__ import annotations

from tuan.domain.activity import ActivityState
from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import check_id
from tuan.ports import Unit
from tuan.usecases.keep_activities import ActivityKeeper
from tuan.usecases.writer import Writer


class ActivityCloser:
    """Idempotent on the request id; a repeat finishes what a crash cut short."""

    def __init__(self, writer: Writer, activities: ActivityKeeper) -> None:
        self._writer = writer
        self._activities = activities

    async def close(self, caller: str, request_id: str, activity_id: str) -> None:
        """Raises ACTIVITY_NOT_FOUND, or ACTIVITY_STATE_CONFLICT when it has ended already."""
        check_id("request_id", request_id)
        check_id("activity_id", activity_id)

        def begin(unit: Unit) -> bool:
            activity = unit.activities.get(activity_id)
            if activity is None:
                raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no activity {activity_id}", activity_id=activity_id)
            first = unit.requests.claim(caller, request_id, "CloseActivity", activity_id)
            ended = activity.state in (ActivityState.CLOSING, ActivityState.CLOSED)
            if first and ended:
                raise TuanError(
                    Reason.ACTIVITY_STATE_CONFLICT,
                    f"activity {activity_id} is {activity.state.value} already",
                    activity_id=activity_id,
                    state=activity.state.value,
                )
            return not ended

        if await self._writer.write(begin):
            await self._activities.close_now(activity_id)
