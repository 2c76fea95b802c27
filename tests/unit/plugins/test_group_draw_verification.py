"""Verifying a draw: whatever is changed after a commitment is found, by the plugin's verifier and by the stand-alone one alike."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from hashlib import sha256
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.draw_for_tests import as_json, record_of, stand_alone, to_bytes
from tuan.server import cli
from tuan.server.cli import brought
from tuan_group_buy.draw import Terms, announce, freeze, reveal, verify
from tuan_group_buy.draw.canonical import digest

VERIFY_DRAW = stand_alone()
RECORD = record_of()
KEPT = (RECORD.announced.digest(), RECORD.frozen.digest())
OTHER_HEX = sha256(b"other").hexdigest()
_FIELDS = [(stage, name) for stage, document in as_json(RECORD).items() for name in document]


def found_by_both(document: Any, kept: tuple[str, ...] = ()) -> bool:
    """Whether anything is wrong with a record; both verifiers say the same."""
    found = verify(to_bytes(document), kept)
    assert bool(found) == bool(VERIFY_DRAW.faults_of(document, kept)), found
    return bool(found)


@st.composite
def changed_records(draw: st.DrawFn) -> Any:
    """The record with one field changed: other text, other number, other list, other order, gone, or of another type."""
    document = as_json(RECORD)
    stage, name = draw(st.sampled_from(_FIELDS))
    before = document[stage][name]
    options: list[st.SearchStrategy[Any]] = [st.none(), st.booleans(), st.integers(), st.text(max_size=70), st.floats()]
    if isinstance(before, str):
        options.append(st.just(OTHER_HEX))
    if isinstance(before, list):
        extra = st.text("abm0123456789", min_size=1, max_size=3)
        options += [st.permutations(before), st.lists(st.sampled_from(before)), extra.map(lambda one: [*before, one])]
    after = draw(st.one_of(options).filter(lambda value: value != before or type(value) is not type(before)))
    document[stage][name] = after
    return document, (stage, name)


@given(changed_records())
def test_any_change_is_found(changed: Any) -> None:
    """Goal: seed, list, order, terms, winners: nothing changes unnoticed. Method: change any one field of a record in any way. That the
    reveal came later than it says binds nobody, so a later time is right."""
    document, field = changed
    value = document[field[0]][field[1]]
    later = (
        field == ("revealed", "reveal_time_ms") and type(value) is int and RECORD.frozen.draw_time_ms <= value < 2**53
    )
    assert found_by_both(document) == (not later)


NAMES = st.text("abcxyzABCXYZ0189._:-", min_size=1, max_size=12)


@given(
    st.lists(NAMES, min_size=1, max_size=40, unique=True),
    st.integers(1, 50),
    st.binary(min_size=32, max_size=32),
    st.data(),
)
def test_what_is_drawn_is_right(entrants: list[str], prizes: int, seed: bytes, data: st.DataObject) -> None:
    """Goal: no honest draw is ever called wrong. Method: any members, prizes, seeds and times, through all steps to both verifiers."""
    entrants_max = data.draw(st.integers(len(entrants), 60))
    most = min(Fraction(prizes, entrants_max), Fraction(1))
    odds = data.draw(st.fractions(min_value=Fraction(1, 10**7), max_value=most))
    after_ms, complete_ms = data.draw(st.integers(0, 10**9)), data.draw(st.integers(5, 10**13))
    announced = announce("g", Terms(prizes, entrants_max, odds, after_ms), seed, 5)
    frozen = freeze(announced, entrants, complete_ms)
    record = reveal(announced, frozen, seed, frozen.draw_time_ms + data.draw(st.integers(0, 10**9)))
    assert not found_by_both(as_json(record), (announced.digest(), frozen.digest()))
    assert len(record.revealed.winners) == min(prizes, len(entrants))


@given(
    entrants=st.lists(st.sampled_from([f"m{number:02}" for number in range(12)]), unique=True, min_size=1, max_size=10)
)
def test_a_list_that_was_made_to_fit_is_found_by_what_was_kept(entrants: list[str]) -> None:
    """Goal: an operator who knows all hashes still cannot change who took part. Method: forge the list, every hash after it and the
    winners; a verifier who kept the list's hash finds it, one who kept nothing cannot."""
    document = as_json(RECORD)
    entrants.sort()
    changed = entrants != document["frozen"]["entrants"]
    document["frozen"]["entrants"] = entrants
    document["revealed"]["frozen"] = digest(document["frozen"])
    document["revealed"]["winners"] = VERIFY_DRAW.draw(document)
    assert found_by_both(document, KEPT) == changed
    assert not found_by_both(document)


def test_another_seed_is_found_by_what_was_kept() -> None:
    """Goal: a seed that is chosen afterwards is found. Method: forge the seed, its commitment, and all that follows."""
    document = as_json(RECORD)
    document["revealed"]["seed"] = OTHER_HEX
    document["announced"]["seed_commitment"] = sha256(bytes.fromhex(OTHER_HEX)).hexdigest()
    document["frozen"]["announcement"] = digest(document["announced"])
    document["revealed"]["frozen"] = digest(document["frozen"])
    document["revealed"]["winners"] = VERIFY_DRAW.draw(document)
    assert not found_by_both(document)
    assert found_by_both(document, KEPT[:1])


@pytest.mark.parametrize("document", [None, [], 3, {}, {"announced": {}, "frozen": {}, "revealed": {}}])
def test_what_is_no_record_is_wrong(document: Any) -> None:
    """Goal: nothing else is taken for a draw. Method: JSON of other shapes."""
    assert found_by_both(document)
    whole = as_json(RECORD)
    assert found_by_both({**whole, "note": "a fourth"})
    assert found_by_both({**whole, "frozen": {**whole["frozen"], "note": "one more"}})


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"prizes":2', b'"prizes":2,"prizes":2'),
        lambda text: text.replace(b'"prizes":2', b'"prizes":2.0'),
        lambda text: text.replace(b'"prizes":2', b'"prizes":NaN'),
        lambda text: text.replace(b'"prizes":2', b'"prizes":' + b"9" * 5_000),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.decode().encode("utf-16"),
        lambda text: text[:-1],
        lambda text: b"[" * 100_000 + text,
        lambda text: b"",
    ],
)
def test_files_that_two_could_read_differently_are_refused(tmp_path: Path, change: Any) -> None:
    """Goal: both verifiers read the same or nothing. Method: keys given twice, fractions, huge numbers, other encodings, half a file."""
    text = change(RECORD.to_bytes())
    (tmp_path / "record.json").write_bytes(text)
    assert verify(text)
    assert VERIFY_DRAW.main([str(tmp_path / "record.json")]) in (1, 2)


def test_the_page_tells_every_field_and_a_true_example() -> None:
    """Goal: who writes a verifier from the page writes this one. Method: its table against the documents, its example against a draw."""
    page = (Path(VERIFY_DRAW.__file__ or "").parent / "draws.md").read_text(encoding="utf-8")
    told: dict[str, list[str]] = {}
    for stage, name in re.findall(r"^\| (?:`(\w+)` )?\| `(\w+)` \|", page, re.MULTILINE):
        told.setdefault(stage or list(told)[-1], []).append(name)
    documents = (RECORD.announced, RECORD.frozen, RECORD.revealed)
    assert told == {document.stage: [field.name for field in fields(document)] for document in documents}
    assert told == {stage: list(named) for stage, named in VERIFY_DRAW.FIELDS.items()}
    assert RECORD.frozen.digest() in page
    for winner in RECORD.revealed.winners:
        assert f"{winner} has won" in page


def test_layout_is_no_change(tmp_path: Path) -> None:
    """Goal: who opens a record in an editor has not broken it. Method: the same JSON with white space, by the script as a process."""
    pretty = to_bytes(as_json(RECORD)).replace(b",", b",\n  ")
    assert verify(pretty, KEPT) == []
    (tmp_path / "record.json").write_bytes(pretty)
    script = Path(VERIFY_DRAW.__file__ or "")
    done = subprocess.run(
        [sys.executable, "-I", script, "record.json", *KEPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert " ".join(RECORD.revealed.winners) in done.stdout


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: `tuan verify-draw` says 0 right, 1 wrong, 2 not done, in words. Method: a right record, a kept hash, a changed one, none."""
    point = EntryPoint("verify-draw", "tuan_group_buy.draw.command:COMMAND", brought.ENTRY_POINT_GROUP)
    monkeypatch.setattr(brought, "entry_points", lambda group: [point] if group == brought.ENTRY_POINT_GROUP else [])
    file = tmp_path / "record.json"
    file.write_bytes(RECORD.to_bytes())
    assert cli.main(["verify-draw", str(file), "--kept", KEPT[0], "--kept", KEPT[1].upper()]) == 0
    assert f"these have won: {' '.join(RECORD.revealed.winners)}" in capsys.readouterr().out
    assert cli.main(["verify-draw", str(file), "--kept", OTHER_HEX]) == 1
    assert OTHER_HEX in capsys.readouterr().out
    file.write_bytes(RECORD.to_bytes().replace(b'"prizes":2', b'"prizes":1'))
    assert cli.main(["verify-draw", str(file)]) == 1
    assert "announcement was changed" in capsys.readouterr().out
    assert cli.main(["verify-draw", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
