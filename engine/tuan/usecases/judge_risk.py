"""Ask every risk checker about a batch of attempts and take the strictest verdict of each."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from tuan.domain.errors import TuanError
from tuan.plugin import Attempt, FaultPolicy, Refusal, RefusalKind, RiskChecker, Verdict, VerdictKind
from tuan.registry import Registry
from tuan.supervisor import PluginFault, Supervisor

log = structlog.get_logger()


class RiskJudge:
    """One call per checker and batch. A checker that fails open is left out, one that fails closed denies."""

    def __init__(self, registry: Registry, supervisor: Supervisor) -> None:
        self._checkers = tuple(registry.risk_checkers.values())
        self._supervisor = supervisor

    async def judge(self, attempts: Sequence[Attempt]) -> list[Refusal | TuanError | None]:
        """None where nothing speaks against it."""
        strictest: list[Verdict] = [Verdict(VerdictKind.ALLOW)] * len(attempts)
        if not attempts or not self._checkers:
            return [None] * len(attempts)
        for checker in self._checkers:
            try:
                verdicts = await self._ask(checker, attempts)
            except PluginFault as fault:
                if checker.fault_policy is FaultPolicy.FAIL_OPEN:
                    continue
                return [fault] * len(attempts)
            strictest = [max(pair, key=_severity) for pair in zip(strictest, verdicts, strict=True)]
        return [_refusal(verdict) for verdict in strictest]

    async def _ask(self, checker: RiskChecker, attempts: Sequence[Attempt]) -> Sequence[Verdict]:
        def one_each(answer: object) -> bool:
            if not isinstance(answer, Sequence) or len(answer) != len(attempts):
                return False
            return all(isinstance(verdict, Verdict) for verdict in answer)

        return await self._supervisor.call(checker, checker.assess, attempts, accept=one_each)


def _severity(verdict: Verdict) -> tuple[bool, VerdictKind]:
    """A review lets the order pass: one checker that wants it must not do away with another's challenge."""
    return verdict.kind in (VerdictKind.CHALLENGE, VerdictKind.DENY), verdict.kind


def _refusal(verdict: Verdict) -> Refusal | None:
    match verdict.kind:
        case VerdictKind.DENY:
            return Refusal(RefusalKind.RISK_DENIED, f"refused by risk control ({verdict.code})", limit=verdict.code)
        case VerdictKind.CHALLENGE:
            return Refusal(
                RefusalKind.CHALLENGE_REQUIRED, "prove that you are a person, then ask again", limit=verdict.code
            )
        case VerdictKind.REVIEW:
            log.info("risk_review", code=verdict.code)
            return None
        case VerdictKind.ALLOW:
            return None
