"""What an editor is offered at the cursor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`insert` replaces the word that is being typed; in it `$0` is where the cursor goes then."""

    label: str
    kind: str
    detail: str
    insert: str
