"""What a subcommand is, and what several of them share: exit statuses, options, reading files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuan_rules.check import check
from tuan_rules.checked import CheckedPackage
from tuan_rules.diagnostics.machine import render_json, render_sarif
from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.diagnostics.text import render_text
from tuan_rules.source import SourceFile
from tuan_rules.vocabulary import Vocabulary

#: As `diff` has it: nothing to say, something to say, could not be done.
EXIT_CLEAN, EXIT_FOUND, EXIT_TROUBLE = 0, 1, 2
#: As a shell has it for a program that wrote to nobody (128 and the number of SIGPIPE).
EXIT_UNREAD = 141
#: As a file name: standard input.
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. `run` returns the exit status; OSError and ValueError become exit status 2 with their message."""

    name: str
    help: str
    add_to: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Vocabulary], int]


def add_files(parser: argparse.ArgumentParser, text: str) -> None:
    """The files to work on."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=text)


def add_language(parser: argparse.ArgumentParser) -> None:
    """Which language messages are in."""
    parser.add_argument("--lang", "--language", dest="language", choices=("en", "zh"), default="en")


def add_format(parser: argparse.ArgumentParser) -> None:
    """How diagnostics are printed."""
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text")


def read_files(names: Iterable[str]) -> list[SourceFile]:
    """Each file once, in the order given. Raises OSError, or ValueError for one that is not UTF-8."""
    return [SourceFile.read(Path(name)) for name in dict.fromkeys(names)]


def read_package(name: str) -> list[SourceFile]:
    """The files of one package: a file, or every `.tuan` file of a folder. Raises ValueError for a folder without any."""
    path = Path(name)
    if not path.is_dir():
        return [SourceFile.read(path)]
    files = [SourceFile.read(inside) for inside in sorted(path.glob("*.tuan"))]
    if not files:
        raise ValueError(f"{name}: no .tuan file in this folder")
    return files


def read_checked(options: argparse.Namespace, vocabulary: Vocabulary) -> tuple[list[SourceFile], CheckedPackage | None]:
    """The package in `options.files`; where they have errors these are printed, and there is none."""
    files = read_files(options.files)
    result = check(files, vocabulary)
    if result.package is None:
        print_diagnostics(result.errors, files, options.format, options.language)
    return files, result.package


def print_diagnostics(diagnostics: Sequence[Diagnostic], files: Sequence[SourceFile], form: str, language: str) -> None:
    """Print what was found in the form that was asked for; nothing in text where nothing was found."""
    if form == "json":
        print(render_json(diagnostics))
    elif form == "sarif":
        print(render_sarif(diagnostics, language))
    else:
        print(render_text(diagnostics, files, language, color=sys.stdout.isatty()), end="")


def flush_told() -> None:
    """Writes what is still buffered, so that a reader that has gone is noticed while it can be answered. Nothing is left once a language
    server has ended: it closes its stdout itself.
    """
    if not sys.stdout.closed:
        sys.stdout.flush()


def leave_unread() -> int:
    """For a BrokenPipeError: whoever read has seen enough (`| head`). Python would complain of it once more when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_UNREAD
