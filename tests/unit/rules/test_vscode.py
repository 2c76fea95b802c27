"""The VS Code extension: its files are valid, its grammar is the language's, and the examples are coloured as they are meant."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tuan_rules import SourceFile
from tuan_rules.cli import COMMANDS
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.format.tokens import words_of
from tuan_rules.syntax.parser import RESERVED_WORDS
from tuan_rules.syntax.read import read_document

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "clients" / "vscode"
GRAMMAR = json.loads((FOLDER / "syntaxes" / "tuan.tmLanguage.json").read_text(encoding="utf-8"))
FILES = [*sorted((ROOT / "rules" / "examples").glob("*.tuan")), Path(__file__).parent / "data" / "full-sketch.tuan"]

#: What a terminal of the parser is coloured as, where the answer does not depend on what surrounds it.
SCOPES = {
    "STRING": "string.", "MONEY": "constant.numeric.money", "PERCENT": "constant.numeric.percent",
    "INSTANT": "constant.numeric.instant", "TIME": "constant.numeric.time", "NUMBER": "constant.numeric",
    "QUANTITY": "constant.numeric", "TRUE": "constant.language", "FALSE": "constant.language", "AND": "keyword.operator.word",
    "OR": "keyword.operator.word", "NOT": "keyword.operator.word", "IN": "keyword.operator.word",
    "UNDER": "keyword.operator.word", "FROM": "keyword.operator.word", "UNTIL": "keyword.operator.word",
    "PER": "keyword.operator.word", "OF": "keyword.operator.word", "BY": "keyword.operator.word",
    "WITHIN": "keyword.operator.word", "THEN": "keyword.operator.word", "EACH": "keyword.operator.word",
    "WHERE": "keyword.operator.word", "IS_SET": "keyword.operator.word", "ALL_IN": "keyword.operator.word",
    "COMPARE": "keyword.operator", "COALESCE": "keyword.operator", "EQUAL": "keyword.operator.assignment",
    "LBRACE": "punctuation", "RBRACE": "punctuation", "LPAR": "punctuation", "COMMA": "punctuation",
}  # fmt: skip


def _rules() -> list[tuple[re.Pattern[str], dict[str, object]]]:
    names = [str(pattern["include"]).removeprefix("#") for pattern in GRAMMAR["patterns"]]
    rules = [GRAMMAR["repository"][name] for name in names]
    return [(re.compile(_span_of(rule)), rule) for rule in rules]


def _span_of(rule: dict[str, str]) -> str:
    """The pattern of a rule; a text from its begin to its end, over escapes."""
    if "match" in rule:
        return rule["match"]
    return rf"{rule['begin']}(?:[^\"”\\]|\\.)*?(?:{rule['end']})"


def scopes_of(text: str) -> list[str]:
    """The scope of each character, as an editor finds it: line by line, the first match, earlier rules before later ones."""
    scopes = [""] * len(text)
    start = 0
    for line in text.splitlines(keepends=True):
        position = 0
        while position < len(line):
            found = [(match.start(), index, match, rule) for index, (pattern, rule) in enumerate(RULES)
                     if (match := pattern.search(line, position)) and match.end() > match.start()]  # fmt: skip
            if not found:
                break
            _, _, match, rule = min(found, key=lambda each: each[:2])
            _paint(scopes, start, match, rule)
            position = match.end()
        start += len(line)
    return scopes


def _paint(scopes: list[str], start: int, match: re.Match[str], rule: dict[str, object]) -> None:
    captures = rule.get("captures")
    whole = {"0": {"name": rule.get("name", "")}}
    for group, capture in (captures if isinstance(captures, dict) else whole).items():
        inner = match.start(int(group)), match.end(int(group))
        if "name" in capture:
            for offset in range(*inner):
                scopes[start + offset] = str(capture["name"])
            continue
        for name in ("text", "number"):
            for label in re.finditer(_span_of(GRAMMAR["repository"][name]), match.group(int(group))):
                for offset in range(inner[0] + label.start(), inner[0] + label.end()):
                    scopes[start + offset] = scopes[start + offset] or GRAMMAR["repository"][name]["name"]


RULES = _rules()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_are_coloured_as_they_are_parsed(path: Path) -> None:
    """Goal: colours say what the parser reads. Method: each word of the examples by terminal of the grammar and by scope."""
    source = SourceFile.read(path)
    scopes = scopes_of(source.text)
    document = read_document(source, Reporter())
    seen = 0
    for block in document.blocks:
        for word in words_of(source, source.text[block.span.offset : block.span.end_offset], block.span.offset):
            if word.type in SCOPES:
                assert scopes[word.offset].startswith(SCOPES[word.type]), (word, scopes[word.offset])
                seen += 1
        assert scopes[block.span.offset] == "entity.name.type.block.tuan"
        for field in block.fields:
            assert scopes[field.name_span.offset] == "variable.other.property.tuan"
        for comment in block.comments:
            assert scopes[comment.span.offset].startswith("comment")
    assert seen > 20
    assert not any(scope.startswith("invalid") for scope in scopes)


def test_facts_functions_and_references() -> None:
    """Goal: a path, a call, an entry and a label in a reference look different. Method: one line with each."""
    text = 'when = buyer.level >= 3 and daily(at: [10:00]) in [flash_sale "晚场"] and true'
    scopes = scopes_of(text)
    expected = {
        "buyer.level": "variable.other.fact.tuan", "daily": "entity.name.function.tuan", "at:": "variable.other.key.tuan",
        '"晚场"': "string.quoted.double.tuan", "true": "constant.language.tuan", "and": "keyword.operator.word.tuan",
    }  # fmt: skip
    for word, scope in expected.items():
        assert scopes[text.index(word)] == scope, word


def test_keywords_are_those_of_the_grammar() -> None:
    """Goal: no keyword is forgotten. Method: the words of three patterns against the parser's reserved words."""
    words: list[str] = []
    for name in ("keyword", "constant", "reserved"):
        inner = re.search(r"\(\?:([a-z|]+)\)", GRAMMAR["repository"][name]["match"])
        assert inner is not None
        words += inner[1].split("|")
    assert sorted(words) == sorted(RESERVED_WORDS)


def test_every_pattern_is_used_and_exists() -> None:
    """Goal: no rule is dead or missing. Method: the included names against the repository."""
    assert [pattern["include"] for pattern in GRAMMAR["patterns"]] == [f"#{name}" for name in GRAMMAR["repository"]]


def test_files_of_the_extension() -> None:
    """Goal: what package.json names exists, and it starts a command that there is. Method: read each file."""
    package = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    for name in (package["main"], language["configuration"], grammar["path"]):
        assert (FOLDER / name).is_file(), name
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    configuration = json.loads((FOLDER / language["configuration"]).read_text(encoding="utf-8"))
    assert configuration["comments"] == {"lineComment": "//"}
    for pattern in configuration["indentationRules"].values():
        re.compile(pattern)
    entry = (FOLDER / package["main"]).read_text(encoding="utf-8")
    assert '"lsp", "--lang"' in entry
    assert "lsp" in [command.name for command in COMMANDS]
    assert 'require("vscode-languageclient/node")' in entry
    assert "vscode-languageclient" in package["dependencies"]
    assert package["contributes"]["configuration"]["properties"]["tuan.language"]["default"] == "auto"
    assert 'language === "auto" ? ["lsp"]' in entry
