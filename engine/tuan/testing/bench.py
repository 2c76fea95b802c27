"""A bench for promotions: rule text in, prices and claims out, through the engine's own assembler and nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tuan.domain.errors import TuanError
from tuan.plugin import (
    RETAIL,
    Activity,
    ActivityState,
    Attempt,
    CartLine,
    CheckedBlock,
    Plan,
    Plugin,
    PromotionType,
    PublishContext,
    Refusal,
    Sku,
)
from tuan.registry import Registry
from tuan.supervisor import Supervisor, Turn
from tuan.testing.host import FakeHost
from tuan.usecases.assemble import Assembled, Assembler, Outcome
from tuan.usecases.pricing.price_book import PriceBook, PriceCompiler, Prices
from tuan.usecases.pricing.run_out import RunOut
from tuan.usecases.snapshot import LiveActivity, LiveRule, Snapshot
from tuan_rules import CheckedPackage, CheckResult, SourceFile, check, render_text

ZONE = "Asia/Shanghai"
CURRENCY = "CNY"

#: The bench's catalogue unless a test brings its own: two teas and a cup, at 10, 20 and 30 yuan.
SKUS = (
    Sku("S1", "P1", "Green tea", "food/tea", CURRENCY, 10_00),
    Sku("S2", "P2", "Black tea", "food/tea", CURRENCY, 20_00),
    Sku("S3", "P3", "Cup", "home/cups", CURRENCY, 30_00),
)


def rule_text(blocks: str) -> str:
    """A whole package around some blocks; text that has a package block already is left as it is."""
    if blocks.lstrip().startswith("package"):
        return blocks
    return f'package "bench.rules" {{ version = "1.0.0"  zone = "{ZONE}"  currency = "{CURRENCY}" }}\n{blocks}'


class PromotionBench:
    """Plugins under test with a small catalogue. `publish` rules, make an `attempt`, `place` it, look at lines and claims."""

    def __init__(self, *plugins: Plugin, skus: Sequence[Sku] = SKUS, host: FakeHost | None = None) -> None:
        self.host = host or FakeHost()
        self.registry = Registry(plugins)
        self.supervisor = Supervisor(self.host.clock)
        self.vocabulary = self.registry.vocabulary()
        self._compiler = PriceCompiler(self.vocabulary)
        self.snapshot = Snapshot(skus={sku.sku: sku for sku in skus}, skus_by_category=_by_category(skus))
        self.host.unit.catalogue.by_code = dict(self.snapshot.skus)
        for plugin in plugins:
            plugin.start(self.host)

    def check(self, text: str) -> CheckResult:
        """What `tuan rules check` says of a rule text."""
        return check([SourceFile("bench.tuan", rule_text(text))], self.vocabulary)

    def package(self, text: str) -> CheckedPackage:
        """The checked rule text. Raises AssertionError with the diagnostics, as a merchant would see them."""
        source = SourceFile("bench.tuan", rule_text(text))
        result = check([source], self.vocabulary)
        if result.package is None:
            raise AssertionError("\n" + render_text(result.diagnostics, [source], "en"))
        return result.package

    def plans(self, text: str) -> list[tuple[PromotionType, CheckedBlock, Plan]]:
        """What each block of a promotion becomes. Raises what `plan` raises."""
        package = self.package(text)
        return [
            (promotion, block, promotion.plan(block, self.context(package, block)))
            for block in package.blocks
            if (promotion := self.registry.promotion_of_block(block.kind)) is not None
        ]

    def publish(self, text: str) -> list[Activity]:
        """Put the rules in force; the activities that they make, with ids `<label>-<key>`."""
        activities, rules = dict(self.snapshot.activities), dict(self.snapshot.rules_by_sku)
        made: list[Activity] = []
        for promotion, block, plan in self.plans(text):
            for item in plan.activities:
                activity = Activity(
                    activity_id=f"{block.label}-{item.key}",
                    promotion=promotion.code,
                    block_id=f"{block.kind}/{block.label}",
                    title=item.title,
                    ruleset_hash="bench",
                    start_time_ms=item.start_time_ms,
                    end_time_ms=item.end_time_ms,
                    config=item.config,
                    stock=item.stock,
                    counters=item.counters,
                    state=ActivityState.RUNNING,
                    provision_time_ms=item.provision_time_ms,
                )
                made.append(activity)
                self.host.live[activity.activity_id] = activity
                activities[activity.activity_id] = LiveActivity(activity, promotion, promotion.prepare(item.config))
            for rule in plan.price_rules:
                self.host.rules.append(replace(rule, promotion=promotion.code, ruleset_hash="bench"))
                if type(promotion).propose is PromotionType.propose:
                    continue
                live = LiveRule(rule, promotion, promotion.prepare(rule.config))
                for sku in rule.skus or ("",):
                    rules[sku] = (*rules.get(sku, ()), live)
        self.snapshot = Snapshot(
            skus=self.snapshot.skus,
            skus_by_category=self.snapshot.skus_by_category,
            activities=activities,
            rules_by_sku=rules,
            redeemers={code: each for code, each in self.registry.promotions.items() if each.redeems},
            book=self._book(text),
        )
        return made

    def _book(self, text: str) -> PriceBook:
        ruleset = self._compiler.compiled([self.package(text)])
        if not ruleset.compiled.rules:
            return self.snapshot.book
        return PriceBook({ruleset.currency: Prices(ruleset, ("bench",), "bench", "bench")})

    def attempt(
        self,
        *lines: tuple[str, int],
        activity: Activity | None = None,
        buyer: str = "b1",
        device: str = "d1",
        address: str = "a1",
        ticket: str = "",
        now_ms: int | None = None,
        facts: Mapping[str, Mapping[str, Any]] | None = None,
        shipping_minor: int = 0,
    ) -> Attempt:
        """An order of `(sku, quantity)` lines, all in one activity or, without one, ordinary lines."""
        activity_id = activity.activity_id if activity is not None else RETAIL
        skus = self.snapshot.skus
        return Attempt(
            order_id="o1",
            caller=self.host.caller_name,
            buyer=buyer,
            device=device,
            address=address,
            currency=CURRENCY,
            ticket=ticket,
            region="",
            now_ms=self.host.clock.now_ms() if now_ms is None else now_ms,
            lines=tuple(
                CartLine(index, sku, quantity, activity_id, skus[sku].category, skus[sku].list_minor)
                for index, (sku, quantity) in enumerate(lines)
            ),
            facts=facts or {},
            shipping_minor=shipping_minor,
        )

    def try_place(self, attempt: Attempt, admit: bool = True) -> Outcome:
        """What the engine would make of it: priced lines and claims, a refusal, or an error. Without `admit`: a quote."""
        [outcome] = Assembler(self.supervisor, RunOut(self.host.clock)).assemble(
            [attempt], self.snapshot, Turn(), admit
        )
        return outcome

    def place(self, attempt: Attempt) -> Assembled:
        """The priced lines and claims of an order that must be accepted. Raises AssertionError, or the error, when it is not."""
        outcome = self.try_place(attempt)
        if isinstance(outcome, TuanError):
            raise outcome
        if isinstance(outcome, Refusal):
            raise AssertionError(f"refused: {outcome}")
        return outcome

    def context(self, package: CheckedPackage, block: CheckedBlock) -> PublishContext:
        """What the block's plan may look at."""
        skus: Callable[[Sequence[str], Sequence[str]], list[Sku]] = self.snapshot.skus_under
        return PublishContext(
            ruleset_hash=package.ruleset_hash,
            package=package.name,
            zone=package.zone,
            currency=package.currency,
            now_ms=self.host.clock.now_ms(),
            windows=((block.window.start_ms, block.window.end_ms),) if block.window is not None else (),
            campaign_id="",
            skus=skus,
        )


def _by_category(skus: Sequence[Sku]) -> dict[str, tuple[str, ...]]:
    categories = dict.fromkeys(sku.category for sku in skus)
    return {category: tuple(sku.sku for sku in skus if sku.category == category) for category in categories}
