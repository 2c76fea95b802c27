"""`tuan-rules explain`: why a cart costs what it costs, why a rule did not count, and by what rules are found."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tuan_rules.checked import CheckedPackage
from tuan_rules.cli.command import EXIT_CLEAN, EXIT_FOUND, Command, add_files, add_language, read_checked
from tuan_rules.given import names_block
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.explain import Explanation, explain
from tuan_rules.pricing.recorded import cart_from_record
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.pricing.words import explanation_as_data, explanation_in_words, rejected_as_data, why_not_in_words
from tuan_rules.testing.cases import cases_of
from tuan_rules.vocabulary import Vocabulary, closest


def _add_to(parser: argparse.ArgumentParser) -> None:
    add_files(parser, "the files of one package")
    parser.add_argument(
        "--cart", metavar="CART", help="a JSON file, or the name of a test, or of a case as `test / case`"
    )
    parser.add_argument("--why-not", metavar="RULE", help="why this rule did not count: its label, or kind/label")
    parser.add_argument("--index", action="store_true", help="by what each rule is found")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_language(parser)


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    """Exit status 0: told; 1: the files have errors, which are shown; 2: no such test, cart or rule."""
    if options.cart is None and (options.why_not is not None or not options.index):
        raise ValueError("say what to explain: --cart CART.json, --cart TEST, or --index")
    _, package = read_checked(options, vocabulary)
    if package is None:
        return EXIT_FOUND
    ruleset = Ruleset.of([package], vocabulary, sources=True)
    told: dict[str, Any] = {}
    lines: list[str] = []
    if options.cart is not None:
        explanation = explain(ruleset, _cart(options.cart, package, vocabulary))
        data, words = _told(explanation, options.why_not, options.language)
        told |= data
        lines += words
    if options.index:
        told["index"] = ruleset.explain_index()
        lines += [f"{rule_id}: {how}" for rule_id, how in ruleset.explain_index().items()]
    print(json.dumps(told, ensure_ascii=False, indent=2, default=str) if options.format == "json" else "\n".join(lines))
    return EXIT_CLEAN


def _told(explanation: Explanation, why_not: str | None, language: str) -> tuple[dict[str, Any], list[str]]:
    if why_not is None:
        return explanation_as_data(explanation), explanation_in_words(explanation, language)
    rules = explanation.ruleset.compiled.plans
    meant = [rule.rule_id for rule in rules if why_not == rule.rule_id or names_block(why_not, rule.kind, rule.label)]
    if len(meant) != 1:
        raise ValueError(f"{why_not!r} names {len(meant)} rules{_hint(why_not, [rule.label for rule in rules])}")
    rejected = explanation.why_not(meant[0])
    data = {"rule_id": meant[0], "rejected": None if rejected is None else rejected_as_data(rejected)}
    return data, [why_not_in_words(explanation, meant[0], language)]


def _cart(name: str, package: CheckedPackage, vocabulary: Vocabulary) -> Cart:
    if name.endswith(".json"):
        try:
            return cart_from_record(json.loads(Path(name).read_text(encoding="utf-8")), vocabulary)
        except json.JSONDecodeError as error:
            raise ValueError(f"{name}:{error.lineno}: not JSON: {error.msg}") from error
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    cases = {case.name: case for case in cases_of(package)}
    if name not in cases:
        raise ValueError(f"there is no test {name!r}{_hint(name, list(cases))}")
    return cases[name].cart()


def _hint(name: str, names: list[str]) -> str:
    near = closest(name, names)
    return f"; did you mean {near!r}?" if near else ""


COMMAND = Command("explain", "why a cart costs what it costs, and why a rule did not count", _add_to, _run)
