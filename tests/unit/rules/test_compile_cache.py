"""Goal: a ruleset that is kept prices as one that is compiled, and nothing damaged or foreign is run. Method: hits and misses over random
rules; files with changed bytes, modes, names and owners; processes that save at once."""

from __future__ import annotations

import functools
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.rules.pricing_for_tests import ROUNDINGS, STACKS, TIME_MS, cart, carts, checked, head, line, rules
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import Vocabulary
from tuan_rules.compiling import cache
from tuan_rules.core_facts import CORE_FACTS
from tuan_rules.price_block import PRICE
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset

RULES = """
price "a" { on = line.sku in ["S1"]  when = buyer.level >= 2  give = off(10%)  floor = 50% of line.list  stack = stack "line" }
price "b" { when = cart.subtotal >= ¥10.00  give = off(¥2)  cap = ¥1.50 per order  stack = stack "order" }
price "c" { active = from 2027-01-01 until 2027-02-01  when = buyer.level >= 1  give = off(3% of cart.subtotal)  stack = stack "more" }
price "d" { sessions = daily(at: [10:00], for: 2h)  on = line.qty >= 2  give = [2 => off(5%)]  stack = stack "line"  priority = 2 }
price "e" { when = "vip" in buyer.segments  give = gift("G1")  stack = stack "order"  priority = 3  }
"""
CART = cart(line(), line("S2", quantity=3, list_minor=3_333))


def package(text: str = RULES):  # type: ignore[no-untyped-def]
    return checked(head() + STACKS + text)


@functools.cache
def _image():  # type: ignore[no-untyped-def]
    return tuple(Ruleset.of([package()], TYPED_VOCABULARY).compiled.image)


def kept(folder: Path) -> Path:
    """The one file of a folder."""
    (found,) = folder.iterdir()
    return found


@settings(
    max_examples=500 if os.environ.get("TUAN_CAMPAIGN") == "long" else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(rules(), ROUNDINGS, carts())
def test_a_hit_prices_as_a_miss(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], rounding: str, cart: Cart
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    packages = [checked(head() + STACKS + rounding + "\n".join(texts))]
    plain = Ruleset.of(packages, TYPED_VOCABULARY)
    miss, hit = (Ruleset.of(packages, TYPED_VOCABULARY, folder) for _ in range(2))
    assert plain.price(cart) == miss.price(cart) == hit.price(cart) == hit.price(cart, scan=True)
    one, other = (explain(ruleset, cart) for ruleset in (plain, hit))
    assert (one.applied(), one.rejected()) == (other.applied(), other.rejected())
    assert [one.why_not(rule_id) for rule_id in plain.compiled.ranks] == [
        other.why_not(rule_id) for rule_id in hit.compiled.ranks
    ]
    assert hit.explain_index() == plain.explain_index()


def test_windows_open_and_close_on_a_hit(tmp_path: Path) -> None:
    packages = [package()]
    plain = Ruleset.of(packages, TYPED_VOCABULARY)
    Ruleset.of(packages, TYPED_VOCABULARY, tmp_path)
    hit = Ruleset.of(packages, TYPED_VOCABULARY, tmp_path)
    for hour in range(0, 40 * 24, 5):
        moved = Cart(CART.lines, TIME_MS - 20 * 86_400_000 + hour * 3_600_000, CART.facts)
        assert hit.price(moved) == plain.price(moved)


def test_a_hit_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = [package()]
    miss = Ruleset.of(packages, TYPED_VOCABULARY, tmp_path).price(CART)
    monkeypatch.setattr("tuan_rules.pricing.ruleset.plan_package", None)
    monkeypatch.setattr("tuan_rules.pricing.build.image_of", None)
    assert Ruleset.of(packages, TYPED_VOCABULARY, tmp_path).price(CART) == miss


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    Ruleset.of([package()], TYPED_VOCABULARY, folder)
    assert kept(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@settings(max_examples=5_000 if os.environ.get("TUAN_CAMPAIGN") == "long" else 150, deadline=None)
@given(st.data())
def test_damage_is_never_loaded(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """One changed byte anywhere, or an end that is missing, and the file is as none."""
    folder = tmp_path_factory.getbasetemp() / "damaged"
    cache.save(folder, "k", _image())
    whole = (folder / "k.rules").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.booleans())
    byte = data.draw(st.integers(1, 255))
    damaged = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ byte]) + whole[at + 1 :]
    (folder / "k.rules").write_bytes(damaged)
    assert cache.load(folder, "k") is None


def test_damage_is_made_anew(tmp_path: Path) -> None:
    first = Ruleset.of([package()], TYPED_VOCABULARY, tmp_path).price(CART)
    file = kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert Ruleset.of([package()], TYPED_VOCABULARY, tmp_path).price(CART) == first
    assert file.read_bytes() == whole


def test_what_others_could_have_written_is_not_read(tmp_path: Path) -> None:
    cache.save(tmp_path, "k", (1,))
    file = tmp_path / "k.rules"
    assert cache.load(tmp_path, "k") == (1,)
    for mode in (0o620, 0o602, 0o666):
        file.chmod(mode)
        assert cache.load(tmp_path, "k") is None
    file.chmod(0o600)
    file.rename(tmp_path / "other.rules")
    assert cache.load(tmp_path, "other") is None
    file.symlink_to(tmp_path / "other.rules")
    assert cache.load(tmp_path, "k") is None


def test_another_owners_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.save(tmp_path, "k", (1,))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.load(tmp_path, "k") is None


def test_everything_that_matters_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        cache.key_of(["a"], TYPED_VOCABULARY),
        cache.key_of(["b"], TYPED_VOCABULARY),
        cache.key_of(["a", "b"], TYPED_VOCABULARY),
        cache.key_of(["a"], Vocabulary([PRICE], CORE_FACTS[:-1])),
        cache.key_of(["a"], Vocabulary([], CORE_FACTS)),
    ]
    monkeypatch.setattr(cache, "MAGIC_NUMBER", b"other")
    keys.append(cache.key_of(["a"], TYPED_VOCABULARY))
    monkeypatch.undo()
    monkeypatch.setattr(cache, "_compiler", lambda: "other")
    keys.append(cache.key_of(["a"], TYPED_VOCABULARY))
    assert len(set(keys)) == len(keys)
    monkeypatch.undo()
    assert cache.key_of(["a"], TYPED_VOCABULARY) == keys[0]


def test_a_folder_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert Ruleset.of([package()], TYPED_VOCABULARY, blocked).price(CART).steps
    assert blocked.read_text() == "not a folder"


def test_the_oldest_files_go(tmp_path: Path) -> None:
    for number in range(cache.KEPT_MAX + 3):
        cache.save(tmp_path, f"k{number:02}", (number,))
        os.utime(tmp_path / f"k{number:02}.rules", ns=(number, number))
    cache.save(tmp_path, "last", ())
    left = sorted(file.name for file in tmp_path.iterdir())
    assert len(left) == cache.KEPT_MAX
    assert left[0] == "k04.rules"
    assert left[-1] == "last.rules"


def test_processes_that_save_at_once(tmp_path: Path) -> None:
    """Each writes and reads the same two keys, over and over: no reader ever finds half a file, or one of the other's."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_hammer, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.rules", "b.rules"]


def _hammer(folder: Path) -> None:
    values = {key: (key, "x" * 100_000) for key in "ab"}
    for _ in range(100):
        for key, value in values.items():
            cache.save(folder, key, value)
            if cache.load(folder, key) != value:
                raise SystemExit(1)
