"""PointsService over gRPC."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import Host, InvalidValue, Reason, Servicer, TuanError, Unit, check_id, page_size
from tuan_api.v1 import points_pb2 as pb
from tuan_api.v1 import points_pb2_grpc as pb_grpc
from tuan_points import book
from tuan_points.program import points_counter, program_of
from tuan_points.tables import Sums, next_to_expire, of_buyer, sums

POINTS_MAX = 1_000_000_000
PAGE_PREFIX = "pe-"

Known = list[tuple[str, Sums, tuple[int, int]]]


def servicer_entry(servicer: PointsServicer) -> Servicer:
    return Servicer("tuan_api.v1.PointsService", pb_grpc.add_PointsServiceServicer_to_server, servicer)


class PointsServicer(pb_grpc.PointsServiceServicer):
    def __init__(self, host: Host, promotion: str) -> None:
        self._host = host
        self._promotion = promotion

    async def GetPoints(self, request: pb.GetPointsRequest, context: Any) -> pb.GetPointsResponse:
        caller, buyer = self._host.caller(context), _buyer(request.buyer_id)
        now_ms = self._host.clock.now_ms()

        def read(unit: Unit) -> Known:
            found = sorted(sums(unit.connection, [(caller, buyer)], now_ms).items())
            return [(account[2], total, next_to_expire(unit.connection, account)) for account, total in found]

        known = await self._host.read(read)
        counters = await self._host.used([points_counter(program_id, caller, buyer) for program_id, _, _ in known])
        answer = pb.GetPointsResponse()
        for program_id, total, (expire_ms, expiring) in known:
            counter = counters.get(points_counter(program_id, caller, buyer))
            # The claims store knows of spending first; SQL hears of it a moment later.
            used = max(counter.used, total.spent) if counter is not None else total.spent
            held = used - total.spent
            account = answer.accounts.add(program_id=program_id, available=_available(total, held), held=held)
            if expire_ms:
                account.expiring = max(0, min(expiring, account.available))
                account.expire_time.CopyFrom(_timestamp(expire_ms))
        return answer

    async def ListPointsEntries(
        self, request: pb.ListPointsEntriesRequest, context: Any
    ) -> pb.ListPointsEntriesResponse:
        caller, buyer = self._host.caller(context), _buyer(request.buyer_id)
        size, before = page_size(request.page_size), _read_token(request.page_token)
        found = await self._host.read(lambda unit: of_buyer(unit.connection, caller, buyer, before, size + 1))
        return pb.ListPointsEntriesResponse(
            entries=[
                pb.PointsEntry(
                    entry_id=str(entry.number),
                    program_id=entry.program_id,
                    points=entry.points,
                    kind=entry.kind,
                    order_id=entry.order_id,
                    entry_time=_timestamp(entry.time_ms),
                )
                for entry in found[:size]
            ],
            next_page_token=f"{PAGE_PREFIX}{found[size - 1].number}" if len(found) > size else "",
        )

    async def GrantPoints(self, request: pb.GrantPointsRequest, context: Any) -> pb.GrantPointsResponse:
        caller, buyer = self._host.caller(context), _buyer(request.buyer_id)
        check_id("request_id", request.request_id)
        if not 1 <= request.points <= POINTS_MAX:
            raise InvalidValue("points", f"{request.points}; give 1 to {POINTS_MAX}")
        rules = {rule.rule_id: rule for rule in self._host.price_rules(self._promotion)}
        if request.program_id not in rules:
            raise InvalidValue("program_id", f"no rules in force have the program {request.program_id[:100]!r}")
        program, now_ms = program_of(rules[request.program_id]), self._host.clock.now_ms()
        content = f"{buyer} {program.program_id} {request.points}"

        def grant(unit: Unit) -> bool:
            if not unit.requests.claim(caller, request.request_id, "GrantPoints", content):
                return False
            reference = f"granted/{caller}/{request.request_id}"
            return book.grant(unit, program, caller, buyer, request.points, reference, now_ms)

        return pb.GrantPointsResponse(replayed=not await self._host.write(grant))


def _buyer(buyer_id: str) -> str:
    """The gate has seen to it that the credentials may act for this one."""
    check_id("buyer_id", buyer_id)
    return buyer_id


def _available(total: Sums, held: int) -> int:
    """Below zero for a debt alone: what is held may have expired since, and is no debt."""
    left = total.granted - total.due - total.spent
    return min(left, max(0, left - held))


def _timestamp(time_ms: int) -> Timestamp:
    return Timestamp(seconds=time_ms // 1_000, nanos=time_ms % 1_000 * 1_000_000)


def _read_token(token: str) -> int:
    """`pe-` and the number of the last entry of the page before."""
    number = token.removeprefix(PAGE_PREFIX)
    if token and not (token.startswith(PAGE_PREFIX) and number.isascii() and number.isdigit() and len(number) < 18):
        message = "page_token: send what the page before answered, or nothing"
        raise TuanError(Reason.PAGE_TOKEN_INVALID, message, field="page_token")
    return int(number or 0)
