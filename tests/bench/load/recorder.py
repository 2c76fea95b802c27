"""What a run of the generator has seen: latencies as they come, outcomes from the answers themselves."""

from __future__ import annotations

import grpc

from tests.bench.load.histogram import Latencies
from tests.bench.load.outcomes import Outcomes, of_error, of_results
from tests.bench.load.settings import LoadResult, LoadSettings
from tests.bench.load.wires import Answer
from tuan_api.v1 import group_buy_pb2 as group_buy_pb
from tuan_api.v1 import order_pb2 as pb


class Recorder:
    """The answers of a burst are read when all have come: reading them would take the machine from those that still wait."""

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._latencies, self._behind, self._outcomes = Latencies(), Latencies(), Outcomes()
        self._timeline: list[tuple[float, float, int]] = []
        self._kept: list[Answer] = []
        self._last_s = 0.0

    def record(self, due_s: float, sent_s: float, done_s: float, answer: Answer) -> None:
        self._latencies.record_s(done_s - due_s)
        self._behind.record_s(sent_s - due_s)
        self._last_s = max(self._last_s, done_s)
        if self._settings.pattern == "burst":
            self._kept.append(answer)
            return
        found = self._read(answer)
        self._outcomes.add(found)
        if self._settings.timeline:
            self._timeline.append((due_s, (done_s - due_s) * 1_000, found.placed))

    def result(self, begun_s: float, cpu_s: float) -> LoadResult:
        for answer in self._kept:
            self._outcomes.add(self._read(answer))
        seconds = max(0.0, self._last_s - begun_s)
        return LoadResult(
            begun_s,
            seconds,
            self._latencies.count,
            self._outcomes,
            self._latencies,
            self._behind,
            cpu_s,
            self._timeline,
        )

    def _read(self, answer: Answer) -> Outcomes:
        if isinstance(answer, grpc.RpcError):
            return of_error(answer, self._settings.orders_per_message)
        match self._settings.form:
            case "unary":
                return of_results([pb.PlaceOrderResponse.FromString(answer).result])
            case "batch":
                return of_results(pb.BatchPlaceOrdersResponse.FromString(answer).results)
            case "stream":
                return of_results(pb.PlaceOrderStreamResponse.FromString(answer).results)
            case "quick_join":
                joined = group_buy_pb.QuickJoinGroupResponse.FromString(answer)
                return Outcomes(placed=1) if joined.HasField("placed") else Outcomes(refused=1)
            case "quote":
                return Outcomes(placed=1)
