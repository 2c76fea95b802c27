"""The proof of work: solvable, bound, timed, used once, and cheap to check."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.testing import FakeHost
from tuan_proof_of_work.challenge import BITS, LIFETIME_MS, ProofOfWork
from tuan_proof_of_work.work import is_solved, prompt_of, solve

NOW_MS = 1_800_000_000_000


@pytest.fixture
def challenge() -> ProofOfWork:
    made = ProofOfWork(bits=6)
    made.start(FakeHost())
    return made


def test_solved_once(challenge: ProofOfWork) -> None:
    """Goal: the right answer counts, once. Method: solve, verify twice, on the last millisecond."""
    puzzle = challenge.issue("b1", "sale", NOW_MS)
    answer = solve(puzzle.prompt)
    assert puzzle.expire_time_ms == NOW_MS + LIFETIME_MS
    assert challenge.verify("b1", "sale", puzzle.token, answer, puzzle.expire_time_ms - 1)
    assert not challenge.verify("b1", "sale", puzzle.token, answer, NOW_MS)


def test_bound_to_subject_purpose_time_and_issuer(challenge: ProofOfWork) -> None:
    """Goal: an answer is worthless for anything else. Method: each term changed; then as issued it still counts."""
    puzzle = challenge.issue("b1", "sale", NOW_MS)
    answer = solve(puzzle.prompt)
    stranger = ProofOfWork(bits=6)
    stranger.start(FakeHost())
    stranger._secret = b"another"
    wrong = [
        challenge.verify("b2", "sale", puzzle.token, answer, NOW_MS),
        challenge.verify("b1", "other", puzzle.token, answer, NOW_MS),
        challenge.verify("b1s", "ale", puzzle.token, answer, NOW_MS),
        challenge.verify("b1", "sale", puzzle.token, answer, puzzle.expire_time_ms),
        challenge.verify("b1", "sale", puzzle.token, answer + "0", NOW_MS),
        challenge.verify("b1", "sale", puzzle.token, "", NOW_MS),
        stranger.verify("b1", "sale", puzzle.token, answer, NOW_MS),
    ]
    assert wrong == [False] * 7
    assert challenge.verify("b1", "sale", puzzle.token, answer, NOW_MS)


def test_another_process_knows_the_token() -> None:
    """Goal: no memory is needed to check. Method: one instance issues, another with the same secret verifies."""
    here, there = ProofOfWork(bits=6), ProofOfWork(bits=6)
    here.start(FakeHost())
    there.start(FakeHost())
    puzzle = here.issue("b1", "sale", NOW_MS)
    assert there.verify("b1", "sale", puzzle.token, solve(puzzle.prompt), NOW_MS)


def test_other_spellings_of_a_token_are_not_tokens(challenge: ProofOfWork) -> None:
    """Goal: base64's loose ends do not allow a second use. Method: the same bytes written otherwise."""
    puzzle = challenge.issue("b1", "sale", NOW_MS)
    raw = base64.urlsafe_b64decode(puzzle.token)
    assert challenge.verify("b1", "sale", puzzle.token, solve(puzzle.prompt), NOW_MS)
    for spelling in (puzzle.token.rstrip("="), puzzle.token + "=", f" {puzzle.token}", puzzle.token + "\n"):
        prompt = prompt_of(spelling, 6)
        assert not challenge.verify("b1", "sale", spelling, solve(prompt), NOW_MS)
    assert len(raw) == 41


@given(st.text(max_size=80), st.text(max_size=20))
def test_no_text_is_an_answer(token: str, answer: str) -> None:
    """Goal: nothing raises, nothing passes. Method: any texts as token and answer."""
    challenge = ProofOfWork(bits=1)
    challenge.start(FakeHost())
    assert not challenge.verify("b1", "sale", token, answer, NOW_MS)


def test_difficulty_is_what_the_prompt_says() -> None:
    """Goal: an app in another language can solve it from the prompt alone. Method: a golden answer, and the definition."""
    assert solve("sha256:12:token") == "706"
    assert is_solved("token", "706", 12)
    assert not is_solved("token", "706", 13)
    assert not is_solved("token", "707", 12)
    with pytest.raises(ValueError, match="md5"):
        solve("md5:1:token")


def test_used_tokens_are_forgotten_when_they_expire(challenge: ProofOfWork) -> None:
    """Goal: memory stays bounded. Method: use one, let it expire, use another; only that is remembered."""
    first = challenge.issue("b1", "sale", NOW_MS)
    assert challenge.verify("b1", "sale", first.token, solve(first.prompt), NOW_MS)
    later = challenge.issue("b1", "sale", NOW_MS + LIFETIME_MS)
    assert challenge.verify("b1", "sale", later.token, solve(later.prompt), NOW_MS + LIFETIME_MS)
    assert list(challenge._used) == [later.token]
    assert BITS == 18
