"""The scan of the append-only file, on bytes alone: no Redis runs here."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.adapters.embedded_redis import AofCorrupt, aof

MULTI, EXEC = b"*1\r\n$5\r\nMULTI\r\n", b"*1\r\n$4\r\nEXEC\r\n"


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def block(number: int) -> bytes:
    body = b'{"order":"%d","note":"%s"}' % (number, b"n" * 90)
    commands = (command(b"INCR", b"{s}:sequence"), command(b"XADD", b"{s}:intents", b"%d-0" % number, b"body", body))
    return MULTI + b"".join(commands) + EXEC


UNITS = [command(b"SELECT", b"0"), block(1), command(b"SET", b"k", b"\r\n*1\r\n"), block(2), block(3)]
FILE = b"".join(UNITS)
ENDS = [0, *accumulate(map(len, UNITS))]


def last_end(length: int) -> int:
    return max(end for end in ENDS if end <= length)


def test_cut_at_every_byte_ends_at_the_last_whole_unit() -> None:
    """Goal: a torn tail is cut between blocks, never inside one. Method: every prefix of a file of five units."""
    assert {length: aof.complete_bytes(FILE[:length]) for length in range(len(FILE) + 1)} == {
        length: last_end(length) for length in range(len(FILE) + 1)
    }


@pytest.mark.parametrize("zeros", [1, 2, 7, 4096, 70_000])
def test_zeros_after_the_cut_are_torn_too(zeros: int) -> None:
    """Goal: the zeros that a file system leaves after a power cut are no reason to refuse. Method: every prefix, zero-filled."""
    found = {length: aof.complete_bytes(FILE[:length] + bytes(zeros)) for length in range(len(FILE) + 1)}
    assert found == {length: last_end(length) for length in range(len(FILE) + 1)}


def outcome(data: bytes) -> int | None:
    try:
        return aof.complete_bytes(data)
    except aof._Damaged:
        return None


@pytest.mark.parametrize("replacement", [b"0", b"1", b"9", b"$", b"*", b"\r", b"\n", b"\0", b"x", b"\xff"])
def test_damage_before_the_last_block_is_never_cut_away(replacement: bytes) -> None:
    """Goal: acknowledged blocks are not cut because of a rotten byte before them. Method: every byte before the last block
    replaced; each time the file is refused, or read to its end (the byte was in a value, which no format can know)."""
    damaged = {at: outcome(FILE[:at] + replacement + FILE[at + 1 :]) for at in range(ENDS[-2])}
    assert {at: end for at, end in damaged.items() if end not in (None, len(FILE))} == {}
    assert None in damaged.values()


@given(st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=12), max_size=6), st.data())
def test_any_commands_cut_anywhere(blocks: list[list[bytes]], data: st.DataObject) -> None:
    """Goal: no content of a value misleads the scan of a file that is merely cut. Method: generated blocks, also with binary
    values, cut anywhere; a refusal is allowed only where a value holds something like a command."""
    units = [MULTI + b"".join(command(b"SET", word) for word in words) + EXEC for words in blocks]
    whole = b"".join(units)
    length = data.draw(st.integers(0, len(whole)))
    expected = max(end for end in (0, *accumulate(map(len, units))) if end <= length)
    suspicious = any(b"*" in word for words in blocks for word in words)
    assert outcome(whole[:length]) in ({expected, None} if suspicious else {expected})


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"REDIS0009\xfa\tredis-ver", "an RDB preamble"),
        (EXEC, "EXEC without MULTI"),
        (MULTI + MULTI, "MULTI inside a MULTI block"),
        (block(1) + b"garbage", "expected * and a number"),
        (b"*2\r\n$3\r\nSET\r\n*1\r\n$4\r\nEXEC\r\n", "expected $ and a number"),
        (b"*1\r\n$9999\r\nab\r\n*1\r\n$4\r\nPING\r\n", "runs past the end of the file, over the command at byte 15"),
    ],
)
def test_damage_is_refused_with_its_place(tmp_path: Path, data: bytes, what: str) -> None:
    """Goal: an operator reads what is wrong and where, and nothing was changed. Method: one broken file per kind of damage."""
    path = tmp_path / "appendonly.aof"
    path.write_bytes(data)
    with pytest.raises(AofCorrupt) as refused:
        aof.repair(path)
    assert what in refused.value.message
    assert str(path) in refused.value.message
    assert f"byte {refused.value.offset} of {len(data)}" in refused.value.message
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_torn_bytes_are_kept_aside(tmp_path: Path) -> None:
    """Goal: nothing is destroyed, and no heap of leftovers grows. Method: cut 20 times, read what was kept."""
    path = tmp_path / "appendonly.aof"
    for number in range(20):
        path.write_bytes(FILE[:-5])
        cut = aof.repair(path, now_s=1000 + number)
        assert cut is not None
        assert (cut.offset, cut.torn_bytes) == (ENDS[-2], len(FILE) - 5 - ENDS[-2])
        assert path.read_bytes() + cut.kept_in.read_bytes() == FILE[:-5]
    assert len(list(tmp_path.glob("*.torn-*"))) == 16
    assert (tmp_path / f"appendonly.aof.torn-1019000-{ENDS[-2]}").exists()


@pytest.mark.parametrize(
    "data", [b"", FILE, b"#TS:1628217470\r\n" + FILE], ids=["empty", "whole", "with a timestamp of Redis 7"]
)
def test_whole_files_are_left_alone(tmp_path: Path, data: bytes) -> None:
    """Goal: repair of a sound file does nothing. Method: same bytes and same inode time afterwards."""
    path = tmp_path / "appendonly.aof"
    path.write_bytes(data)
    before = path.stat().st_mtime_ns
    assert aof.repair(path) is None
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (data, before)
