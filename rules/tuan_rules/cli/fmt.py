"""`tuan-rules fmt`: the one layout, written in place, shown as a difference or only asked for."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from tuan_rules.cli.command import EXIT_CLEAN, EXIT_FOUND, STDIN, Command, add_files, add_language
from tuan_rules.diagnostics.text import render_text
from tuan_rules.format.document import format_source
from tuan_rules.naming.translate import translate
from tuan_rules.source import SourceFile
from tuan_rules.vocabulary import Vocabulary


def _add_to(parser: argparse.ArgumentParser) -> None:
    add_files(parser, "files to lay out in place; `-` reads standard input and writes standard output")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a file would change")
    parser.add_argument(
        "--locale",
        help="also write names in this language: `zh`, or `en` for the vocabulary's own; FILES are then one package's",
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    add_language(parser)


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    names = list(dict.fromkeys(options.files))
    sources = [_from_stdin() if name == STDIN else SourceFile.read(Path(name)) for name in names]
    named = translate(sources, vocabulary, options.locale) if options.locale else sources
    return max(_one(*each, options) for each in zip(names, sources, named, strict=True))


def _one(name: str, source: SourceFile, named: SourceFile, options: argparse.Namespace) -> int:
    found = format_source(named)
    if found.text is None:
        print(render_text(found.diagnostics, [source], options.language), end="", file=sys.stderr)
        return EXIT_FOUND
    changes = found.text != source.text
    if options.diff:
        sys.stdout.writelines(_difference(source, found.text))
    elif options.check:
        if changes:
            print(name)
    elif name == STDIN:
        sys.stdout.write(found.text)
    elif changes:
        Path(name).write_bytes(found.text.encode())
        print(name)
    return EXIT_FOUND if changes and options.check else EXIT_CLEAN


def _from_stdin() -> SourceFile:
    try:
        return SourceFile(STDIN, sys.stdin.buffer.read().decode())
    except UnicodeDecodeError:
        raise ValueError("standard input is not UTF-8") from None


def _difference(source: SourceFile, text: str) -> list[str]:
    before, after = (each.replace("\r\n", "\n").splitlines(keepends=True) for each in (source.text, text))
    lines = difflib.unified_diff(before, after, source.name, f"{source.name} (formatted)")
    return [line if line.endswith("\n") else f"{line}\n" for line in lines]


COMMAND = Command("fmt", "lay rule files out; the rules, and the comments, stay as they are", _add_to, _run)
