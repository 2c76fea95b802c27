"""The vocabulary in Chinese: every doc of what ships has its translation, and each tool shows it to whoever asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from tests.unit.rules.lsp_client import LspClient
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY, SCHEMAS
from tuan_rules import TEXT, BlockSchema, Field, SourceFile, Vocabulary
from tuan_rules.docs_zh import DOCS_ZH, Doc, doc_in
from tuan_rules.facts import Fact
from tuan_rules.lsp.completion import complete
from tuan_rules.lsp.cursor import cursor_at
from tuan_rules.lsp.hover import explain_block, explain_word
from tuan_rules.reference import describe_vocabulary

CHINESE = re.compile("[\u4e00-\u9fff]")


def docs(vocabulary: Vocabulary) -> Iterator[str]:
    """Every doc of a vocabulary."""
    for schema in vocabulary:
        yield from _of_block(schema)
    for record in vocabulary.facts.values():
        yield record.doc
        yield from _of_facts(record.facts)
    yield from (event.doc for event in vocabulary.declared_events)


def _of_block(schema: BlockSchema) -> Iterator[str]:
    yield from (schema.doc, *(field.doc for field in schema.fields))
    for child in schema.children:
        yield from _of_block(child)


def _of_facts(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        yield fact.doc
        yield from _of_facts(fact.type.item.facts if fact.type.item else ())


def test_every_doc_is_translated_and_nothing_else() -> None:
    """Goal: help is whole in Chinese, and stays so when a doc changes. Method: the docs of what is built in against the table."""
    assert {doc for doc in docs(MARKET_VOCABULARY) if not isinstance(doc, Doc)} == set(DOCS_ZH)
    assert all(CHINESE.search(chinese) for chinese in DOCS_ZH.values())


def test_a_plugin_brings_its_own() -> None:
    """Goal: other authors translate without a table. Method: a block with a doc of both kinds; all else takes it for a text."""
    field = Field("name", TEXT, Doc("its name", "它的名字"))
    block = BlockSchema("thing", Doc("A thing.", "一样东西。"), (field,))
    vocabulary = Vocabulary((*SCHEMAS, block))
    assert (block.doc, field.doc) == ("A thing.", "its name")
    assert (doc_in(block.doc, "zh"), doc_in(block.doc, "en"), doc_in("unknown", "zh")) == (
        "一样东西。",
        "A thing.",
        "unknown",
    )
    assert explain_block(block, "zh").startswith("**thing**：一样东西。")
    assert "它的名字" in describe_vocabulary(vocabulary, "zh")
    assert "它的名字" not in describe_vocabulary(vocabulary)
    plain = BlockSchema("thing", "A thing.", (Field("name", TEXT, "its name"),))
    assert vocabulary.fingerprint == Vocabulary((*SCHEMAS, plain)).fingerprint


def test_vocab_in_chinese() -> None:
    """Goal: `tuan-rules vocab --lang zh` explains everything in Chinese. Method: no line with an English doc is left."""
    shown = describe_vocabulary(MARKET_VOCABULARY, "zh")
    assert "  buyer.level（等级）: whole number  会员等级；0 表示非会员" in shown
    assert "flash_sale.join（秒杀.参加）  买家在秒杀中领取凭证或下单" in shown
    assert not [doc for doc in DOCS_ZH if len(doc) > 20 and doc in shown]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ('price "p" { give', "give", "**price.give** (discount，必填)：给什么优惠"),
        ("price", "price", "**price**：价格规则"),
        ('price "p" { when = buyer.level', "buyer.level", "**buyer.level** (whole number)：会员等级"),
        ('stack "s" { phase = tender', "tender", "**stack.phase**"),
    ],
)
def test_hover_in_chinese(text: str, word: str, expected: str) -> None:
    """Goal: blocks, fields, facts and values are explained. Method: the word at the end of a text."""
    cursor = cursor_at(SourceFile("t", text), len(text))
    assert expected in (explain_word(word, cursor, MARKET_VOCABULARY, "zh") or "")


_TEST = 'test "t" { at = 2027-02-10  given = { '


@pytest.mark.parametrize(
    ("text", "expected", "unexpected"),
    [
        (
            "",
            {"buyer", "cart", "group", "lines", "shipping", "budgets", "counts"},
            {"line", "buyer.level", "at", "level"},
        ),
        ("bu", {"buyer", "lines"}, {"level"}),
        ("buyer: { ", {"level", "segments", "is_new"}, {"buyer", "lines", "sku"}),
        ("buyer: { level: 3, ", {"level", "is_new"}, {"buyer"}),
        ("buyer: { is_new: ", {"true", "false"}, {"level", "buyer"}),
        ("buyer: { level: 3 }, ", {"buyer", "lines"}, {"level"}),
        ("cart: { ", {"channel", "event"}, {"subtotal", "units", "time", "lines"}),
        ("lines: [ { ", {"sku", "qty", "list", "category", "margin"}, {"amount", "paid", "buyer"}),
        ('lines: [ { sku: "a", qty: 1 }, { ', {"sku", "tags"}, {"buyer"}),
        ("lines: [ { list: ", {"¥35.00"}, {"sku"}),
        ("group: { members: [ { ", {"is_new", "paid"}, {"members", "buyer"}),
        ("nonsense: { ", set(), {"buyer", "level"}),
    ],
)
def test_completion_in_given(text: str, expected: set[str], unexpected: set[str]) -> None:
    """Goal: exactly the facts that may be given there. Method: complete at the end of a beginning of `given`."""
    source = SourceFile("t", _TEST + text)
    found = complete(cursor_at(source, len(source.text)), MARKET_VOCABULARY, [], "CNY", "zh")
    labels = {each.label for each in found}
    assert expected <= labels
    assert not unexpected & labels


@pytest.mark.parametrize(
    ("locale", "arguments", "chinese"), [("zh-cn", (), True), ("en", (), False), ("zh", ("--lang", "en"), False)]
)
def test_the_editor_says_which_language(locale: str, arguments: tuple[str, ...], chinese: bool) -> None:
    """Goal: a Chinese editor is answered in Chinese, unless the command says otherwise. Method: sessions over real pipes."""
    client = LspClient(*arguments, locale=locale)
    uri, text = "untitled:zh.tuan", 'stack "s" { phase = tender  scop = order }\n'
    client.open(uri, text)
    messages = " ".join(found["message"] for found in client.diagnostics(uri))
    assert ("没有字段" in messages) is chinese
    hover = client.at("hover", uri, 0, 14)["contents"]["value"]
    assert ("在哪个阶段生效" in hover) is chinese
    (item,) = [item for item in client.at("completion", uri, 0, 12) if item["label"] == "pick"]
    assert ("组内哪些规则生效" in item["detail"]) is chinese
    assert client.close() == 0
