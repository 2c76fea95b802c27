"""`tuan verify-draw FILE`: draw again from the published record, and say whether it comes to the same."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from tuan.plugin import Command
from tuan_group_buy.draw.documents import Record
from tuan_group_buy.draw.verification import verify

#: No record is near it: 100,000 pseudonyms of 128 characters are 13 MB.
_FILE_BYTES_MAX = 32 * 1024 * 1024


def _add_to(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the published record (JSON); - reads standard input")
    parser.add_argument(
        "--kept",
        metavar="HASH",
        action="append",
        default=[],
        help="a hash that you kept: of the announcement, or of the list of entrants; may be given twice",
    )


def _run(options: Namespace) -> int:
    text = _read(options.file)
    faults = verify(text, options.kept)
    for fault in faults:
        print(f"wrong: {fault}")
    if faults:
        return 1
    record = Record.from_bytes(text)
    print(f"announced {record.announced.digest()}")
    print(f"frozen    {record.frozen.digest()}")
    print(f"right: of {len(record.frozen.entrants)} entrants these have won: {' '.join(record.revealed.winners)}")
    if not options.kept:
        print(
            "Compare both hashes with those that were shown before the first join and at completion, or give them with --kept."
        )
    return 0


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(_FILE_BYTES_MAX)
    with Path(name).open("rb") as file:
        return file.read(_FILE_BYTES_MAX)


COMMAND = Command("verify the draw of a lottery group from its published record", _add_to, _run)
