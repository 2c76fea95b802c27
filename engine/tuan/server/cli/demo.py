"""`tuan demo`: 20,000 buyers for 1,000 units on embedded stores, with a crash in the middle; non-zero unless all is exact."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tuan.server.demo.run import FIGURES, play


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.add_argument("--buyers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--data-dir", type=Path, default=None, help="keep the stores here instead of a temporary folder"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        figures = play(options.buyers, options.seed, options.data_dir)
    except RuntimeError as error:
        print(f"tuan demo: {error}", file=sys.stderr)
        return 2
    print("audit: " + " ".join(f"{name}={figures[name]}" for name in FIGURES), flush=True)
    return 1 if any(figures.values()) else 0
