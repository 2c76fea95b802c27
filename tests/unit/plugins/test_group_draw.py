"""The draw of lottery groups: known answers, refusals of each step, and chances that are equal (χ² of simulated draws)."""

from __future__ import annotations

import math
import os
from collections import Counter
from fractions import Fraction
from hashlib import sha256
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.draw_for_tests import HOUR_MS, SEED, record_of
from tests.unit.plugins.group_rules_for_tests import group_of
from tuan.plugin import InvalidValue
from tuan_group_buy.draw import Record, Terms, announce, freeze, new_seed, reveal, verify
from tuan_group_buy.draw.selection import below, draw_winners

#: Simulated draws in each experiment: a million in the long form.
DRAWS = 1_000_000 if os.environ.get("TUAN_CAMPAIGN") == "long" else 20_000


def test_known_answer() -> None:
    """Goal: the method never changes under its name. Method: every hash of a draw with a known seed. Its first two words, by
    `openssl dgst -sha256 -mac HMAC`, are 2085840bf06a58c8 (remainder by 10: 2) and a6df9b6b34e3076d (by 9: 2)."""
    record = record_of()
    assert record.announced.seed_commitment == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    assert record.announced.digest() == "c65bb4acd81ce6eb0dce13f80225b6d75adcedbe4dec3cfbd9d9cea1efb22772"
    assert record.frozen.digest() == "2c39f3f1c63a7ee6bd94e2fcd9b0fb2edf23fddb686d6352095951c52c592b14"
    assert record.revealed.winners == ("m02", "m03")
    assert sha256(record.to_bytes()).hexdigest() == "27df74fe7aa3b578bd238ce46c04bd98b2c2b380170e1e943eb495e909910654"
    assert verify(record.to_bytes(), [record.announced.digest(), record.frozen.digest()]) == []


@pytest.mark.parametrize(("entrants", "prizes"), [(1, 1), (2, 1), (3, 3), (4, 9), (200, 7)])
def test_as_many_winners_as_there_can_be(entrants: int, prizes: int) -> None:
    """Goal: each wins at most once, and with prizes enough everybody does. Method: sizes around the number of prizes."""
    record = record_of(entrants, prizes)
    winners = record.revealed.winners
    assert len(winners) == len(set(winners)) == min(entrants, prizes)
    assert set(winners) <= set(record.frozen.entrants)
    assert verify(record.to_bytes()) == []


def test_order_of_joining_makes_no_difference() -> None:
    """Goal: whoever hands the list over decides nothing by its order. Method: every order of four members freezes to one document."""
    announced = record_of(4, 1).announced
    frozen = {freeze(announced, order, 2_000).digest() for order in permutations(["a", "B", "c-1", "0"])}
    assert len(frozen) == 1


def test_words_beyond_the_last_multiple_are_dropped() -> None:
    """Goal: no number is likelier. Method: below 3 the word 2^64 - 1 is one too many; below 3 * 2^62 a quarter of all words are."""
    assert below(3, iter([2**64 - 1, 5])) == 2
    assert below(3, iter([2**64 - 2])) == 2
    assert below(3 * 2**62, iter([3 * 2**62, 2**64 - 1, 7])) == 7
    assert below(1, iter([2**64 - 1])) == 0
    assert below(2**63, iter([2**64 - 1])) == 2**63 - 1


@given(n=st.integers(1, 2**63), words=st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_below_is_the_definition(n: int, words: list[int]) -> None:
    """Goal: what is kept is a whole number of rounds through 0 .. n - 1. Method: the documented text, said in another way."""
    kept = [word for word in words if word // n < 2**64 // n]
    if kept:
        assert below(n, iter(words)) == kept[0] % n


@pytest.mark.parametrize("entrants", [3, 5, 10, 101])
def test_every_entrant_is_as_likely(entrants: int) -> None:
    """Goal: no place in the list is better, at sizes that are no power of two. Method: χ² of one winner in many draws, p > 0.001."""
    listed = tuple(range(entrants))
    won = Counter(draw_winners(seed, b"", listed, 1)[0] for seed in _seeds(b"one"))
    assert _p_of(won, entrants) > 0.001


def test_every_pair_is_as_likely() -> None:
    """Goal: later prizes are as fair as the first, and independent of it. Method: χ² of ordered pairs out of seven, p > 0.001."""
    won = Counter(tuple(draw_winners(seed, b"", tuple(range(7)), 2)) for seed in _seeds(b"two"))
    assert set(won) == set(permutations(range(7), 2))
    assert _p_of(won, 42) > 0.001


def test_the_measure_finds_a_bias() -> None:
    """Goal: the two tests above can fail. Method: a draw that takes a byte's remainder by 100, as careless ones do."""
    won = Counter(sha256(seed).digest()[0] % 100 for seed in _seeds(b"careless"))
    assert _p_of(won, 100) < 0.001


def _seeds(name: bytes) -> list[bytes]:
    return [sha256(name + number.to_bytes(8, "big")).digest() for number in range(DRAWS)]


def _p_of(seen: Counter[object], outcomes: int) -> float:
    """How likely so uneven counts are if all outcomes are equally likely: the survival function of χ² in its closed form."""
    expected = DRAWS / outcomes
    unseen = outcomes - len(seen)
    half = (sum((count - expected) ** 2 for count in seen.values()) / expected + unseen * expected) / 2
    freedom = outcomes - 1
    offset = 0.0 if freedom % 2 == 0 else 0.5
    first = 0.0 if freedom % 2 == 0 else math.erfc(math.sqrt(half))
    terms = (k + offset for k in range(freedom // 2))
    p = first + sum(math.exp(k * math.log(half) - half - math.lgamma(k + 1)) for k in terms)
    print(f"{DRAWS} draws, {outcomes} outcomes: chi2 = {2 * half:.1f}, p = {p:.3f}")
    return p


ANNOUNCED = record_of().announced


@pytest.mark.parametrize(
    ("terms", "seed", "field"),
    [
        (Terms(1, 10, Fraction(1, 5), 0), SEED, "odds"),
        (Terms(1, 10, Fraction(0), 0), SEED, "odds"),
        (Terms(20, 10, Fraction(2), 0), SEED, "odds"),
        (Terms(0, 10, Fraction(1, 10), 0), SEED, "prizes"),
        (Terms(1, 0, Fraction(1, 10), 0), SEED, "prizes"),
        (Terms(1, 10, Fraction(1, 10), 0), SEED[:16], "seed"),
    ],
)
def test_no_false_announcement(terms: Terms, seed: bytes, field: str) -> None:
    """Goal: what is announced can be kept. Method: odds that prizes do not give, draws of nothing, a short seed."""
    with pytest.raises(InvalidValue) as caught:
        announce("g1", terms, seed, 0)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "entrants", [[], ["a", "b", "a"], [f"m{number}" for number in range(11)], ["m 1"], ["é"], ["m\n"], ["x" * 129]]
)
def test_no_false_list(entrants: list[str]) -> None:
    """Goal: each has one chance, and pseudonyms are told apart by eye. Method: nobody, twice the same, too many, doubtful letters."""
    with pytest.raises(InvalidValue, match="entrants"):
        freeze(ANNOUNCED, entrants, 2_000)


def test_no_draw_before_its_time_or_with_another_seed() -> None:
    """Goal: the reveal is what was committed, and not too early. Method: a millisecond early, another seed, another announcement, and a
    completion before it."""
    with pytest.raises(InvalidValue, match="complete_time_ms"):
        freeze(ANNOUNCED, ["a", "b"], ANNOUNCED.announce_time_ms - 1)
    frozen = freeze(ANNOUNCED, ["a", "b"], 2_000)
    with pytest.raises(InvalidValue, match="draw_time_ms"):
        reveal(ANNOUNCED, frozen, SEED, 2_000 + HOUR_MS - 1)
    with pytest.raises(InvalidValue, match="seed"):
        reveal(ANNOUNCED, frozen, new_seed(), 2_000 + HOUR_MS)
    with pytest.raises(InvalidValue, match="announcement"):
        reveal(record_of(9).announced, frozen, SEED, 2_000 + HOUR_MS)


def test_from_the_rules_to_the_record() -> None:
    """Goal: what a merchant writes is what is drawn. Method: a lottery on a ladder that completes with fewer than its most members."""
    block = group_of("prizes = 2  odds = 12.5%  draw = 90s", price="[5 => ¥2.00, 16 => ¥1.00]", size=16)
    terms = Terms.of(block)
    assert terms == Terms(2, 16, Fraction(1, 8), 90_000)
    announced = announce("g1", terms, SEED, 1_000)
    record = reveal(announced, freeze(announced, "abcdefg", 5_000), SEED, 95_000)
    assert (announced.odds_ppm, len(record.revealed.winners)) == (125_000, 2)
    assert verify(record.to_bytes(), [announced.digest()]) == []


def test_a_record_is_read_as_it_was_written() -> None:
    """Goal: nothing is lost in publishing. Method: to bytes and back."""
    record = record_of()
    assert Record.from_bytes(record.to_bytes()) == record
    assert new_seed() != new_seed()
