"""Settings and results as lines of JSON, between the bench and the processes of its generator."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tests.bench.load.histogram import Latencies
from tests.bench.load.outcomes import Outcomes
from tests.bench.load.settings import LoadResult, LoadSettings


def settings_to_json(settings: LoadSettings) -> str:
    return json.dumps(asdict(settings))


def settings_from_json(line: str) -> LoadSettings:
    told = json.loads(line)
    return LoadSettings(**{**told, "goods": [(sku, activity) for sku, activity in told["goods"]]})


def result_to_json(result: LoadResult) -> str:
    told: dict[str, Any] = {
        name: getattr(result, name) for name in ("begun_s", "seconds", "messages", "cpu_s", "timeline")
    }
    told |= {"outcomes": asdict(result.outcomes)}
    return json.dumps(told | {"latencies": result.latencies.encoded(), "behind": result.behind.encoded()})


def result_from_json(line: str) -> LoadResult:
    told = json.loads(line)
    return LoadResult(
        told["begun_s"],
        told["seconds"],
        told["messages"],
        Outcomes(**told["outcomes"]),
        Latencies(told["latencies"]),
        Latencies(told["behind"]),
        told["cpu_s"],
        [(due_s, latency_ms, placed) for due_s, latency_ms, placed in told["timeline"]],
    )
