"""What the bench takes for a run that says something."""

from __future__ import annotations

import pytest

from tests.bench.books import Wrong, all_placed
from tests.bench.load.outcomes import Outcomes


@pytest.mark.parametrize("outcomes", [Outcomes(placed=1_000), Outcomes(placed=980, shed=20)])
def test_enough_was_placed(outcomes: Outcomes) -> None:
    """Goal: a batch put off on a busy machine spoils no run. Method: none, and the most that may be."""
    all_placed("here", outcomes)


@pytest.mark.parametrize(
    "outcomes",
    [
        Outcomes(),
        Outcomes(placed=979, shed=21),
        Outcomes(placed=999, refused=1),
        Outcomes(placed=999, late=1),
        Outcomes(placed=999, failed=1),
    ],
)
def test_something_else_than_that_was_measured(outcomes: Outcomes) -> None:
    """Goal: no figure of an engine that refuses, loses or puts off. Method: nothing, one too many put off, one of each other kind."""
    with pytest.raises(Wrong, match="here: not every order was placed"):
        all_placed("here", outcomes)
