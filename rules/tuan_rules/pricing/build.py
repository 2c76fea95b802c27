"""Checked packages to compiled rules, by way of the cache where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tuan_rules.checked import CheckedPackage
from tuan_rules.compiling import cache as caches
from tuan_rules.compiling.slots import Slots
from tuan_rules.kept import KeptPackage
from tuan_rules.plan.model import PackagePlan, RulePlan
from tuan_rules.pricing.compiled import Compiled
from tuan_rules.pricing.image import Image, image_of, in_order, stacks_of
from tuan_rules.vocabulary import Vocabulary


def compiled_of(
    packages: Sequence[CheckedPackage | KeptPackage],
    vocabulary: Vocabulary,
    folder: Path | None,
    plans: Callable[[], Sequence[PackagePlan]],
    sources: bool,
) -> Compiled:
    """Compile, or load what was compiled before. Raises RulesConflict, and what `plans` raises: it plans the packages."""
    hashes = [package.ruleset_hash for package in packages]
    key = caches.key_of([*hashes, *(["sources"] if sources else [])], vocabulary) if folder is not None else ""
    known = caches.load(folder, key) if folder is not None else None
    if known is not None:
        return Compiled(Image(*known), vocabulary.facts, _ranked(plans), vocabulary.predicates)
    image = image_of(plans(), Slots(vocabulary.facts))
    if folder is not None:
        caches.save(folder, key, tuple(image))
    # Plans are made anew where an explanation wants them (0.1 s for 10,000 rules): kept, they would be half of a ruleset's memory.
    return Compiled(image, vocabulary.facts, _ranked(plans), vocabulary.predicates)


def _ranked(plans: Callable[[], Sequence[PackagePlan]]) -> Callable[[], list[RulePlan]]:
    def ranked() -> list[RulePlan]:
        packages = plans()
        return in_order(packages, stacks_of(packages))

    return ranked
