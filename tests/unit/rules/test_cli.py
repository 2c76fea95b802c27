"""The command line: exit statuses, formats, languages, fixes, examples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY, VOCABULARY
from tuan_rules.cli import main

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "rules" / "examples").glob("*.tuan"))
PACKAGE = 'package "a" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }\n'
SALE = 'flash_sale "e" { on = line.sku in ["S1"]  price = set(¥1.00)  active = from 2027-02-10 until 2027-02-11 }\n'


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    status = main(arguments, VOCABULARY)
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def write(folder: Path, text: str, name: str = "t.tuan") -> str:
    """A rule file in `folder`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_check_clean(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: what merchants copy has no remark at all. Method: check each example in both languages."""
    for language in ("en", "zh"):
        assert main(("check", "--language", language, str(example)), MARKET_VOCABULARY) == 0
        captured = capsys.readouterr()
        assert (captured.out.count("\n"), captured.err) == (1, "")


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: 0 clean or warnings, 1 errors, 2 usage. Method: one file each, a missing one, one that is no UTF-8."""
    assert run(capsys, "check", write(tmp_path, PACKAGE + SALE))[0] == 0
    assert run(capsys, "check", write(tmp_path, PACKAGE + SALE.replace("(", "（")))[0] == 0
    assert run(capsys, "check", write(tmp_path, PACKAGE + SALE.replace("¥1.00", "¥1.001")))[0] == 1
    assert run(capsys, "check", str(tmp_path / "missing.tuan"))[0] == 2
    (tmp_path / "latin.tuan").write_bytes(b"\xff\xfe")
    assert run(capsys, "check", str(tmp_path / "latin.tuan"))[0] == 2
    for arguments in ([], ["check"], ["check", "--format", "xml", "x"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments, VOCABULARY)
        assert stopped.value.code == 2


def test_files_are_one_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: references and duplicates go across files. Method: two files, then the same block in both."""
    first = write(tmp_path, PACKAGE + 'campaign "c" { active = from 2027-02-10 until 2027-02-11  plan "p" { '
                  'enables = [flash_sale "e"] } }\n', "a.tuan")  # fmt: skip
    second = write(tmp_path, SALE, "b.tuan")
    assert run(capsys, "check", first, second)[0] == 0
    assert run(capsys, "check", first, first, second)[0] == 0
    status, output = run(capsys, "check", first)
    assert status == 1
    assert 'there is no `flash_sale "e"`' in output
    status, output = run(capsys, "check", first, second, write(tmp_path, SALE, "c.tuan"))
    assert status == 1
    assert "TR-105" in output
    assert "b.tuan:1:1" in output


def test_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: messages in Chinese and English. Method: the same mistake in both."""
    path = write(tmp_path, PACKAGE + 'flash_sal "e" { }')
    assert "unknown block `flash_sal`" in run(capsys, "check", path)[1]
    output = run(capsys, "check", "--language", "zh", path)[1]
    assert "没有名为 `flash_sal` 的块" in output
    assert "是否想写 `flash_sale`" in output


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: programs get code, place, both languages and the fix. Method: parse the output."""
    _, output = run(capsys, "check", "--format", "json", write(tmp_path, PACKAGE + SALE.replace("(", "（")))
    (found,) = json.loads(output)
    assert (found["code"], found["severity"], found["span"]["line"]) == ("TR-002", "warning", 2)
    assert found["fix"]["replacement"] == "("
    assert set(found["message"]) == {"en", "zh"}


def test_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: code hosts show the place. Method: the members that SARIF 2.1.0 requires of a log, a run and a result."""
    _, output = run(capsys, "check", "--format", "sarif", write(tmp_path, PACKAGE + SALE + SALE + "x（"))
    log = json.loads(output)
    assert log["version"] == "2.1.0"
    (sarif,) = log["runs"]
    assert sarif["tool"]["driver"]["name"] == "tuan-rules"
    rules = [rule["id"] for rule in sarif["tool"]["driver"]["rules"]]
    assert len(sarif["results"]) >= 2
    for result in sarif["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


def test_fix_rewrites_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: `--fix` applies what is safe, keeps line ends, and leaves other files alone. Method: read them back."""
    path = write(tmp_path, "")
    Path(path).write_bytes(
        (PACKAGE + "flash_sale “e” ｛ on = line.sku in ['S1']，\r\n price = 9折；\r\n}\r\n").encode()
    )
    other = write(tmp_path, "// nothing\r\n", "b.tuan")
    untouched = Path(other).stat().st_mtime_ns
    status, output = run(capsys, "check", "--fix", path, other)
    assert status == 0
    assert "FS-001" in output
    fixed = Path(path).read_bytes().decode()
    assert fixed == PACKAGE + 'flash_sale "e" { on = line.sku in ["S1"]\r\n price = pay(9折)\r\n}\r\n'
    assert Path(other).stat().st_mtime_ns == untouched


def test_vocab(capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: every block and field can be looked up. Method: names, types, children and examples in the output."""
    status, output = run(capsys, "vocab")
    assert status == 0
    for words in (
        'flash_sale "label"',
        "price: price action (required)",
        "plan",
        "one of none, when_suspicious, always",
    ):
        assert words in output
    assert "必填" in run(capsys, "vocab", "--language", "zh")[1]


def test_runs_without_the_engine(tmp_path: Path) -> None:
    """Goal: lark is all it needs. Method: a fresh interpreter that refuses every other foreign import."""
    path = write(tmp_path, PACKAGE)
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        known = top in sys.stdlib_module_names or top.startswith('_sysconfigdata')\n"
        "        if not known and top not in ('lark', 'tuan_rules', 'interegular', 'js2py',\n"
        "                                                              'regex', 'atomicwrites', 'tzdata'):\n"
        "            raise ImportError(f'refused {name}')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from tuan_rules import Vocabulary\n"
        "from tuan_rules.cli import main\n"
        f"sys.exit(main(['check', {path!r}], Vocabulary()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "rules", capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok: a 1.0.0" in done.stdout


@pytest.mark.parametrize("module", [["tuan_rules.cli"], ["tuan.server", "rules"]], ids=["tuan-rules", "tuan rules"])
def test_a_reader_that_has_seen_enough(module: list[str]) -> None:
    """Goal: `| head` ends a command in silence. Method: a reader that is gone before the first line, so that no buffer can hide it."""
    gone, written = os.pipe()
    os.close(gone)
    try:
        done = subprocess.run(
            [sys.executable, "-m", *module, "vocab"],
            stdout=written,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=60,
            check=False,
        )
    finally:
        os.close(written)
    assert (done.returncode, done.stderr) == (141, b"")
