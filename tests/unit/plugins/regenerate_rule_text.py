"""Write the rules in words of every golden case anew: `python -m tests.unit.plugins.regenerate_rule_text`.

Read the difference before committing it: these texts are what buyers rely on.
"""

from __future__ import annotations

from pathlib import Path

from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_group_buy.rule_text import LANGUAGES, rule_text
from tuan_rules import SourceFile, Text, check

CASES = sorted((Path(__file__).parent / "rule_text").glob("*.tuan"))


def rendered(case: Path) -> str:
    """The rules of the group in a case, in every language."""
    package = check([SourceFile.read(case)], MARKET_VOCABULARY).package
    assert package is not None, case
    (group,) = package.blocks_of("group_buy")
    titles = {
        ("coupon", coupon.label): title
        for coupon in package.blocks_of("coupon")
        if isinstance(title := coupon.values["title"], Text)
    }
    texts = (rule_text(group, package.zone, language, titles) for language in LANGUAGES)
    return "\n\n".join("\n".join(str(section) for section in sections) for sections in texts) + "\n"


if __name__ == "__main__":
    for case in CASES:
        case.with_suffix(".txt").write_text(rendered(case), encoding="utf-8")
