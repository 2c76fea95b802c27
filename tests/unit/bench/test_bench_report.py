"""The bench's table, JSON and picture say what was found."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.bench.found import Curve, Found
from tests.bench.picture import Axis, draw
from tests.bench.report import Report

SVG = "{http://www.w3.org/2000/svg}"
CURVE = Curve(
    "cost", "Cost <of> an order", "SKUs", "µs", {"engine": [(1_000, 50.0), (1_000_000, 75.0)], "Redis": [(1_000, 25.0)]}
)


def _report() -> Report:
    report = Report()
    for batch, mall in ((6_000, 2_000), (9_000, 1_000), (7_000, 3_500)):
        report.add(Found({"batch_orders_per_second": batch, "pgbench_orders_per_second": mall}))
    report.add(Found({"hot_sold": 1_000}, [CURVE]))
    report.failed.append("overload: Wrong: too much was sold")
    report.add_ratios()
    return report


def test_medians_and_ratios_of_the_same_repetition() -> None:
    """Goal: a ratio compares what was measured together. Method: three repetitions; 9, not 6, is the largest ratio."""
    report = _report()
    assert report.medians()["batch_orders_per_second"] == 7_000
    assert report.runs["batch_vs_sql_way"] == [3, 9, 2]
    assert "batch_vs_oscar" not in report.runs, "a peer that was not there has no ratio"
    headline, *_ = [line for line in report.table().splitlines() if "batch_orders_per_second" in line]
    assert headline.split() == ["*", "batch_orders_per_second", "6,000.000", "7,000.000", "9,000.000"]


def test_json_holds_all_and_the_picture_lies_beside_it(tmp_path: Path) -> None:
    """Goal: figures can be read by programs, curves by people. Method: write both, read both."""
    written = _report().write(tmp_path / "new" / "bench.json", machine={"cores": "2"})
    assert [path.name for path in written] == ["bench.json", "bench.svg"]
    told = json.loads(written[0].read_text(encoding="utf-8"))
    assert told["machine"] == {"cores": "2"}
    assert told["medians"]["hot_sold"] == 1_000
    assert told["failed"] == ["overload: Wrong: too much was sold"]
    assert told["curves"][0]["lines"]["Redis"] == [[1_000, 25.0]]


def test_the_picture_has_every_point_where_it_belongs() -> None:
    """Goal: a picture that does not lie. Method: parse it; three points, sizes on a logarithmic axis, costs from zero."""
    root = ElementTree.fromstring(draw([CURVE, Curve("none", "Nothing", "x", "y", {"line": []})]))
    circles = root.findall(f".//{SVG}circle")
    assert len(root.findall(f"{SVG}g")) == 1
    assert [circle.findtext(f"{SVG}title") for circle in circles] == [
        "1,000: 50.00",
        "1,000,000: 75.00",
        "1,000: 25.00",
    ]
    heights = [float(circle.attrib["cy"]) for circle in circles]
    base = Axis([50, 75, 25], 282, 44).at(0)
    assert [(base - height) / (base - heights[2]) for height in heights] == pytest.approx([2, 3, 1], abs=0.02)
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Cost <of> an order", "1k", "10k", "100k", "1M", "engine", "Redis", "0"} <= texts
