"""What two versions mean differently."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.errors import InvalidValue
from tuan.ports import Record, RuleFile
from tuan.usecases.rules.check_rules import RuleChecker
from tuan.usecases.rules.promote_ruleset import ruleset_of
from tuan_rules import Vocabulary
from tuan_rules.difference.compare import BlockChange, compare


class RulesetDiffer:
    def __init__(self, checker: RuleChecker, record: Record, vocabulary: Vocabulary) -> None:
        self._checker = checker
        self._record = record
        self._vocabulary = vocabulary

    async def diff(
        self, before_hash: str, after_hash: str = "", files: Sequence[RuleFile] = ()
    ) -> tuple[BlockChange, ...]:
        """From one published version to another, or to files. Raises RULESET_NOT_FOUND, RULES_INVALID for files with mistakes."""
        if bool(after_hash) == bool(files):
            raise InvalidValue("after_hash", "send either it or `files`, to compare with")
        before = await ruleset_of(self._record, before_hash)
        after_files = files or (await ruleset_of(self._record, after_hash)).files
        packages = [await self._checker.package(each) for each in (before.files, after_files)]
        return compare(packages[0], packages[1], self._vocabulary)
