"""Packages that were checked once, kept as what they were planned to be: an engine that starts again neither reads nor checks their text.

What is kept depends on the text, the vocabulary, Python and this package's own source, and is found by the hash of all of them
(`compiling.cache`). Nothing of the text is in it: who wants to see a block checks the package anew.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from tuan_rules.check import check
from tuan_rules.checked import CheckedPackage
from tuan_rules.compiling import cache
from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.model import PackagePlan
from tuan_rules.predicates import Predicate
from tuan_rules.source import SourceFile
from tuan_rules.vocabulary import Vocabulary


class KeptPackage(NamedTuple):
    """A checked package as prices need it; `Ruleset.of` takes it in the place of the checked one.

    `beside`: the plan without its price rules, which is small and asked for soon; `rules`: the whole. Both as `pickle` writes them: 10,000
    rules are some megabytes so, and fifty as a checked package. `has_rules`: whether there are price rules.
    """

    name: str
    version: str
    currency: str
    ruleset_hash: str
    has_rules: bool
    beside: bytes
    rules: bytes

    def plan(self, vocabulary: Vocabulary, *, whole: bool = True) -> PackagePlan:
        """The plan, made anew at each call (0.2 s for 10,000 rules); not `whole`: without price rules and stacks.

        `vocabulary`: the one that it was checked with, or another of the same fingerprint.
        """
        plan: PackagePlan = _Unpickler(io.BytesIO(self.rules if whole else self.beside), vocabulary).load()
        return plan


class PackageBroken(ValueError):
    """Text that is no package of this vocabulary (any more). `errors`: why, in order."""

    def __init__(self, errors: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


def kept_package(
    files: Sequence[SourceFile], vocabulary: Vocabulary, folder: Path | None, checked: CheckedPackage | None = None
) -> KeptPackage:
    """From the folder where it is there, else from `checked`, else by checking the text; then it is there the next time.

    Raises PackageBroken for text with errors, and what `plan_package` raises.
    """
    key = cache.key_of([_text_hash(files)], vocabulary)
    if folder is not None and (known := cache.load(folder, key, cache.PACKAGES)) is not None:
        return KeptPackage(*known)
    if checked is None:
        result = check(files, vocabulary)
        if result.package is None:
            raise PackageBroken(result.errors)
        checked = result.package
    kept = keep(checked, vocabulary)
    if folder is not None:
        cache.save(folder, key, tuple(kept), cache.PACKAGES)
    return kept


def keep(package: CheckedPackage, vocabulary: Vocabulary) -> KeptPackage:
    """What is kept of a checked package. Raises what `plan_package` raises."""
    return keep_plan(plan_package(package, vocabulary), package.version)


def keep_plan(plan: PackagePlan, version: str = "") -> KeptPackage:
    """The same of a plan, whoever made it."""
    beside = replace(plan, rules=(), stacks=())
    return KeptPackage(
        plan.package, version, plan.currency, plan.ruleset_hash, bool(plan.rules), _pickled(beside), _pickled(plan)
    )


class _Pickler(pickle.Pickler):
    """Values of dataclasses as calls of their classes: what `pickle` does by itself with frozen ones takes three times as long to read."""

    def persistent_id(self, value: object) -> str | None:
        """A predicate of Python is a function of somebody's: it is found by its name in the vocabulary."""
        return value.name if isinstance(value, Predicate) else None

    def reducer_override(self, value: object) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            return type(value), tuple([getattr(value, field.name) for field in fields(value)])
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, vocabulary: Vocabulary) -> None:
        super().__init__(file)
        self._predicates = vocabulary.predicates

    def persistent_load(self, name: str) -> Predicate:
        return self._predicates[name]


def _pickled(plan: PackagePlan) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(plan)
    return buffer.getvalue()


def _text_hash(files: Sequence[SourceFile]) -> str:
    """Of the names and texts as they are; a blank more is another text, and costs one check."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        for part in (file.name.encode(), file.text.encode("utf-8", "surrogatepass")):
            digest.update(len(part).to_bytes(8) + part)
    return f"text {digest.hexdigest()}"
