"""What members hear of their group by the notifiers: that its time is running out (智能成团提醒), and that it failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from tuan.plugin import Host, Job, Notice, Unit, notify
from tuan_group_buy.group import Group, Member, MemberState
from tuan_group_buy.offer import Offer
from tuan_group_buy.reading import group_and_offer
from tuan_group_buy.share_code import share_code
from tuan_group_buy.tables import find_one

REMIND = "group_buy.remind"
TELL_FAILED = "group_buy.tell_failed"

#: Kinds of notices.
ENDING = "group_ending"
FAILED = "group_failed"


def remind_time_ms(group: Group) -> int:
    """When a quarter of the window is left: late enough to matter, with the time to pass the share code on."""
    return group.expire_time_ms - (group.expire_time_ms - group.open_time_ms) // 4


def similar_goods(host: Host, offer: Offer) -> tuple[str, ...]:
    """SKUs for whoever does not get those of a failed group; nearest first."""
    return host.similar(offer.skus[0])


class Notices:
    """`host`: asked for when it is needed, as `Jobs` does."""

    def __init__(self, host: Callable[[], Host]) -> None:
        self._lent = host

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[None]]]:
        return {REMIND: self._remind, TELL_FAILED: self._tell_failed}

    async def _remind(self, job: Job) -> None:
        """Whoever is in it by then. Nobody where it is decided, or where the job comes so late that its time is over."""
        host, group_id = self._lent(), str(job.payload["group_id"])

        def tell(unit: Unit) -> None:
            group, now_ms = find_one(unit.connection, group_id), host.clock.now_ms()
            if group is not None and group.undecided and now_ms < group.expire_time_ms:
                _tell(unit, ENDING, group, group.present(), now_ms)

        await host.write(tell)

    async def _tell_failed(self, job: Job) -> None:
        """Whose money goes back, and what there is instead. A job, because reactions cannot ask what is in stock."""
        host, group_id = self._lent(), str(job.payload["group_id"])
        group, offer = await host.read(lambda unit: group_and_offer(unit, group_id))
        refunded = [member for member in group.members if member.state is MemberState.REFUNDED]
        more = {"similar_skus": list(similar_goods(host, offer))}
        await host.write(lambda unit: _tell(unit, FAILED, group, refunded, host.clock.now_ms(), more))


def _tell(
    unit: Unit, kind: str, group: Group, members: Iterable[Member], time_ms: int, more: Mapping[str, Any] | None = None
) -> None:
    """Each of them once, by the order that they are in the group with."""
    for member in members:
        notice_id = f"{kind}/{member.order_id}"
        notify(unit, Notice(notice_id, kind, member.buyer, time_ms, {**_data(group), **_own(member), **(more or {})}))


def _data(group: Group) -> dict[str, Any]:
    return {
        "activity_id": group.activity_id,
        "group_id": group.group_id,
        "share_code": share_code(group.group_id),
        "seats": group.seats,
        "paid": group.paid,
        "expire_time_ms": group.expire_time_ms,
    }


def _own(member: Member) -> dict[str, Any]:
    return {"caller": member.caller, "order_id": member.order_id}
