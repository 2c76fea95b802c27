"""Activities as operators see them."""

from __future__ import annotations

from tuan.codec import encode
from tuan.domain.activity import ActivityState
from tuan.server.convert.instant import timestamp
from tuan.usecases.read_activities import SeenActivity
from tuan_api.v1 import campaign_pb2

_STATES = {state: campaign_pb2.ActivityState.Value(f"ACTIVITY_STATE_{state.name}") for state in ActivityState}
#: For filters.
STATES: dict[int, ActivityState] = {number: state for state, number in _STATES.items()}


def activity(seen: SeenActivity) -> campaign_pb2.Activity:
    item = seen.activity
    return campaign_pb2.Activity(
        activity_id=item.activity_id,
        promotion=item.promotion,
        block_id=item.block_id,
        title=item.title,
        ruleset_hash=item.ruleset_hash,
        campaign_id=item.campaign_id,
        state=_STATES[item.state],
        start_time=timestamp(item.start_time_ms),
        end_time=timestamp(item.end_time_ms),
        stock=[
            campaign_pb2.StockShare(
                sku=share.sku, for_sale=share.for_sale, buffer=share.buffer, buffer_released=share.buffer_released
            )
            for share in seen.shares
        ],
        config_json=encode(item.config).decode(),
    )
