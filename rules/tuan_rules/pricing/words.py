"""An explanation in words, English or Chinese, and as plain data: for the command line, failing tests and the engine's API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from tuan_rules.currencies import decimals, sign_of
from tuan_rules.currencies import shown_money as money
from tuan_rules.difference.show import quote
from tuan_rules.plan.model import RulePlan
from tuan_rules.pricing.commissions import CommissionProposal
from tuan_rules.pricing.explain import Explained, Explanation, Rejected
from tuan_rules.pricing.ledger import SHIPPING
from tuan_rules.reasons import REASONS

#: Digits beyond the currency's own that an exact amount shows; what is cut ends in an ellipsis.
_MORE_DIGITS = 4
_WORDS = {
    "en": {
        "list": "list price: {list}, units: {units}", "pay": "to pay: {goods} for the goods",
        "shipping": " + {shipping} shipping = {payable}", "line": "line {number}, {sku} x {units}", "of_shipping": "shipping",
        "exact": "exactly {exact}", "rounded": "rounded {mode} to {unit}", "limited": "limited by {limits}",
        "shared": "together {exact}{how}, shared by what the lines cost", "gift": "gift: {sku} x {units} from {rule}",
        "asked": "asked:", "answer": "{rule}: {call} = {value}",
        "not": "not counted:", "in_line": " (line {number})", "counted": "{rule} counted", "none": "no rule changed the price",
        "of": "of {stack}", "by": "{rule}: {why}",
        "refused": "refused by {rule} ({code}): {why}",
        "refused_missing": "refused by {rule} ({code}): missing fact {fact}",
        "commission": "{rule} level {level}: {earner} earns {amount} of line {number}",
    },
    "zh": {
        "list": "标价：{list}，共 {units} 件", "pay": "应付：商品 {goods}",
        "shipping": " + 运费 {shipping} = {payable}", "line": "第 {number} 行，{sku} × {units}", "of_shipping": "运费",
        "exact": "精确值 {exact}", "rounded": "按 {mode} 取整到 {unit}", "limited": "受限于{limits}",
        "shared": "合计 {exact}{how}，按各行金额分摊", "gift": "赠品：{sku} × {units}，来自 {rule}",
        "asked": "询问：", "answer": "{rule}：{call} = {value}",
        "not": "未生效：", "in_line": "（第 {number} 行）", "counted": "{rule} 已生效", "none": "没有规则改变价格",
        "of": "叠加组 {stack}", "by": "{rule}：{why}",
        "refused": "被 {rule} 拒绝（{code}）：{why}",
        "refused_missing": "被 {rule} 拒绝（{code}）：缺少事实 {fact}",
        "commission": "{rule} 第 {level} 级：{earner} 从第 {number} 行得 {amount}",
    },
}  # fmt: skip
_PHASES = {
    "price_source": ("price source", "价格来源"), "line_discount": ("line discount", "单品优惠"),
    "order_discount": ("order discount", "订单优惠"), "shipping": ("shipping", "运费"), "tender": ("tender", "抵扣"),
}  # fmt: skip
_LIMITS = {
    "floor": ("the floor", "最低价"), "zero": ("zero", "零"), "cap": ("its cap", "上限"),
    "stack_cap": ("the cap of its stack", "叠加组上限"),
    "budget": ("its budget", "预算"),
}  # fmt: skip
_MODES = {"half_up": "四舍五入", "half_even": "四舍六入五成双", "down": "舍去", "up": "进一"}


def explanation_in_words(
    explanation: Explanation, language: str = "en", commissions: Sequence[CommissionProposal] | None = None
) -> list[str]:
    """The ledger from list price to what is paid, then the rules that did not count: lines of text.

    `commissions`: of what is paid in the end, where that is not what the rules came to; left out: of the price that is explained.
    """
    return list(_Narrator(explanation, language, commissions).ledger())


def why_not_in_words(explanation: Explanation, rule_id: str, language: str = "en") -> str:
    """Why one rule did not count, or that it did. Raises KeyError for a rule that there is not."""
    narrator = _Narrator(explanation, language)
    rejected = explanation.why_not(rule_id)
    if rejected is None:
        return narrator.words["counted"].format(rule=narrator.rule(rule_id))
    return narrator.rejected(rejected)


def explanation_as_data(explanation: Explanation) -> dict[str, Any]:
    """The same as plain data for JSON: amounts in minor units, exact ones as texts such as `135/8`, reasons in both languages."""
    priced = explanation.priced
    return {
        "currency": explanation.ruleset.currency,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "list_minor": line.list_minor, "total_minor": line.total_minor}
            for line in priced.lines
        ],
        "steps": [_step(each) for each in explanation.applied()],
        "total_minor": priced.total_minor,
        "shipping_minor": priced.shipping_minor,
        "payable_minor": priced.payable_minor,
        "gifts": [{"rule_id": rule_id, "sku": sku, "quantity": units} for rule_id, sku, units in priced.gifts],
        "rejected": [rejected_as_data(each) for each in explanation.rejected()],
        "predicates": [
            {"rule_id": each.rule_id, "line_index": each.line_index, "call": each.call, "value": each.value}
            for each in explanation.answers()
        ],
        "claims_minor": dict(priced.claims),
        "refusals": [
            {"rule_id": each.rule_id, "code": each.code, "lines": list(each.lines), "missing": each.missing}
            for each in explanation.ruleset.gates(explanation.cart)
        ],
        "commissions": [
            {
                "rule_id": each.rule_id,
                "level": each.level,
                "earner": each.earner,
                "line_index": each.line_index,
                "amount_minor": each.amount_minor,
                "capped": each.capped,
            }
            for each in explanation.ruleset.commissions(explanation.cart, priced)
        ],
        "record": explanation.record(),
    }


def rejected_as_data(rejected: Rejected) -> dict[str, Any]:
    """One rule that did not count, as plain data."""
    return {
        "rule_id": rejected.rule_id,
        "line_index": rejected.line_index,
        "why": rejected.why,
        "by": rejected.by,
        "message": {"en": rejected.message("en"), "zh": rejected.message("zh")},
    }


def _step(explained: Explained) -> dict[str, Any]:
    exact = explained.exact_off_minor
    return {
        **explained.step._asdict(),
        "after_minor": explained.after_minor,
        "exact_off_minor": None if exact is None else str(exact),
        "limits": list(explained.limits),
    }


class _Narrator:
    def __init__(
        self, explanation: Explanation, language: str, commissions: Sequence[CommissionProposal] | None = None
    ) -> None:
        self.explanation = explanation
        self.commissions = commissions
        self.zh = language == "zh"
        self.words = _WORDS["zh" if self.zh else "en"]
        self.currency = explanation.ruleset.currency
        self._plans = {plan.rule_id: plan for plan in explanation.ruleset.compiled.plans}
        self._scopes = {stack.name: stack.by_line for stack in explanation.ruleset.compiled.stacks}

    def ledger(self) -> Iterator[str]:
        priced, words = self.explanation.priced, self.words
        listed = sum(line.list_minor * line.quantity for line in priced.lines)
        yield words["list"].format(list=self.money(listed), units=sum(line.quantity for line in priced.lines))
        steps = self.explanation.applied()
        for (rule_id, phase), group in groupby(steps, key=lambda each: (each.step.rule_id, each.step.phase)):
            yield from self._steps(rule_id, phase, list(group))
        for rule_id, sku, units in priced.gifts:
            yield words["gift"].format(sku=sku, units=units, rule=self.rule(rule_id))
        if not steps and not priced.gifts:
            yield words["none"]
        pay = words["pay"].format(goods=self.money(priced.total_minor))
        if priced.shipping_minor:
            shipping, payable = self.money(priced.shipping_minor), self.money(priced.payable_minor)
            pay += words["shipping"].format(shipping=shipping, payable=payable)
        yield pay
        yield from self._beside()
        rejected = self.explanation.rejected()
        if rejected:
            yield words["not"]
        for each in rejected:
            yield f"  {self.rejected(each)}"
        told = self.explanation.answers()
        if told:
            yield words["asked"]
        for answer in told:
            where = "" if answer.line_index == SHIPPING else words["in_line"].format(number=answer.line_index + 1)
            rule = self.rule(answer.rule_id)
            yield f"  {words['answer'].format(rule=rule, call=answer.call, value=answer.value)}{where}"

    def _beside(self) -> Iterator[str]:
        """Gates that would refuse the order, and what distributors would earn."""
        ruleset, cart, words = self.explanation.ruleset, self.explanation.cart, self.words
        for refusal in ruleset.gates(cart):
            form = "refused_missing" if refusal.missing else "refused"
            why = refusal.message.in_language("zh" if self.zh else "en")
            yield words[form].format(rule=self.rule(refusal.rule_id), code=refusal.code, why=why, fact=refusal.missing)
        proposed = self.commissions
        for each in ruleset.commissions(cart, self.explanation.priced) if proposed is None else proposed:
            yield words["commission"].format(
                rule=self.rule(each.rule_id), level=each.level, earner=each.earner, amount=self.money(each.amount_minor),
                number=each.line_index + 1,
            )  # fmt: skip

    def _steps(self, rule_id: str, phase: str, steps: list[Explained]) -> Iterator[str]:
        stack = steps[0].step.stack
        where = self.words["of"].format(stack=quote(stack)) if stack else ""
        colon = "：" if self.zh else ": "
        yield f"{_PHASES[phase][self.zh]}{colon}{self.rule(rule_id)} {where}".rstrip()
        rule = self._plans.get(rule_id)
        together = rule is not None and not self._scopes[rule.stack] and phase != "shipping"
        if together and steps[0].exact_off_minor is not None:
            how = self._how(rule, steps[0], total=sum(each.step.off_minor for each in steps))
            exact = self.exact(steps[0].exact_off_minor)
            yield "  " + self.words["shared"].format(exact=exact, how="".join(f", {each}" for each in how))
        for each in steps:
            step = each.step
            sign = "-" if step.off_minor >= 0 else "+"
            sums = f"{self.money(step.before_minor)} {sign} {self.money(abs(step.off_minor))} = {self.money(each.after_minor)}"
            how = [] if together or rule is None else self._how(rule, each, total=step.off_minor)
            off = each.exact_off_minor
            if how and off is not None and off != step.off_minor:
                how.insert(0, self.words["exact"].format(exact=self.exact(off)))
            told = ("；" if self.zh else "; ").join([sums, *how])
            yield f"  {self._place(step.line_index)}{colon}{told}"

    def _how(self, rule: RulePlan | None, explained: Explained, total: int) -> list[str]:
        """How an exact amount became this one: by rounding, and by what limited it."""
        found = []
        limits = [_LIMITS[limit][self.zh] for limit in explained.limits]
        exact = explained.exact_off_minor
        if (
            rule is not None
            and exact is not None
            and exact != total
            and exact.denominator * rule.rounding.unit_minor != 1
        ):
            mode = rule.rounding.mode
            shown = _MODES[mode] if self.zh else mode
            found.append(self.words["rounded"].format(mode=shown, unit=self.money(rule.rounding.unit_minor)))
        if limits:
            found.append(self.words["limited"].format(limits=("、" if self.zh else ", ").join(limits)))
        return found

    def rejected(self, rejected: Rejected) -> str:
        """`price "x": lower than price "y" (line 1)`."""
        by = rejected.by
        if rejected.why in ("lower", "dearer", "after"):
            by = self.rule(by)
        elif rejected.why == "limited":
            by = _LIMITS[by][self.zh].removeprefix("its ")
        why = REASONS[rejected.why][self.zh].format(by=by)
        line = rejected.line_index
        where = "" if line == SHIPPING else self.words["in_line"].format(number=line + 1)
        return self.words["by"].format(rule=self.rule(rejected.rule_id), why=why) + where

    def rule(self, rule_id: str) -> str:
        """`price "member-98"`; an id of something else, such as an activity, as it is."""
        rule = self._plans.get(rule_id)
        if rule is not None:
            return f"{rule.kind} {quote(rule.label)}"
        for package in self.explanation.ruleset.hashes:
            kind, _, label = rule_id.removeprefix(f"{package}/").partition("/")
            if rule_id.startswith(f"{package}/") and label:
                return f"{kind} {quote(label)}"
        return rule_id

    def _place(self, line_index: int) -> str:
        if line_index == SHIPPING:
            return self.words["of_shipping"]
        line = self.explanation.priced.lines[line_index]
        return self.words["line"].format(number=line_index + 1, sku=line.sku, units=line.quantity)

    def money(self, amount_minor: int) -> str:
        return money(amount_minor, self.currency)

    def exact(self, amount_minor: Fraction | None) -> str:
        """An exact amount with as many digits as it has, and an ellipsis where they do not end soon."""
        assert amount_minor is not None
        places = decimals(self.currency) + _MORE_DIGITS
        scaled = abs(amount_minor) * 10**_MORE_DIGITS
        digits = str(int(scaled)).rjust(places + 1, "0")
        number = f"{digits[:-places]}.{digits[-places:]}"
        most = len(number) - _MORE_DIGITS
        shown = number[:most] + number[most:].rstrip("0") if scaled.denominator == 1 else f"{number}…"
        return f"{'-' if amount_minor < 0 else ''}{sign_of(self.currency)}{shown.rstrip('.')}"
