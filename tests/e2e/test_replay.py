"""`make replay`, on an excerpt of the real invoices."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.commands import ROOT, run

DATA = ROOT / "tests/data/invoices.csv"


def test_real_invoices_come_out_to_the_penny() -> None:
    """Goal: orders and refunds equal the file's own sums. Method: replay the excerpt; the command compares and audits."""
    done = run("tests.replay", str(DATA), timeout_s=170)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DIFFERS" not in done.stdout
    assert done.stdout.strip().splitlines()[-1] == "audit: oversold=0 stranded=0 lost=0 duplicated=0 unbalanced=0"
    assert "unit price 0 is not more than 0" in done.stdout


def test_rows_that_cannot_be_sold_are_named(tmp_path: Path) -> None:
    """Goal: nothing is skipped in silence. Method: a file with one row of each kind of fault, read by the replay's own reader."""
    from tests.replay import invoices

    path = tmp_path / "faults.csv"
    rows = [
        "1,A,Lamp,2,x,1.50,7,France",
        "1,,Nameless,1,x,1.00,7,France",
        "2,B,Free,1,x,0,7,France",
        "3,C,Fraction,1,x,0.005,7,France",
        "4,D,Minus,-1,x,1.00,7,France",
        "C5,A,Lamp,-3,x,1.50,7,France",
        "C6,A,Lamp,-1,x,1.50,7,France",
        "8,E,Letters,ten,x,1.00,7,France",
    ]
    path.write_text(",".join(invoices.COLUMNS) + "\n" + "\n".join(rows) + "\n")
    found = invoices.read(path)
    assert [problem.line for problem in sorted(found.unsellable, key=lambda problem: problem.line)] == [
        3,
        4,
        5,
        6,
        7,
        9,
    ]
    assert (found.sold_minor, found.returned_minor) == (300, 150)
