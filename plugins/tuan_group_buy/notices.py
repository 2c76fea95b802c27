"""What members hear of their group by the notifiers: that its time is running out (智能成团提醒)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from tuan.plugin import Host, Job, Notice, Unit, notify
from tuan_group_buy.group import Group, Member
from tuan_group_buy.share_code import share_code
from tuan_group_buy.tables import find_one

REMIND = "group_buy.remind"

#: Kinds of notices.
ENDING = "group_ending"


def remind_time_ms(group: Group) -> int:
    """When a quarter of the window is left: late enough to matter, with the time to pass the share code on."""
    return group.expire_time_ms - (group.expire_time_ms - group.open_time_ms) // 4


class Notices:
    """`host`: asked for when it is needed, as `Jobs` does."""

    def __init__(self, host: Callable[[], Host]) -> None:
        self._lent = host

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[None]]]:
        return {REMIND: self._remind}

    async def _remind(self, job: Job) -> None:
        """Whoever is in it by then. Nobody where it is decided, or where the job comes so late that its time is over."""
        host, group_id = self._lent(), str(job.payload["group_id"])

        def tell(unit: Unit) -> None:
            group, now_ms = find_one(unit.connection, group_id), host.clock.now_ms()
            if group is not None and group.undecided and now_ms < group.expire_time_ms:
                _tell(unit, ENDING, group, group.present(), now_ms)

        await host.write(tell)


def _tell(unit: Unit, kind: str, group: Group, members: Iterable[Member], time_ms: int) -> None:
    """Each of them once, by the order that they are in the group with."""
    for member in members:
        notice_id = f"{kind}/{member.order_id}"
        notify(unit, Notice(notice_id, kind, member.buyer, time_ms, {**_data(group), **_own(member)}))


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
