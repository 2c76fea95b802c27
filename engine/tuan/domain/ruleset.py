"""Stages of a ruleset: which of them leads to which, and what to do where none does.

    (published) -> DRAFT | CHECKED | SHADOW | CANARY | ACTIVE
    DRAFT -> CHECKED        DRAFT | CHECKED | SHADOW | CANARY -> SHADOW | CANARY | ACTIVE | RETIRED
    ACTIVE -> RETIRED, when another version of its package becomes active, and only then
    RETIRED -> SHADOW | CANARY | ACTIVE

A package has at most one active version. Every version keeps its files for ever: orders name it.
"""

from __future__ import annotations

from enum import StrEnum

from tuan.domain.errors import Reason, TuanError


class Stage(StrEnum):
    DRAFT = "draft"
    """Stored; the catalogue, the clock or its own tests do not allow it yet."""
    CHECKED = "checked"
    """Stored, and nothing was against it when it was."""
    SHADOW = "shadow"
    """Prices placed orders once more, to compare."""
    CANARY = "canary"
    """Prices the orders of some buyers."""
    ACTIVE = "active"
    RETIRED = "retired"


#: The stages in which a ruleset is compiled beside the orders.
IN_FORCE = (Stage.SHADOW, Stage.CANARY, Stage.ACTIVE)

_EDGES: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.CHECKED, *IN_FORCE, Stage.RETIRED}),
    Stage.CHECKED: frozenset({*IN_FORCE, Stage.RETIRED}),
    Stage.SHADOW: frozenset({Stage.CANARY, Stage.ACTIVE, Stage.RETIRED}),
    Stage.CANARY: frozenset({Stage.SHADOW, Stage.CANARY, Stage.ACTIVE, Stage.RETIRED}),
    Stage.ACTIVE: frozenset(),
    Stage.RETIRED: frozenset(IN_FORCE),
}
_INSTEAD = {
    Stage.DRAFT: "promote it to shadow, canary or active",
    Stage.CHECKED: "promote it to shadow, canary or active",
    Stage.SHADOW: "promote it to canary or active, or retire it",
    Stage.CANARY: "promote it to active, change its percent, or put it back into shadow, or retire it",
    Stage.ACTIVE: "it ends when another version of its package is published as active, promoted or rolled back to",
    Stage.RETIRED: "promote it to shadow, canary or active, or roll its package back to it",
}


def check_stage(ruleset_hash: str, stage: Stage, target: Stage) -> None:
    """Raises RULESET_STATE_CONFLICT, which says what can be done instead, unless `stage` leads to `target`."""
    if target not in _EDGES[stage]:
        raise stage_conflict(
            ruleset_hash, stage, target, f"is {stage.value} and cannot become {target.value}; {_INSTEAD[stage]}"
        )


def stage_conflict(ruleset_hash: str, stage: Stage, target: Stage, why: str) -> TuanError:
    """`why` goes on from "ruleset 5f70bf18a086 "."""
    return TuanError(
        Reason.RULESET_STATE_CONFLICT,
        f"ruleset {ruleset_hash[:12]} {why}",
        ruleset_hash=ruleset_hash,
        state=stage.value,
        target=target.value,
    )
