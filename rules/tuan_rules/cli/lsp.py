"""`tuan-rules lsp`: the language server, over standard input and output."""

from __future__ import annotations

import argparse

from tuan_rules.cli.command import EXIT_CLEAN, Command
from tuan_rules.vocabulary import Vocabulary


def _add_to(parser: argparse.ArgumentParser) -> None:
    text = "of messages and docs; left out: the one that the editor asks for"
    parser.add_argument("--lang", "--language", dest="language", choices=("en", "zh"), default=None, help=text)


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    try:
        # Loaded here alone: a quarter of a second, and an optional dependency (docs/adr/0012).
        from tuan_rules.lsp.server import serve
    except ModuleNotFoundError as error:
        raise ValueError(f"the language server needs {error.name}; install it with: pip install 'tuan[lsp]'") from error
    serve(vocabulary, options.language)
    return EXIT_CLEAN


COMMAND = Command("lsp", "serve editors by the Language Server Protocol, over standard input and output", _add_to, _run)
