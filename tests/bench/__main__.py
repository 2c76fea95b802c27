"""`python -m tests.bench [OUT=FILE] [SECONDS=10] [REPEAT=3] [ONLY=PART,...] [RULES=10000] [LONG=1] [ENGINE=setting=value,...]`

Measures orders through running engines, rules in this process, and peers beside them: a table of min, median and max, JSON to FILE,
curves as SVG beside it. Every station checks its own work; one that finds something wrong makes the command fail.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench import options as options_module
from tests.bench.conditions import Conditions
from tests.bench.machine import describe
from tests.bench.options import BadOption, Options
from tests.bench.parts import NAMES, Station, chosen
from tests.bench.peers.missing import NotHere
from tests.bench.report import Report


def main(arguments: list[str]) -> int:
    try:
        options = options_module.parse(arguments, NAMES)
    except BadOption as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    # Ended from outside, too, it leaves no engine behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    machine = describe()
    print("machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    report = Report()
    for number in range(options.repeat):
        for station in chosen(options.only):
            if not (station.once and number):
                _measure(station, options, report)
        print(f"run {number + 1} of {options.repeat} done", flush=True)
    report.add_ratios()
    print(report.table())
    print(json.dumps(report.medians()))
    if options.out:
        written = report.write(options.out, machine=machine, options=asdict(options))
        print(f"written to {', '.join(map(str, written))}")
    for failure in report.failed:
        print(f"bench: FAILED: {failure}", file=sys.stderr)
    return 1 if report.failed else 0


def _measure(station: Station, options: Options, report: Report) -> None:
    """One station in a folder of its own; what it raises is told, and the others are measured all the same."""
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tuan-bench-", ignore_cleanup_errors=True) as folder:
        conditions = Conditions(Path(folder), options.seconds, options.rules, options.long, options.engine)
        try:
            report.add(asyncio.run(_awaited(station, conditions)))
        except NotHere as error:
            print(f"{station.name}: not measured, {error}", flush=True)
        except Exception as error:
            report.failed.append(f"{station.name}: {type(error).__name__}: {error}")
            print(f"{station.name}: FAILED, {error}", flush=True)
        else:
            print(f"{station.name}: {time.monotonic() - begun_s:.0f} s", flush=True)


async def _awaited(station: Station, conditions: Conditions):  # type: ignore[no-untyped-def]
    return await station.measure(conditions)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
