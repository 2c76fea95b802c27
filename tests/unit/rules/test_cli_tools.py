"""The subcommands `fmt`, `lint` and `diff`: exit statuses, what they write, and what they leave alone."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.unit.rules.test_cli import PACKAGE, SALE, run, write
from tests.unit.rules.vocabulary_for_tests import SCHEMAS, VOCABULARY
from tuan_rules import SourceFile, Vocabulary, check
from tuan_rules.cli import main
from tuan_rules.difference.compare import compare

CROOKED = "a  “x” ｛ b=1，c：2 ｝".replace("，", " ").replace("：", "=")
STRAIGHT = 'a "x" { b = 1  c = 2 }\n'


def test_fmt_writes_in_place_and_names_what_it_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: only what is crooked is written. Method: a crooked and a straight file; names, texts, modification times."""
    crooked, straight = write(tmp_path, CROOKED, "a.tuan"), write(tmp_path, STRAIGHT, "b.tuan")
    untouched = Path(straight).stat().st_mtime_ns
    assert run(capsys, "fmt", crooked, straight) == (0, f"{crooked}\n")
    assert Path(crooked).read_text(encoding="utf-8") == STRAIGHT
    assert Path(straight).stat().st_mtime_ns == untouched
    assert run(capsys, "fmt", crooked, straight) == (0, "")


def test_fmt_check_and_diff_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: CI can ask and people can look. Method: both options, alone and together; exit status and text."""
    crooked, straight = write(tmp_path, CROOKED, "a.tuan"), write(tmp_path, STRAIGHT, "b.tuan")
    assert run(capsys, "fmt", "--check", crooked, straight) == (1, f"{crooked}\n")
    assert run(capsys, "fmt", "--check", straight) == (0, "")
    status, output = run(capsys, "fmt", "--diff", crooked, straight)
    assert (status, output.splitlines()[2:]) == (0, ["@@ -1 +1 @@", f"-{CROOKED}", f"+{STRAIGHT.rstrip()}"])
    assert run(capsys, "fmt", "--check", "--diff", crooked)[0] == 1
    assert Path(crooked).read_text(encoding="utf-8") == CROOKED


def test_fmt_of_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: editors pipe a buffer through it. Method: `-` with a crooked text, a broken one, and one that is no UTF-8."""

    def piped(raw: bytes) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        status = main(["fmt", "-"], VOCABULARY)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    assert piped(CROOKED.encode()) == (0, STRAIGHT, "")
    status, output, told = piped(b"a { b = ")
    assert (status, output) == (1, "")
    assert "TR-008" in told
    status, output, told = piped("秒杀".encode("gbk"))
    assert (status, output) == (2, "")
    assert "UTF-8" in told


def test_fmt_of_a_broken_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: a file that cannot be read is shown, not touched, and does not stop the others. Method: one of each."""
    broken, crooked = write(tmp_path, "a { b = ", "a.tuan"), write(tmp_path, CROOKED, "b.tuan")
    status, output = run(capsys, "fmt", "--lang", "zh", broken, crooked)
    assert status == 1
    assert "没有闭合" in output
    assert Path(broken).read_text(encoding="utf-8") == "a { b = "
    assert Path(crooked).read_text(encoding="utf-8") == STRAIGHT


LINTED = PACKAGE + (
    'flash_sale "e" { on = line.sku in ["S1"，"S1"]  price = set(¥1.00) }\n'
    'campaign "c" { active = from 2027-02-10 until 2027-02-11  budget = ¥5.00 }\n'
)


def test_lint_shows_lints_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: what is unwise, errors of lints included; each code can be chosen. Method: a file with four, and the options."""
    path = write(tmp_path, LINTED)

    def codes(*options: str) -> tuple[int, list[str]]:
        status, output = run(capsys, "lint", "--format", "json", *options, path)
        return status, sorted(found["code"] for found in json.loads(output))

    assert codes() == (1, ["FS-001", "TR-002", "TR-218", "TR-303"])
    assert codes("--ignore", "TR-303") == (0, ["FS-001", "TR-002", "TR-218"])
    assert codes("--only", "tr-218,FS-001") == (0, ["FS-001", "TR-218"])
    assert codes("--only", "TR-218", "--only", "TR-303", "--ignore", "TR-218") == (1, ["TR-303"])
    assert "errors: 1, warnings: 3, hints: 0" in run(capsys, "lint", path)[1]
    assert "警告 3" in run(capsys, "lint", "--lang", "zh", path)[1]


def test_lint_of_a_file_with_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: a mistake comes first, nobody thinks the file clean. Method: a misspelt field beside a lint."""
    status, output = run(capsys, "lint", write(tmp_path, LINTED.replace("price", "prise")))
    assert status == 1
    assert "TR-102" in output
    assert "TR-218" not in output


OLD = (
    PACKAGE
    + """
campaign "c" { active = from 2027-02-10 until 2027-02-15  plan "p" { enables = [flash_sale "e"] } }
flash_sale "e" { on = line.sku in ["S1", "S2"]  price = set(¥29.90)  hold = 15min  limit = 1 per buyer }
flash_sale "gone" { on = line.category under "fresh"  price = pay(8.8折)  active = from 2027-02-10 until 2027-02-11 }
define "vip" { is = buyer.level >= 3 }
"""
)
NEW = (
    PACKAGE.replace("1.0.0", "1.1.0")
    + """
define "vip" { is = buyer.level >= 4 }
campaign "c" { active = from 2027-02-10 until 2027-02-16  plan "p" { enables = [flash_sale "e"] }
               plan "q" { enables = [flash_sale "new"] } }
flash_sale "new" { on = line.sku in ["S3"]  price = off(10%)  sessions = daily(at: [10:00, 20:00], for: 2h) }
flash_sale "e" { on = line.sku in ["S2", "S1"]  price = set(¥19.90)  hold = 10min  limit = 1 per buyer, 2 per device per 24h }
"""
)
DIFFERENCE = """\
~ changed: package
    version: 1.0.0 → 1.1.0
~ changed: campaign "c"
    active: from 2027-02-10 00:00 until 2027-02-15 00:00 → from 2027-02-10 00:00 until 2027-02-16 00:00
+ added: campaign "c" / plan "q"
    enables = [flash_sale "new"]
~ changed: define "vip"
    is: buyer.level >= 3 → buyer.level >= 4
~ changed: flash_sale "e"
    price: set(¥29.90) → set(¥19.90)  (-¥10.00)
    limit: 1 per buyer → 1 per buyer, 2 per device per 1d
    hold: 15min → 10min  (-5min)
- removed: flash_sale "gone"
    on = line.category under "fresh"
    price = pay(88%)
    active = from 2027-02-10 00:00 until 2027-02-11 00:00
+ added: flash_sale "new"
    on = line.sku in ["S3"]
    price = off(10%)
    sessions = daily(at: [10:00, 20:00], for: 2h)
"""


def test_diff_says_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: blocks added, removed and changed, by field, money in words. Method: two versions and the approved text."""
    old, new = write(tmp_path, OLD, "old.tuan"), write(tmp_path, NEW, "new.tuan")
    assert run(capsys, "diff", old, new) == (1, DIFFERENCE)
    status, output = run(capsys, "diff", "--format", "json", old, new)
    changes = json.loads(output)
    assert (status, len(changes)) == (1, 7)
    assert changes[4]["fields"][0] == {
        "name": "price", "before": "set(¥29.90)", "after": "set(¥19.90)", "by": "-¥10.00"
    }  # fmt: skip
    assert "修改: flash_sale" in run(capsys, "diff", "--lang", "zh", old, new)[1]


def test_layout_comments_order_and_files_are_no_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: only meaning counts. Method: the same rules crooked, with defaults written out, and split over a folder."""
    old = write(tmp_path, PACKAGE + SALE, "old.tuan")
    folder = tmp_path / "split"
    folder.mkdir()
    write(folder, PACKAGE + "// a comment\n", "head.tuan")
    write(
        folder,
        SALE.replace("  ", "\n")
        .replace("2027-02-10", "2027-02-10 00:00")
        .replace("{", "{ challenge = when_suspicious "),
    )
    assert run(capsys, "diff", old, str(folder)) == (0, "no difference\n")
    assert run(capsys, "diff", "--lang", "zh", old, str(folder)) == (0, "没有差异\n")
    assert run(capsys, "diff", "--format", "json", old, old) == (0, "[]\n")


def test_diff_in_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: a difference is never told of rules that do not check. Method: an error, a missing file, an empty folder."""
    old = write(tmp_path, PACKAGE + SALE)
    broken = write(tmp_path, PACKAGE + SALE.replace("price", "prise"), "b.tuan")
    status, output = run(capsys, "diff", old, broken)
    assert status == 2
    assert "TR-102" in output
    assert run(capsys, "diff", old, str(tmp_path / "none.tuan"))[0] == 2
    (tmp_path / "empty").mkdir()
    assert "no .tuan file" in run(capsys, "diff", old, str(tmp_path / "empty"))[1]


EVERY_TYPE = """
flash_sale "f" { on = line.sku in ["S1"] or line.category under "x"  price = off(¥1)  stock = 50% of sku.available
                 title = { zh: "一", en: "one" }  active = from 2027-02-10 until 2027-02-11 }
commission "c" { when = a.b in [1]  base = 60% of line.list  budget = ¥1.05  public = true  level 1 { rate = 12.5% } }
tiers "t" { price = [2 => ¥39.00]  tags = ["a"]  stack = stack "s"  gift = { sku: "G1" } }
stack "s" { phase = line_discount  scope = line  pick = all  base = running  limit = 2 }
test "t" { at = 2027-02-10 10:00  given = { a: 1 }  expect { total = ¥1.00 } }
"""


def test_every_type_of_value_is_shown() -> None:
    """Goal: no value is told in Python's words. Method: a package with every type against an empty one, read back as rules."""
    empty = check([SourceFile("a", PACKAGE)], VOCABULARY).package
    full = check([SourceFile("b", PACKAGE + EVERY_TYPE)], VOCABULARY).package
    assert empty is not None
    assert full is not None
    changes = compare(empty, full, VOCABULARY)
    assert {change.change for change in changes} == {"added"}
    written = {(change.path, field.name): field.after for change in changes for field in change.fields}
    for (_, name), text in written.items():
        assert text
        block = check([SourceFile("c", PACKAGE + f"any {{ {name} = {text} }}")], Vocabulary(SCHEMAS)).diagnostics
        assert [d.code for d in block] == ["TR-101"], (name, text)
    assert written[('commission "c"',), "budget"] == "¥1.05"
    assert written[('commission "c"', 'level "1"'), "rate"] == "12.5%"
