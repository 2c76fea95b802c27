"""The compiled rules that price orders now: per currency one ruleset of all active packages, and one more for canary buyers."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from tuan.ports import Ruleset as Published
from tuan.usecases.pricing.earlier_terms import EarlierTerms, Held, member_of, plain_of
from tuan.usecases.pricing.set_hash import set_hash_of
from tuan_rules import CheckedPackage, SourceFile, Vocabulary
from tuan_rules.kept import KeptPackage, PackageBroken, kept_package
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.earlier import EarlierRule
from tuan_rules.pricing import RulesConflict, Ruleset
from tuan_rules.pricing.gates import Gates
from tuan_rules.verdicts import Verdicts

log = structlog.get_logger()

#: The one event about which this engine asks risk rules.
ORDER_PLACE = "order.place"
#: Buyers fall into so many buckets; a canary has the first of them.
BUCKETS = 100


@dataclass(frozen=True, slots=True)
class Prices:
    """Rulesets that price carts of one currency together.

    `set_hash` names them: the one hash, or that of the sorted hashes. `hashes`: those, and of earlier versions `hash#rule id` for each
    rule that stays because buyers hold something of it. Carts that bring nothing of the kind are priced by `plain_hash` alone, and say
    so. `names`: what earlier rules, by (rule id, ruleset hash), are called here.
    """

    ruleset: Ruleset
    hashes: tuple[str, ...]
    set_hash: str
    plain_hash: str
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def gates(self) -> Gates | None:
        """What refuses carts of these rules before they are priced; None where no rule does."""
        return self.ruleset.gatekeeper

    def name_of(self, held: tuple[str, str]) -> str:
        """The id of the rule that says what somebody gets who holds something of (rule id, ruleset hash)."""
        return self.names.get(held, held[0])

    def named_for(self, held: Iterable[tuple[str, str]]) -> str:
        """The hash that an order names which brings these."""
        return self.set_hash if any(self.name_of(each) != each[0] for each in held) else self.plain_hash


@dataclass(frozen=True, slots=True)
class Canary:
    """`prices` are for the buyers of `percent` of the buckets, another choice of buyers for each ruleset."""

    ruleset_hash: str
    percent: int
    prices: Prices

    def has(self, buyer: str) -> bool:
        """Stable: a buyer stays in or out as long as the canary runs, and stays in when it grows."""
        digest = hashlib.blake2b(f"{self.ruleset_hash}\0{buyer}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % BUCKETS < self.percent


@dataclass(frozen=True, slots=True)
class Shadow:
    """`prices`: of this ruleset in the place of its package's active one."""

    ruleset_hash: str
    prices: Prices


@dataclass(frozen=True, slots=True)
class PriceBook:
    """By currency. `shadows` price placed orders once more, to compare. `risks`: risk rules of active packages about placing orders.

    `gated`: some ruleset that prices orders refuses some. Gates are compiled here, for a book is made in a thread that has time.
    """

    active: Mapping[str, Prices] = field(default_factory=dict)
    canaries: Mapping[str, Canary] = field(default_factory=dict)
    shadows: Mapping[str, tuple[Shadow, ...]] = field(default_factory=dict)
    risks: Mapping[str, Verdicts] = field(default_factory=dict)
    gated: bool = field(init=False)

    def __post_init__(self) -> None:
        gates = [prices.gates for prices in self._live()]  # all of them, not up to the first
        object.__setattr__(self, "gated", any(each is not None for each in gates))

    def prices(self, currency: str, buyer: str) -> Prices | None:
        """What prices this buyer's carts; None where no rule is about them."""
        canary = self.canaries.get(currency)
        if canary is not None and canary.has(buyer):
            return canary.prices
        return self.active.get(currency)

    def named(self, set_hash: str) -> Prices | None:
        """Those of this name, if orders are priced by them now."""
        return next((prices for prices in self._live() if set_hash in (prices.set_hash, prices.plain_hash)), None)

    def sets(self) -> dict[str, tuple[str, ...]]:
        """What the names of several rulesets stand for that orders may get from this book."""
        sets = {prices.set_hash: prices.hashes for prices in self._live()}
        sets |= {prices.plain_hash: plain_of(prices.hashes) for prices in self._live()}
        return {name: hashes for name, hashes in sets.items() if name not in ("", *hashes)}

    def _live(self) -> list[Prices]:
        """What prices orders now."""
        return [*self.active.values(), *(canary.prices for canary in self.canaries.values())]


@dataclass(frozen=True, slots=True)
class _Package:
    """`prices`: it has a say in what carts cost, whether they are let through, or who earns of them. `risks`: in placing orders."""

    package: KeptPackage
    prices: bool
    risks: bool


class PriceCompiler:
    """Compiles published rulesets, each package once. CPU for up to seconds: call it in a thread. Threads take turns.

    `folder`: where checked and compiled rulesets are kept for the next start; None: nowhere.
    """

    def __init__(self, vocabulary: Vocabulary, folder: Path | None = None) -> None:
        self.vocabulary = vocabulary
        self._folder = folder
        self._turn = threading.RLock()
        self._packages: dict[str, _Package] = {}
        self._earlier = EarlierTerms(vocabulary)
        self._prices: dict[str, Prices] = {}
        self._used: set[str] = set()
        self._risks: dict[tuple[str, ...], Verdicts] = {}

    def book(self, published: Sequence[Published], held: Sequence[Held] = ()) -> PriceBook:
        """The book of these rulesets, of which the states say what each is for. What is not among them is forgotten.

        `held`: rules of other versions that stay for what buyers hold of them.
        """
        with self._turn:
            self._used.clear()
            book = self._book(published, held)
            self._forget(published, held)
            return book

    def together(self, published: Sequence[Published], held: Sequence[Held] = ()) -> dict[str, Prices]:
        """By currency, these rulesets alone. Raises RulesConflict where they do not go together, RulesUnusable for one unreadable."""
        with self._turn:
            return self._by_currency(published, held, strict=True)

    def _book(self, published: Sequence[Published], held: Sequence[Held]) -> PriceBook:
        by_state: dict[str, list[Published]] = defaultdict(list)
        for one in published:
            by_state[one.state].append(one)
        active = self._by_currency(by_state["active"], held)
        canaries: dict[str, Canary] = {}
        for one in by_state["canary"]:
            for currency, prices in self._instead(one, by_state["active"], held).items():
                canaries[currency] = Canary(one.ruleset_hash, one.canary_percent, prices)
        shadows: dict[str, list[Shadow]] = defaultdict(list)
        for one in by_state["shadow"]:
            for currency, prices in self._instead(one, by_state["active"]).items():
                shadows[currency].append(Shadow(one.ruleset_hash, prices))
        risks = self._risks_of(by_state["active"])
        return PriceBook(active, canaries, {currency: tuple(found) for currency, found in shadows.items()}, risks)

    def _instead(self, one: Published, active: Sequence[Published], held: Sequence[Held] = ()) -> dict[str, Prices]:
        """The ruleset in the place of its package's active one, in the currency that it has rules for."""
        others = [each for each in active if each.package != one.package]
        found = self._by_currency([*others, one], held)
        return {currency: prices for currency, prices in found.items() if one.ruleset_hash in prices.hashes}

    def compiled(self, packages: Iterable[CheckedPackage]) -> Ruleset:
        """These packages together; raises RulesConflict where they do not go together."""
        return Ruleset.of([package for package in packages if plan_package(package).rules], self.vocabulary)

    def package(self, published: Published, checked: CheckedPackage | None = None) -> KeptPackage | None:
        """A ruleset's package; None when it has neither price rules nor gates nor commissions. `checked`: the same, where its text was
        checked just now. Raises RulesUnusable.
        """
        with self._turn:
            known = self._package(published, checked)
            return known.package if known.prices else None

    def _package(self, published: Published, checked: CheckedPackage | None = None) -> _Package:
        if published.ruleset_hash not in self._packages:
            files = [SourceFile(file.name, file.text) for file in published.files]
            try:
                kept = kept_package(files, self.vocabulary, self._folder, checked)
            except PackageBroken as broken:
                first = broken.errors[0]
                why = f"{published.package}: {first.span.file}:{first.span.line}: {first.message('en')}"
                raise RulesUnusable(why) from None
            # The hash is that of its publication, whatever this engine would call the same text.
            kept = kept._replace(ruleset_hash=published.ruleset_hash)
            beside = kept.plan(self.vocabulary, whole=False)
            prices = kept.has_rules or bool(beside.gates or beside.commissions)
            risks = any(ORDER_PLACE in risk.events for risk in beside.risks)
            self._packages[published.ruleset_hash] = _Package(kept, prices, risks)
        return self._packages[published.ruleset_hash]

    def _by_currency(
        self, published: Sequence[Published], held: Sequence[Held] = (), *, strict: bool = False
    ) -> dict[str, Prices]:
        """`strict`: raises for what cannot be; else it is left out, and told to the log."""
        packages: dict[str, list[KeptPackage]] = defaultdict(list)
        earlier: dict[str, list[EarlierRule]] = defaultdict(list)
        for one in published:
            with self._spared(strict, one):
                known = self._package(one)
                if known.prices:
                    packages[known.package.currency].append(known.package)
        there = {one.ruleset_hash for one in published}
        for each in held:
            if each.ruleset.ruleset_hash not in there:
                with self._spared(strict, each.ruleset):
                    currency, rules = self._earlier.of(each, self._package)
                    earlier[currency] += rules
        found: dict[str, Prices] = {}
        for currency in sorted({*packages, *(currency for currency, rules in earlier.items() if rules)}):
            try:
                found[currency] = self._together(currency, packages[currency], earlier[currency])
            except RulesConflict as error:
                if strict:
                    raise
                log.error("rulesets_conflict", currency=currency, why=str(error))
        return found

    @contextmanager
    def _spared(self, strict: bool, one: Published) -> Iterator[None]:
        """A shop that lost one plugin goes on selling; a buyer who was promised a price is asked again (PRICE_CHANGED)."""
        try:
            yield
        except RulesUnusable as error:
            if strict:
                raise
            log.error("ruleset_unusable", ruleset=one.ruleset_hash, why=str(error))

    def _together(self, currency: str, packages: Sequence[KeptPackage], earlier: Sequence[EarlierRule]) -> Prices:
        plain = tuple(sorted(package.ruleset_hash for package in packages))
        wanted = set_hash_of((currency, *plain, *sorted(member_of(rule) for rule in earlier)))
        self._used.add(wanted)
        if wanted not in self._prices:
            beside = self._earlier.beside(currency, packages, earlier)
            ruleset = Ruleset.of([*packages, *beside.packages], self.vocabulary, self._folder)
            hashes = (*plain, *beside.members)
            self._prices[wanted] = Prices(ruleset, hashes, set_hash_of(hashes), set_hash_of(plain), beside.names)
        return self._prices[wanted]

    def _risks_of(self, active: Sequence[Published]) -> dict[str, Verdicts]:
        """By currency, since rules compare amounts in that of their package. What cannot be read was told of with the prices."""
        packages: dict[str, list[KeptPackage]] = defaultdict(list)
        for one in active:
            known = self._packages.get(one.ruleset_hash)
            if known is not None and known.risks:
                packages[known.package.currency].append(known.package)
        found: dict[str, Verdicts] = {}
        for currency, together in packages.items():
            hashes = tuple(sorted(package.ruleset_hash for package in together))
            if hashes not in self._risks:
                plans = [package.plan(self.vocabulary, whole=False) for package in together]
                self._risks[hashes] = Verdicts(plans, self.vocabulary)
            found[currency] = self._risks[hashes]
        return found

    def _forget(self, published: Sequence[Published], held: Sequence[Held]) -> None:
        """What is published no more."""
        kept = {one.ruleset_hash for one in published}
        self._earlier.forget_all_but({each.ruleset.ruleset_hash for each in held})
        self._packages = {key: package for key, package in self._packages.items() if key in kept}
        self._prices = {key: prices for key, prices in self._prices.items() if key in self._used}
        self._risks = {hashes: rules for hashes, rules in self._risks.items() if kept.issuperset(hashes)}


class RulesUnusable(Exception):
    """A published ruleset that this engine cannot read: a plugin was removed, or a newer engine wrote it."""
