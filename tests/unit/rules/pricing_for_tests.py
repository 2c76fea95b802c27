"""Packages and carts for the tests of pricing: short texts in, rulesets out, strategies that draw both, and what holds of any price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import CheckedPackage, SourceFile, check, render_text
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.ledger import SHIPPING, Priced
from tuan_rules.pricing.ruleset import Ruleset

STACKS = """
stack "price"  { phase = price_source    scope = line   pick = best_for_buyer  base = original }
stack "line"   { phase = line_discount   scope = line   pick = best_for_buyer  base = running }
stack "every"  { phase = line_discount   scope = line   pick = all             base = original  cap = ¥40.00 }
stack "least"  { phase = line_discount   scope = line   pick = lowest_cost     base = running  exclusive_with = [stack "order"] }
stack "order"  { phase = order_discount  scope = order  pick = best_for_buyer  base = running  exclusive_with = [stack "least"] }
stack "more"   { phase = order_discount  scope = order  pick = all             base = original  limit = 3 }
stack "ship"   { phase = shipping        scope = order  pick = first           base = running }
stack "tender" { phase = tender          scope = order  pick = all             base = running }
"""
STACK_NAMES = ["price", "line", "every", "least", "order", "more", "ship", "tender"]
BUYER: dict[str, Any] = {"id": "b1", "level": 3, "segments": ["vip"], "is_new": False, "blocked": False}
TIME_MS = 1_800_000_000_000


def head(currency: str = "CNY", name: str = "shop", zone: str = "Asia/Shanghai") -> str:
    """A package block."""
    return f'package "{name}" {{ version = "1.0.0"  zone = "{zone}"  currency = "{currency}" }}\n'


def checked(*texts: str) -> CheckedPackage:
    """A package of these files; fails with the diagnostics when there is an error."""
    files = [SourceFile(f"f{number}", text) for number, text in enumerate(texts)]
    result = check(files, TYPED_VOCABULARY)
    assert result.package is not None, render_text(result.diagnostics, files)
    return result.package


def ruleset(rules: str, *, stacks: str = STACKS, currency: str = "CNY", zone: str = "Asia/Shanghai") -> Ruleset:
    """A compiled ruleset of one package."""
    return Ruleset.of([checked(head(currency, zone=zone) + stacks + rules)], TYPED_VOCABULARY)


def line(
    sku: str = "S1", quantity: int = 1, list_minor: int = 10_000, category: str = "fresh/fruit", **facts: Any
) -> CartLine:
    """A line of a cart."""
    return CartLine(sku, quantity, list_minor, category, facts=facts)


def cart(
    *lines: CartLine, time_ms: int = TIME_MS, shipping: int = 0, buyer: Mapping[str, Any] = BUYER, **more: Any
) -> Cart:
    """A cart of a member of level 3 in the segment vip."""
    return Cart(list(lines), time_ms, {"buyer": buyer, "cart": {"coupons": []}, **more}, shipping)


def check_ledger(priced: Priced, cart: Cart) -> None:
    """The books of one price: every cent of difference is a step, in order, and nothing is below zero."""
    running = [line.quantity * line.list_minor for line in cart.lines]
    shipping = cart.shipping_minor
    for step in priced.steps:
        if step.line_index == SHIPPING:
            assert step.before_minor == shipping
            shipping -= step.off_minor
        else:
            assert step.before_minor == running[step.line_index]
            running[step.line_index] -= step.off_minor
            units = priced.units_off(step)
            assert sum(units) == step.off_minor
            assert all(unit >= 0 for unit in units)
        assert step.off_minor > 0
        assert shipping >= 0
        assert min(running) >= 0
    assert [line.total_minor for line in priced.lines] == running
    assert (priced.total_minor, priced.shipping_minor) == (sum(running), shipping)
    assert priced.total_minor == sum(count * unit for line in priced.lines for count, unit in line.unit_runs)


GIVES_LINE = [
    "off(12%)", "off(1/8)", "pay(88%)", "pay(8.8折)", "off(¥3.33)", "set(¥7.77)", "[2 => off(10%), 3 => pay(8折)]",
    "[¥50 => off(¥5), ¥100 => off(¥12.34)]", "every(¥30, off(¥4), most: 3)", "buy(2, get: 1)", "buy(1, get: 1, off: 50%)",
    "off(7% of line.list)", "set(round(93% of line.list, down))", "off(33.3%)",
]  # fmt: skip
GIVES_LINE.remove("off(1/8)")
GIVES_ORDER = [
    "off(12%)", "pay(9.5折)", "off(¥20)", "[¥100 => off(¥10), ¥200 => off(¥25)]", "every(¥100, off(¥9))", "buy(2, get: 1)",
    "buy(3, get: 2, off: 33%)", 'gift("G1")', "off(3% of cart.subtotal)", "[3 => off(5%), 5 => off(¥30)]",
]  # fmt: skip
ONS = [
    "", 'on = line.sku in ["S1", "S2"]', 'on = line.sku == "S3"', 'on = line.category under "fresh"', "on = line.qty >= 2",
    'on = line.category under "fresh/fruit" or line.sku == "S4"', 'on = line.category == "dry"', 'on = "new" in line.tags',
    "on = (line.margin ?? 10%) >= 30%", 'on = line.sku in ["S1"] or line.qty > 2', 'on = line.list >= 50% of cart.subtotal',
]  # fmt: skip
WHENS = [
    "", "when = buyer.level >= 3", 'when = buyer.segments in ["vip", "gold"]', "when = cart.subtotal >= ¥80.00",
    'when = "new" in buyer.segments or buyer.is_new', "when = not (buyer.blocked ?? true) and cart.units >= 2",
    'when = cart.event is set and cart.event == "live"', "when = buyer.age is not set or buyer.age < 30d",
    "when = min(cart.subtotal, ¥90.00) * 50% <= ¥45.00", "when = cart.time in (from 2027-01-01 until 2028-01-01)",
    'when = (cart.campaign ?? "none") == "spring" or buyer.level > 1',
]  # fmt: skip


@st.composite
def rule_texts(draw: st.DrawFn, stack: str, priority: int) -> str:
    """One rule for a stack, all its parts drawn."""
    by_line = stack in ("price", "line", "every", "least")
    gives = GIVES_LINE if by_line else GIVES_ORDER
    if stack == "price":
        gives = [give for give in gives if give.startswith(("off(", "set(", "pay(", "[2"))]
    elif stack in ("ship", "tender"):
        gives = ["off(12%)", "off(¥3)", "off(100%)", "off(¥1.11)"]
    fields = [draw(st.sampled_from(ONS)), draw(st.sampled_from(WHENS)), f"give = {draw(st.sampled_from(gives))}"]
    gift = "gift" in fields[2]
    if draw(st.booleans()) and not gift:
        fields.append(
            draw(st.sampled_from(["cap = ¥5.55 per order", "cap = round(4% of cart.subtotal, up) per order"]))
        )
    elif by_line and draw(st.booleans()):
        fields.append(draw(st.sampled_from(["cap = ¥2.22 per line", "floor = 60% of line.list", "floor = ¥6.66"])))
    if draw(st.integers(0, 3)) == 0 and not gift:
        fields.append(draw(st.sampled_from(["budget = ¥30.00  on_exceed = clip", "budget = ¥30.00  on_exceed = skip"])))
    return f'price "r{priority}" {{ {"  ".join(fields)}  stack = stack "{stack}"  priority = {priority} }}'


@st.composite
def rules(draw: st.DrawFn, most: int = 8) -> list[str]:
    """Up to `most` rules over all stacks."""
    stacks = draw(st.lists(st.sampled_from(STACK_NAMES), max_size=most))
    return [draw(rule_texts(stack, priority)) for priority, stack in enumerate(stacks)]


ACTIVES = [
    "", "active = from 2027-01-10 until 2027-01-20", "active = from 2027-01-15 16:00 until 2027-01-15 18:00",
    "sessions = daily(at: [10:00, 16:00], for: 2h)",
    "active = from 2027-01-12 until 2027-01-17  sessions = daily(at: 09:30, for: 90min)",
]  # fmt: skip


@st.composite
def many_rules(draw: st.DrawFn, most: int) -> list[str]:
    """Up to `most` rules of all kinds and stacks, some of them in force at times only (around TIME_MS, 2027-01-15 16:00 in Shanghai)."""
    stacks = draw(st.lists(st.sampled_from(STACK_NAMES), min_size=most // 2, max_size=most))
    texts = []
    for priority, stack in enumerate(stacks):
        text = draw(rule_texts(stack, priority))
        texts.append(text.replace("{ ", f"{{ {draw(st.sampled_from(ACTIVES))}  ", 1))
    return texts


ROUNDINGS = st.sampled_from(
    ["", "rounding { unit = ¥0.01  mode = half_even }", "rounding { unit = ¥0.10  mode = down }",
     "rounding { unit = ¥1.00  mode = half_up }", "rounding { mode = up }", "rounding { mode = half_up  at = each_line }",
     "rounding { unit = ¥0.10  mode = half_up  at = each_line }"]
)  # fmt: skip


@st.composite
def carts(draw: st.DrawFn, most: int = 5) -> Cart:
    """Carts of one to `most` lines, the same SKU several times among them."""
    lines = draw(
        st.lists(
            st.builds(
                lambda sku, quantity, list_minor, category, facts: CartLine(
                    sku, quantity, list_minor, category, facts=facts
                ),
                st.sampled_from(["S1", "S2", "S3", "S4", "S5"]),
                st.integers(1, 7),
                st.one_of(st.integers(0, 30), st.integers(100, 20_000)),
                st.sampled_from(["fresh", "fresh/fruit", "fresh/fruit/apple", "dry", "freshness"]),
                st.fixed_dictionaries(
                    {"tags": st.sampled_from([(), ("new",), ("new", "hot")])},
                    optional={"margin": st.sampled_from([Fraction(1, 3), Fraction(3, 10), Fraction(0)])},
                ),
            ),
            min_size=1,
            max_size=most,
        )
    )
    buyer = draw(
        st.fixed_dictionaries(
            {
                "id": st.just("b"),
                "level": st.integers(0, 5),
                "segments": st.sampled_from([(), ("vip",), ("new", "gold"), ("vip", "gold")]),
                "is_new": st.booleans(),
            },
            optional={"blocked": st.booleans(), "age": st.sampled_from([0, 86_400_000, 40 * 86_400_000])},
        )
    )
    of_cart = draw(
        st.fixed_dictionaries({}, optional={"event": st.sampled_from(["live", "x"]), "campaign": st.just("spring")})
    )
    return Cart(lines, TIME_MS, {"buyer": buyer, "cart": of_cart}, draw(st.integers(0, 1_500)))


def shuffled(draw: st.DrawFn, items: Sequence[Any]) -> list[Any]:
    """The items in a drawn order."""
    return list(draw(st.permutations(items)))
