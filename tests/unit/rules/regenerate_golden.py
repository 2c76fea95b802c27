"""Write the expected diagnostics of every golden case anew: `python -m tests.unit.rules.regenerate_golden`.

Read the difference before committing it: a golden file is what a merchant sees.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.rules.vocabulary_for_tests import vocabulary_of
from tuan_rules import SourceFile, check, render_text

#: What is right, and must stay without a remark.
GOLDEN = Path(__file__).parent / "golden"
#: What is wrong; the first line of each file says how many mistakes are in it.
BAD = Path(__file__).parents[3] / "rules" / "corpus" / "bad"


def rendered(case: Path) -> str:
    """The diagnostics of a case in both languages; "ok" and the number of blocks when there are none."""
    source = SourceFile(case.name, SourceFile.read(case).text)
    result = check([source], vocabulary_of(case.stem))
    parts = [render_text(result.diagnostics, [source], language) for language in ("en", "zh")]
    verdict = f"ok: {len(result.package.blocks)} blocks" if result.package else f"{len(result.errors)} errors"
    return "\n".join([*(part for part in parts if part), verdict]) + "\n"


if __name__ == "__main__":
    for case in sorted([*GOLDEN.glob("*.tuan"), *BAD.glob("*.tuan")]):
        case.with_suffix(".txt").write_text(rendered(case), encoding="utf-8")
