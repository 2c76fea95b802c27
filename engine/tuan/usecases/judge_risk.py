"""Ask every risk checker, and the published risk rules, about a batch of attempts and take the strictest verdict of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog

from tuan.domain.activity import RETAIL
from tuan.domain.errors import TuanError
from tuan.plugin import Attempt, FaultPolicy, Refusal, RefusalKind, RiskChecker, Verdict, VerdictKind
from tuan.registry import Registry
from tuan.supervisor import PluginFault, Supervisor
from tuan.usecases.pricing.carts import cart_of
from tuan.usecases.pricing.price_book import ORDER_PLACE
from tuan.usecases.snapshot import Snapshot
from tuan_rules.verdicts import Verdicts

log = structlog.get_logger()

_ALLOW = Verdict(VerdictKind.ALLOW)
_KINDS = {kind.name.lower(): kind for kind in VerdictKind}
#: Rules that affect no kind of block in particular are about every order.
_NO_BLOCK = ""


class RiskJudge:
    """One call per checker and batch. A checker that fails open is left out, one that fails closed denies.

    Rules are asked where orders are placed, after the checkers, in this thread: they are pure and bounded, and know no counters.
    """

    def __init__(self, registry: Registry, supervisor: Supervisor) -> None:
        self._checkers = tuple(registry.risk_checkers.values())
        self._supervisor = supervisor

    async def judge(
        self, attempts: Sequence[Attempt], snapshot: Snapshot | None = None
    ) -> list[Refusal | TuanError | None]:
        """None where nothing speaks against it. `snapshot`: whose risk rules to ask about placing these orders; None: of none."""
        risks = snapshot.book.risks if snapshot is not None else {}
        if not attempts or not (self._checkers or risks):
            return [None] * len(attempts)
        strictest: list[Verdict] = [_ALLOW] * len(attempts)
        for checker in self._checkers:
            try:
                verdicts = await self._ask(checker, attempts)
            except PluginFault as fault:
                if checker.fault_policy is FaultPolicy.FAIL_OPEN:
                    continue
                return [fault] * len(attempts)
            strictest = [max(pair, key=_severity) for pair in zip(strictest, verdicts, strict=True)]
        if snapshot is not None and risks:
            for index, attempt in enumerate(attempts):
                rules = risks.get(attempt.currency)
                if rules is not None:
                    strictest[index] = max(strictest[index], *_by_rules(attempt, rules, snapshot), key=_severity)
        return [_refusal(verdict) for verdict in strictest]

    async def _ask(self, checker: RiskChecker, attempts: Sequence[Attempt]) -> Sequence[Verdict]:
        def one_each(answer: object) -> bool:
            if not isinstance(answer, Sequence) or len(answer) != len(attempts):
                return False
            return all(isinstance(verdict, Verdict) for verdict in answer)

        return await self._supervisor.call(checker, checker.assess, attempts, accept=one_each)


def _by_rules(attempt: Attempt, rules: Verdicts, snapshot: Snapshot) -> Iterable[Verdict]:
    """What each rule answers that holds for this attempt, or lacks a fact; one ALLOW at least."""
    cart = cart_of(attempt, {})
    found = {_ALLOW}
    for kind in _kinds(attempt, snapshot) or (_NO_BLOCK,):
        judged = rules.judge(ORDER_PLACE, {}, attempt.now_ms, cart=cart, affecting=kind)
        found |= {Verdict(_KINDS[reason.kind], reason.code) for reason in judged.reasons}
    return sorted(found, key=lambda verdict: (verdict.kind, verdict.code))


def _kinds(attempt: Attempt, snapshot: Snapshot) -> list[str]:
    """The kinds of blocks that an attempt makes use of: those of its activities, and what it redeems."""
    activities = {line.activity_id for line in attempt.lines if line.activity_id != RETAIL}
    blocks = {snapshot.activities[each].activity.block_id.partition("/")[0] for each in activities}
    return sorted(blocks.union(attempt.redeemed))


def _severity(verdict: Verdict) -> tuple[bool, VerdictKind]:
    """A review lets the order pass: one checker that wants it must not do away with another's challenge."""
    return verdict.kind in (VerdictKind.CHALLENGE, VerdictKind.DENY), verdict.kind


def _refusal(verdict: Verdict) -> Refusal | None:
    match verdict.kind:
        case VerdictKind.DENY:
            named = f" ({verdict.code})" if verdict.code else ""
            return Refusal(RefusalKind.RISK_DENIED, f"refused by risk control{named}", limit=verdict.code)
        case VerdictKind.CHALLENGE:
            return Refusal(
                RefusalKind.CHALLENGE_REQUIRED, "prove that you are a person, then ask again", limit=verdict.code
            )
        case VerdictKind.REVIEW:
            log.info("risk_review", code=verdict.code)
            return None
        case VerdictKind.ALLOW:
            return None
