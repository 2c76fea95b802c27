"""Explained prices, differences and simulations to messages."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tuan.ports import ShadowTotals
from tuan.server.convert.instant import timestamp
from tuan.server.convert.money import money
from tuan.server.convert.placing import gate_refusal
from tuan.usecases.pricing.gatekeeper import gate_refused
from tuan.usecases.rules.explain_price import PriceExplained
from tuan.usecases.rules.simulate_rules import Report
from tuan_api.v1 import fact_pb2
from tuan_api.v1 import rules_pb2 as api
from tuan_rules.currencies import shown_money as shown
from tuan_rules.difference.compare import BlockChange
from tuan_rules.pricing import Rejected
from tuan_rules.pricing.commissions import CommissionProposal
from tuan_rules.pricing.words import explanation_in_words

_INT64_MAX = 2**63 - 1


def block_change(change: BlockChange) -> api.BlockChange:
    return api.BlockChange(
        change=api.ChangeKind.Value(f"CHANGE_KIND_{change.change.upper()}"),
        path=change.path,
        fields=[
            api.FieldChange(name=field.name, before=field.before, after=field.after, by=field.by)
            for field in change.fields
        ],
    )


def explained_price(
    explained: PriceExplained, answers: Sequence[tuple[str, object]], lang: str
) -> api.ExplainPriceResponse:
    explanation, currency = explained.explanation, explained.currency
    priced = explanation.priced
    shipping_minor = explained.list_shipping_minor
    list_minor = sum(line.list_minor * line.quantity for line in priced.lines) + shipping_minor
    return api.ExplainPriceResponse(
        ruleset_hash=explained.ruleset_hash,
        currency_code=currency,
        evaluate_time=timestamp(explained.time_ms),
        list_total=money(list_minor, currency),
        total=money(explained.total_minor, currency),
        steps=[
            api.PriceStep(
                line_index=each.step.line_index,
                phase=each.step.phase,
                stack=each.step.stack,
                rule_id=each.step.rule_id,
                before_minor=each.step.before_minor,
                off_minor=each.step.off_minor,
                after_minor=each.after_minor,
                exact_off=_ratio(each.exact_off_minor),
                limits=each.limits,
                funded_by=each.step.funded_by,
            )
            for each in explanation.applied()
        ],
        gifts=[api.RuleGift(rule_id=rule_id, sku=sku, quantity=units) for rule_id, sku, units in priced.gifts],
        uncounted=[_uncounted(each, lang) for each in explanation.rejected()],
        why_not=[_why_not(rule_id, answer, lang) for rule_id, answer in answers],
        text=[*explanation_in_words(explanation, lang, explained.commissions), *_plugins(explained, lang)],
        reproduced=explained.reproduced,
        gates=[gate_refusal(gate_refused(each), lang) for each in explained.gates],
        commissions=[_commission(each) for each in explained.commissions],
    )


def _commission(proposal: CommissionProposal) -> api.CommissionProposal:
    return api.CommissionProposal(
        rule_id=proposal.rule_id,
        level=proposal.level,
        earner_id=proposal.earner,
        line_index=proposal.line_index,
        rate=_ratio(proposal.rate),
        exact_base=_ratio(proposal.base_minor),
        exact_amount=_ratio(proposal.exact_minor),
        amount_minor=proposal.amount_minor,
        capped_per=proposal.capped,
    )


def _plugins(explained: PriceExplained, lang: str) -> list[str]:
    """What plugins took off after the rules, where they did."""
    if not explained.plugins_off_minor:
        return []
    off, total = (shown(amount, explained.currency) for amount in (explained.plugins_off_minor, explained.total_minor))
    if lang == "zh":
        return [f"插件另减 {off}；实付 {total}"]
    return [f"taken off by plugins after the rules: {off}; to pay: {total}"]


def _ratio(exact: Fraction | None) -> fact_pb2.Ratio | None:
    """None also for one that no 64 bits hold; the step itself is exact all the same."""
    if exact is None or max(abs(exact.numerator), exact.denominator) > _INT64_MAX:
        return None
    return fact_pb2.Ratio(numerator=exact.numerator, denominator=exact.denominator)


def _uncounted(rejected: Rejected, lang: str) -> api.UncountedRule:
    return api.UncountedRule(
        rule_id=rejected.rule_id,
        line_index=rejected.line_index,
        why=rejected.why,
        by=rejected.by,
        message=rejected.message(lang),
    )


def _why_not(rule_id: str, answer: object, lang: str) -> api.WhyNot:
    if isinstance(answer, Rejected):
        return api.WhyNot(rule_id=rule_id, uncounted=_uncounted(answer, lang))
    if answer is None:
        return api.WhyNot(rule_id=rule_id, counted=True)
    return api.WhyNot(rule_id=rule_id, unknown=True)


def simulation_step(report: Report, whole: bool) -> api.SimulateRulesResponse:
    if not whole:
        progress = api.SimulationProgress(
            orders=report.orders + report.failed, reached_time=timestamp(report.reached_time_ms)
        )
        return api.SimulateRulesResponse(progress=progress)
    return api.SimulateRulesResponse(
        report=api.SimulationReport(
            ruleset_hash=report.ruleset_hash,
            currency_code=report.currency,
            orders=report.orders,
            cheaper=report.cheaper,
            dearer=report.dearer,
            failed=report.failed,
            truncated=report.truncated,
            live_total=money(report.live_minor, report.currency),
            simulated_total=money(report.simulated_minor, report.currency),
            rules=[
                api.RuleTotal(
                    rule_id=rule_id,
                    live_orders=total.live_orders,
                    live_off_minor=total.live_off_minor,
                    simulated_orders=total.simulated_orders,
                    simulated_off_minor=total.simulated_off_minor,
                    simulated_refused=total.simulated_refused,
                    simulated_commission_minor=total.simulated_commission_minor,
                )
                for rule_id, total in report.by_change()
            ],
            largest=[
                api.OrderDifference(order_id=order_id, live_minor=live, simulated_minor=simulated)
                for _, order_id, live, simulated in report.samples()
            ],
            refused=report.refused,
        )
    )


def shadow_total(totals: ShadowTotals) -> api.ShadowTotal:
    return api.ShadowTotal(
        orders=totals.orders,
        cheaper=totals.cheaper,
        dearer=totals.dearer,
        failed=totals.failed,
        dropped=totals.dropped,
        live_total=money(totals.live_minor, totals.currency),
        shadow_total=money(totals.shadow_minor, totals.currency),
        update_time=timestamp(totals.update_time_ms),
    )
