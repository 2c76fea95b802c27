"""`tuan-rules vocab`: every block and field that may be written."""

from __future__ import annotations

import argparse

from tuan_rules.cli.command import EXIT_CLEAN, Command, add_language
from tuan_rules.reference import describe_vocabulary
from tuan_rules.vocabulary import Vocabulary


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    print(describe_vocabulary(vocabulary, options.language))
    return EXIT_CLEAN


COMMAND = Command("vocab", "show every block and field that may be written", add_language, _run)
