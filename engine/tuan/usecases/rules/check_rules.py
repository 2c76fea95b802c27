"""Everything that can be said against a rule package: its own mistakes, its tests, the catalogue and the clock, other packages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.ports import Record, RuleFile, Ruleset
from tuan.registry import Registry
from tuan.usecases.pricing.price_book import PriceCompiler, RulesUnusable
from tuan.usecases.rules.plan_activities import ActivityPlanner, Planned
from tuan.usecases.rules.without_effect import without_effect
from tuan.usecases.snapshot import SnapshotKeeper
from tuan_rules import CheckedPackage, CheckResult, Diagnostic, Severity, SourceFile, check
from tuan_rules.diagnostics.codes import CODES
from tuan_rules.pricing import RulesConflict
from tuan_rules.testing import run_tests

FILES_MAX = 64
FILE_NAME_BYTES_MAX = 128


class RulesInvalid(TuanError):
    """Names the first error and where it stands; CheckRules lists them all."""

    def __init__(self, errors: Sequence[Diagnostic]) -> None:
        first = errors[0]
        where = f"{first.span.file}:{first.span.line}:{first.span.column}"
        more = f" (and {len(errors) - 1} more; CheckRules lists them all)" if len(errors) > 1 else ""
        super().__init__(
            Reason.RULES_INVALID,
            f"{where}: {first.code}: {first.message('en')}{more}",
            file=first.span.file,
            line=str(first.span.line),
            column=str(first.span.column),
            code=first.code,
        )
        self.problems = tuple(errors)


class RuleChecker:
    """Checks take up to seconds of CPU, in threads, one after the other: side by side they would only starve the orders."""

    def __init__(
        self,
        registry: Registry,
        compiler: PriceCompiler,
        planner: ActivityPlanner,
        record: Record,
        keeper: SnapshotKeeper,
    ) -> None:
        self._registry = registry
        self._compiler = compiler
        self._planner = planner
        self._record = record
        self._keeper = keeper
        self._turn = asyncio.Lock()

    async def check(self, files: Sequence[RuleFile]) -> CheckResult:
        """Every mistake that the files of one package have by themselves, and what of it this engine does not run.

        Raises InvalidValue for what is no package at all.
        """
        check_files(files)
        async with self._turn:
            return await asyncio.to_thread(self._check, files)

    def _check(self, files: Sequence[RuleFile]) -> CheckResult:
        result = check(sources(files), self._compiler.vocabulary)
        if result.package is None:
            return result
        return replace(result, diagnostics=(*result.diagnostics, *without_effect(result.package, self._registry)))

    async def package(self, files: Sequence[RuleFile]) -> CheckedPackage:
        """The package in these files. Raises RULES_INVALID for one that has mistakes."""
        result = await self.check(files)
        if result.package is None:
            raise RulesInvalid(result.errors)
        return result.package

    async def check_for_publication(self, files: Sequence[RuleFile]) -> CheckResult:
        """What `check` finds and, where that is nothing, all that is against activating the package now."""
        result = await self.check(files)
        if result.package is None:
            return result
        in_force = await self._record.read(lambda unit: unit.rulesets.in_force())
        planned = await self.plan(result.package)
        problems = [
            *await self.failing_tests(result.package, files),
            *planned.problems,
            *await self.conflicts(result.package, files, in_force),
        ]
        return CheckResult(None, (*result.diagnostics, *problems)) if problems else result

    async def plan(self, package: CheckedPackage) -> Planned:
        """What its blocks become, and which of them the catalogue or the clock do not allow."""
        return await self._planner.plan(package, await self._keeper.refresh())

    async def failing_tests(self, package: CheckedPackage, files: Sequence[RuleFile]) -> list[Diagnostic]:
        """TR-402 for each case of its tests that does not come out as it expects."""
        if not package.blocks_of("test"):
            return []
        async with self._turn:
            report = await asyncio.to_thread(run_tests, package, self._compiler.vocabulary, sources(files))
        return report.diagnostics()

    async def conflicts(
        self, package: CheckedPackage, files: Sequence[RuleFile], in_force: Sequence[Ruleset]
    ) -> list[Diagnostic]:
        """TR-403 where it does not go together with the other packages that are active, or with one of which a canary runs.

        At most one: the first hides the rest.
        """
        candidate = Ruleset(package.ruleset_hash, package.name, package.version, tuple(files), "active", 0)
        async with self._turn:
            # Its text was checked just now; the compiler would do it again.
            await asyncio.to_thread(self._compiler.package, candidate, package)
            others = [one for one in in_force if one.package != package.name and one.state in ("active", "canary")]
            usable = [one for one in others if await asyncio.to_thread(self._usable, one)]
            active = [one for one in usable if one.state == "active"]
            beside = [
                [one for one in active if one.package != each.package] + [each] for each in usable if each not in active
            ]
            for together in (active, *beside):
                try:
                    await asyncio.to_thread(self._compiler.together, [*together, candidate])
                except RulesConflict as conflict:
                    return [_conflict(package, conflict)]
        return []

    def _usable(self, ruleset: Ruleset) -> bool:
        """What this engine cannot read prices nothing, and is in nobody's way."""
        try:
            self._compiler.package(ruleset)
        except RulesUnusable:
            return False
        return True


def check_files(files: Sequence[RuleFile]) -> None:
    """Raises InvalidValue unless there are 1 to 64, each with a name of its own that stays in its folder."""
    if not 1 <= len(files) <= FILES_MAX:
        raise InvalidValue("files", f"{len(files)} files; a package has 1 to {FILES_MAX}")
    names = [file.name for file in files]
    for index, name in enumerate(names):
        if not name or len(name.encode()) > FILE_NAME_BYTES_MAX or not name.isprintable():
            raise InvalidValue(f"files[{index}].name", "must be 1 to 128 bytes, such as spring.tuan")
        # Whoever reads a ruleset back may store its files by these names.
        if name.startswith("/") or "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
            raise InvalidValue(
                f"files[{index}].name", f"{name!r} leads somewhere; send a plain name, such as spring.tuan"
            )
        if names.index(name) != index:
            raise InvalidValue(f"files[{index}].name", f"{name} is there twice")


def sources(files: Sequence[RuleFile]) -> list[SourceFile]:
    return [SourceFile(file.name, file.text) for file in files]


def _conflict(package: CheckedPackage, conflict: RulesConflict) -> Diagnostic:
    """At the rule of this package whose priority is taken, at its stack, or at its head."""
    own = [rule.removeprefix(f"{package.name}/") for rule in conflict.rules if rule.startswith(f"{package.name}/")]
    block = next(
        (each for each in package.blocks if f"{each.kind}/{each.label}" in own),
        next((each for each in package.blocks_of("stack") if each.label == conflict.stack), package.blocks[0]),
    )
    entry = CODES["TR-403"]
    named = f'{block.kind} "{block.label}"'
    return Diagnostic(
        "TR-403",
        Severity.ERROR,
        entry.message_en.format(block=named, problem=conflict.english),
        entry.message_zh.format(block=named, problem_zh=conflict.chinese),
        block.head_span or block.span,
    )
