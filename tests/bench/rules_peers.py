"""Other rule engines on the same rules: each in the forms that its documentation suggests, of which the fastest counts.

They are the extra `bench` of setup.cfg, and none is needed: what is not installed is named, and left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

#: Each rule's three thresholds, of a cart's subtotal in minor units, the buyer's level and the units.
Thresholds = list[tuple[int, int, int]]
Facts = dict[str, int]
#: The numbers of the rules that hold.
Run = Callable[[], set[int]]
TOGETHER = 100


@dataclass(frozen=True)
class Peer:
    """`forms`: ways to run the rules, by name, made when asked for."""

    name: str
    module: str
    forms: Callable[[Any, Thresholds, Facts], Iterator[tuple[str, Run]]]


def runs(peer: Peer, rules: Thresholds, facts: Facts) -> Iterator[tuple[str, Run]]:
    """The forms of a peer. Raises ImportError where it is not installed."""
    return peer.forms(import_module(peer.module), rules, facts)


def _zen(zen: Any, rules: Thresholds, facts: Facts) -> Iterator[tuple[str, Run]]:
    rows = [
        {"_id": f"r{n}", "s": f">= {subtotal}", "l": f">= {level}", "u": f">= {units}", "n": str(n)}
        for n, (subtotal, level, units) in enumerate(rules)
    ]
    inputs = [
        {"id": key, "name": key, "field": key_of} for key, key_of in (("s", "subtotal"), ("l", "level"), ("u", "units"))
    ]
    table = {
        "hitPolicy": "collect", "inputs": inputs, "outputs": [{"id": "n", "name": "n", "field": "n"}], "rules": rows,
    }  # fmt: skip
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "t", "name": "t", "type": "decisionTableNode", "content": table},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "t"},
            {"id": "e2", "type": "edge", "sourceId": "t", "targetId": "out"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    yield "table", lambda: {row["n"] for row in decision.evaluate(facts)["result"]}
    compiled = [
        zen.compile_expression(f"subtotal >= {subtotal} and level >= {level} and units >= {units}")
        for subtotal, level, units in rules
    ]
    yield "expressions", lambda: {n for n, each in enumerate(compiled) if each.evaluate(facts)}


def _cel_rust(cel: Any, rules: Thresholds, facts: Facts) -> Iterator[tuple[str, Run]]:
    texts = [_cel_text(rule) for rule in rules]
    lists = [cel.compile(f"[{', '.join(texts[start : start + TOGETHER])}]") for start in range(0, len(texts), TOGETHER)]

    def together() -> set[int]:
        context = cel.Context(facts)
        held = [each for program in lists for each in program.execute(context)]
        return {n for n, each in enumerate(held) if each}

    yield "lists", together
    programs = [cel.compile(text) for text in texts]

    def one_by_one() -> set[int]:
        context = cel.Context(facts)
        return {n for n, program in enumerate(programs) if program.execute(context)}

    yield "programs", one_by_one


def _cel_python(celpy: Any, rules: Thresholds, facts: Facts) -> Iterator[tuple[str, Run]]:
    environment = celpy.Environment()
    programs = [environment.program(environment.compile(_cel_text(rule))) for rule in rules]
    activation = celpy.json_to_cel(facts)
    yield "programs", lambda: {n for n, program in enumerate(programs) if program.evaluate(activation)}


def _rule_engine(rule_engine: Any, rules: Thresholds, facts: Facts) -> Iterator[tuple[str, Run]]:
    compiled = [
        rule_engine.Rule(f"subtotal >= {subtotal} and level >= {level} and units >= {units}")
        for subtotal, level, units in rules
    ]
    yield "rules", lambda: {n for n, rule in enumerate(compiled) if rule.matches(facts)}


def _business_rules(business_rules: Any, rules: Thresholds, facts: Facts) -> Iterator[tuple[str, Run]]:
    variables = import_module("business_rules.variables")
    actions = import_module("business_rules.actions")
    fields = import_module("business_rules.fields")
    held: set[int] = set()
    asked = {
        name: variables.numeric_rule_variable(lambda _, name=name: facts[name])
        for name in ("subtotal", "level", "units")
    }
    cart = type("CartVariables", (variables.BaseVariables,), asked)()
    note = actions.rule_action(params={"number": fields.FIELD_NUMERIC})(lambda _, number: held.add(number))
    notes = type("Notes", (actions.BaseActions,), {"note": note})()
    listed = [
        {
            "conditions": {
                "all": [
                    {"name": name, "operator": "greater_than_or_equal_to", "value": value}
                    for name, value in zip(("subtotal", "level", "units"), rule, strict=True)
                ]
            },
            "actions": [{"name": "note", "params": {"number": n}}],
        }
        for n, rule in enumerate(rules)
    ]

    def run() -> set[int]:
        held.clear()
        business_rules.run_all(rule_list=listed, defined_variables=cart, defined_actions=notes)
        return set(held)

    yield "run_all", run


def _cel_text(rule: tuple[int, int, int]) -> str:
    subtotal, level, units = rule
    return f"subtotal >= {subtotal} && level >= {level} && units >= {units}"


PEERS = (
    Peer("zen-engine", "zen", _zen),
    Peer("common-expression-language", "cel", _cel_rust),
    Peer("business-rules", "business_rules", _business_rules),
    Peer("rule-engine", "rule_engine", _rule_engine),
    Peer("cel-python", "celpy", _cel_python),
)
