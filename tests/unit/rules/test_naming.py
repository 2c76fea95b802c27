"""Names in other languages: the same rules under the same hash, messages in the author's words, files from one language into another."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.rules.raffle_for_tests import GERMAN, rule_blocks
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import (
    ENUM,
    Alias,
    BlockSchema,
    Field,
    Names,
    SourceFile,
    Vocabulary,
    check,
    names_in,
    render_text,
    standard_vocabulary,
    zh,
)
from tuan_rules.cli import main
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.facts import TEXT, Fact, FactRecord
from tuan_rules.format.document import format_source
from tuan_rules.lsp.completion import complete
from tuan_rules.lsp.cursor import cursor_at
from tuan_rules.lsp.hover import explain_word
from tuan_rules.lsp.names import occurrences
from tuan_rules.naming.chinese import CHINESE
from tuan_rules.naming.tables import every_schema
from tuan_rules.naming.translate import translate
from tuan_rules.syntax.normalise import normalise

EXAMPLES = sorted((Path(__file__).parents[3] / "rules" / "examples").glob("*.tuan"))
CHINESE_EXAMPLE = next(path for path in EXAMPLES if path.stem == "zhongwen-pintuan")
LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
RAFFLES = standard_vocabulary(rule_blocks())
HEAD = '规则包 "shop" { 版本 = "1.0.0"  时区 = "Asia/Shanghai"  币种 = "CNY" }\n'
STACK = '叠加 "s" { 阶段 = 单品优惠  作用 = 单品  选取 = 最优惠  基数 = 现价 }\n'


def hash_of(text: str, vocabulary: Vocabulary = MARKET_VOCABULARY) -> str:
    """The ruleset's hash; fails with the diagnostics when there is an error."""
    source = SourceFile("t.tuan", text)
    result = check([source], vocabulary)
    assert result.package is not None, render_text(result.diagnostics, [source])
    return result.package.ruleset_hash


def in_locale(text: str, locale: str, vocabulary: Vocabulary = MARKET_VOCABULARY) -> str:
    """The text in the names of a locale."""
    return translate([SourceFile("t.tuan", text)], vocabulary, locale)[0].text


def told(text: str, vocabulary: Vocabulary = MARKET_VOCABULARY) -> list[str]:
    """Codes, Chinese messages and suggestions."""
    found = check([SourceFile("t.tuan", HEAD + text)], vocabulary).diagnostics
    return [f"{each.code} {each.message_zh} {each.suggestion or ''}".strip() for each in found]


@pytest.mark.parametrize("path", EXAMPLES if LONG else EXAMPLES[1::5], ids=lambda path: path.stem)
def test_examples_mean_the_same_in_every_language(path: Path) -> None:
    """Goal: same tree, same hash, no comment lost. Method: each example to Chinese, laid out, again, and back to English."""
    source = SourceFile.read(path)
    own = hash_of(source.text)
    (chinese,) = translate([source], MARKET_VOCABULARY, "zh")
    laid_out = format_source(chinese)
    assert laid_out.text is not None
    assert hash_of(laid_out.text) == own
    assert in_locale(laid_out.text, "zh") == laid_out.text
    english = format_source(SourceFile("t", in_locale(laid_out.text, "en"))).text
    assert english is not None
    assert in_locale(english, "en") == english
    assert hash_of(english) == own
    before = [comment.text for comment in normalise(source, Reporter()).comments]
    for text in (laid_out.text, english):
        assert [comment.text for comment in normalise(SourceFile("t", text), Reporter()).comments] == before


def test_the_chinese_example_is_chinese_throughout() -> None:
    """Goal: a merchant needs no English but the reserved words. Method: look for Latin words outside texts, and translate."""
    source = SourceFile.read(CHINESE_EXAMPLE)
    skeleton = normalise(source, Reporter()).skeleton
    words = set(re.findall(r"(?<![\w.])[a-z_]+\b", skeleton))
    reserved = {"and", "not", "each", "where", "in", "of", "per", "by", "within", "from", "until", "then", "under"}
    assert words - reserved <= {"true", "false", "zh"}
    assert in_locale(source.text, "zh") == source.text


@settings(max_examples=500 if LONG else 10, deadline=None)
@given(st.data())
def test_files_may_mix(data: st.DataObject) -> None:
    """Goal: any word alone may be in another language. Method: change any of the places that a translation changes, and check."""
    source = SourceFile.read(data.draw(st.sampled_from(EXAMPLES if LONG else EXAMPLES[::6])))
    english, chinese = in_locale(source.text, "en").split("\n"), in_locale(source.text, "zh").split("\n")
    assert len(english) == len(chinese)
    mixed = [data.draw(st.sampled_from(pair)) for pair in zip(english, chinese, strict=True)]
    assert hash_of("\n".join(mixed)) == hash_of(source.text)


def test_messages_are_in_the_words_of_the_author() -> None:
    """Goal: who writes Chinese is answered in Chinese names, at the word. Method: one mistake of each kind."""
    rule = f'{STACK}价格 "p" {{ 优惠 = 付(90%)  叠加 = 叠加 "s"  '
    assert told(f"{rule}上线 = ¥5 per 订单 }}") == ["TR-102 `价格` 没有字段 `上线` 上限"]
    assert told(f"{rule}条件 = 买家.等机 > 1 }}") == ["TR-230 没有名为 `买家.等机` 的事实 买家.等级"]
    assert told(f"{rule}条件 = 计书(each m in 团.团员) > 1 }}")[0].endswith("计数")
    assert told(f"{rule}优先级 = 1  优先级 = 2 }}") == ["TR-104 `优先级` 重复；请只保留一个"]
    assert told(f"{rule}出资 = 商家们 }}") == ["TR-115 此处不能用 `商家们`；可选：商家, 平台 商家"]
    assert told(STACK + '价格 "p" { 优惠 = 付(90%) }') == [
        'TR-103 `价格` 缺少必填字段 `叠加`；例如 `叠加 = 叠加 "line-promo"`'
    ]
    assert told('价咯 "p" {}') == ["TR-101 没有名为 `价咯` 的块 价格"]
    assert told('拼团 "p" {}')[1].startswith("TR-103 `拼团` 缺少必填字段 `拼团价`；例如 `拼团价 =")
    # What stands there in English stays so.
    assert told(f"{rule}cap = ¥1 per 订单  cap = ¥2 per 订单 }}") == ["TR-104 `cap` 重复；请只保留一个"]


def test_lints_are_in_the_words_of_the_author_too() -> None:
    """Goal: a lint names the field that is there. Method: the same rules in both languages."""
    text = (
        '活动 "c" {\n  有效期 = from 2027-02-10 until 2027-02-11\n  预算 = ¥5.00\n  阶段 "a" { 启用 = [叠加 "s"] }\n}\n'
        + STACK
    )
    (message,) = (each for each in told(text) if each.startswith("TR-303"))
    assert "`超出时" in message
    assert (
        "`on_exceed"
        in check([SourceFile("t", in_locale(HEAD + text, "en"))], MARKET_VOCABULARY).diagnostics[0].message_zh
    )


def test_references_and_definitions_cross_languages() -> None:
    """Goal: a block has one name whatever it is called. Method: defined in one language, referred to in the other."""
    rule = '价格 "p" { 优惠 = 付(90%)  叠加 = stack "s"  条件 = 熟客 }\ndefine "熟客" { 为 = buyer.等级 > 2 }\n'
    assert hash_of(HEAD + STACK + rule)
    twice = told(STACK + rule + 'price "p" { give = pay(80%)  stack = 叠加 "s"  priority = 1 }')
    assert [each[:6] for each in twice] == ["TR-105"]
    # The author's own names go before those of the language.
    own = 'define "全部" { is = buyer.level > 2 }\nprice "q" { give = pay(90%)  stack = stack "s"  when = 全部 }'
    assert "when = 全部" in in_locale(HEAD + STACK + own, "en")
    assert hash_of(in_locale(HEAD + STACK + own, "zh")) == hash_of(HEAD + STACK + own)


def test_loops_keep_their_variables() -> None:
    """Goal: a variable is never taken for a name. Method: one that is called as a record is in Chinese."""
    rule = 'price "q" { give = pay(90%)  stack = stack "s"  when = any(单品.is_new each 单品 in group.members) and line.qty > 1 }'
    text = HEAD + STACK + rule
    chinese = in_locale(text, "zh")
    assert "全部" not in chinese
    assert "line.数量" in chinese
    assert hash_of(chinese) == hash_of(text)


def test_fmt_translates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: `fmt --locale` is a translation, and fmt alone none. Method: the command, both ways, and a locale without names."""
    file = tmp_path / "a.tuan"
    file.write_bytes(CHINESE_EXAMPLE.read_bytes())
    assert main(["fmt", "--check", str(file)], MARKET_VOCABULARY) == 0
    assert main(["fmt", "--locale", "en", str(file)], MARKET_VOCABULARY) == 0
    assert "规则包" not in file.read_text(encoding="utf-8")
    assert main(["fmt", "--locale", "zh", str(file)], MARKET_VOCABULARY) == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith(CHINESE_EXAMPLE.read_text(encoding="utf-8")[:600])
    assert hash_of(text) == hash_of(CHINESE_EXAMPLE.read_text(encoding="utf-8"))
    assert main(["fmt", "--locale", "fr", str(file)], MARKET_VOCABULARY) == 2
    assert "only in en, zh" in capsys.readouterr().err


def test_a_translation_can_be_a_plugin() -> None:
    """Goal: a third language needs no change of anybody's vocabulary. Method: German names for the core and another plugin."""
    text = (
        HEAD.replace("规则包", "package")
        + STACK
        + 'Preis "p" { 优惠 = 付(90%)  叠加 = 叠加 "s"  Grenze = ¥5 per order  when = Kunde.Stufe > 2 }'
    )
    assert hash_of(text, RAFFLES)
    german = in_locale(text, "de", RAFFLES)
    assert "Grenze = ¥5" in german
    assert "Kunde.Stufe" in german
    # A name without another one in German is the vocabulary's.
    assert "give = pay(90%)" in german
    assert RAFFLES.naming.locales == ["de", "zh"]
    assert GERMAN.locale == "de"


def block(name: str, *aliases: Alias, fields: tuple[Field, ...] = ()) -> BlockSchema:
    """A small block."""
    return BlockSchema(name, "", fields, aliases=aliases)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([block("a", *zh("甲")), block("b", *zh("甲"))], "already means 'a'"),
        ([block("a", *zh("价格"))], "already means"),
        ([block("a", Alias("zh", "stack"))], "already means 'stack'"),
        (
            [
                block(
                    "a",
                    fields=(Field("x", ENUM("y"), "", aliases=zh("甲")), Field("z", ENUM("y"), "", aliases=zh("甲"))),
                )
            ],
            "already",
        ),
        ([block("a", fields=(Field("x", ENUM("y", "z").also("zh", y="甲", z="甲"), ""),))], "already means 'y'"),
        ([block("a", fields=(Field("x", ENUM("y").also("zh", w="甲"), ""),))], "does not take"),
        ([block("a", Alias("zh", "within"))], "no name in rule files"),
        ([block("a", Alias("zh", "_甲"))], "no name in rule files"),
        ([block("a", Alias("zh", "甲 乙"))], "no name in rule files"),
        ([block("a", Alias("zh", "ａｂ"))], "no name in rule files"),
        ([block("a", Alias("zh", "e\u0301t"))], "no name in rule files"),
        ([block("a", Alias("ru", "рriсе"))], "looks like Latin letters"),
        ([block("a", Alias("Chinese!", "甲"))], "which is none"),
        (
            [FactRecord("r", "", (Fact("x", TEXT, "", aliases=zh("甲")), Fact("y", TEXT, "", aliases=zh("甲"))))],
            "already",
        ),
        ([FactRecord("r", "", (), aliases=zh("买家"))], "already means"),
        ([Names("zh", functions={"sum": ("计数",)})], "already means 'count'"),
    ],
)
def test_names_with_two_readings_are_refused_at_start(items: list[object], why: str) -> None:
    """Goal: no name can mean two things, nor pass for another. Method: vocabularies with one bad name each."""
    with pytest.raises(ValueError, match=why):
        standard_vocabulary(items)  # type: ignore[arg-type]  # of every kind of item


def test_what_a_block_says_goes_before_the_common_names() -> None:
    """Goal: a plugin may call its field as it likes. Method: 上限 for another field than `cap`, beside a `cap`."""
    word = ENUM("skip", "pass").also("zh", **{"pass": "跳过"})
    fields = (Field("most", word, "", aliases=zh("上限")), Field("cap", word, ""))
    vocabulary = standard_vocabulary([block("a", fields=fields)])
    schema = vocabulary.get("a")
    assert schema is not None
    assert vocabulary.naming.fields(schema).to == {"上限": "most"}
    assert vocabulary.naming.words_of(word).to == {"跳过": "pass"}
    assert names_in("de", "Grenze") == (Alias("de", "Grenze"),)


def test_the_chinese_names_are_of_things_that_there_are() -> None:
    """Goal: no name is left of what was renamed. Method: look each up in the vocabulary."""
    schemas = {schema.name: schema for schema in every_schema(MARKET_VOCABULARY)}
    fields = {name for schema in schemas.values() for name in (field.name for field in schema.fields)}
    assert set(CHINESE.blocks) <= set(schemas)
    for path in CHINESE.fields:
        kind, _, name = path.rpartition(".")
        assert name in fields if not kind else schemas[kind].field(name) is not None, path
    known = {f"{record.name}.{fact.name}" for record in MARKET_VOCABULARY.facts.values() for fact in record.facts}
    assert {path for path in CHINESE.facts if "." in path} - known == {"sku.available"}


def test_every_block_and_field_has_a_chinese_name() -> None:
    """Goal: a whole file can be Chinese. Method: every name of the installed vocabulary in the tables."""
    naming = MARKET_VOCABULARY.naming
    for schema in every_schema(MARKET_VOCABULARY):
        assert schema.name in naming.blocks.spelt["zh"]
        assert {field.name for field in schema.fields} <= set(naming.fields(schema).spelt.get("zh", {})), schema.name
        for field in schema.fields:
            item = field.type.item or field.type
            assert set(item.names if item.kind == "one of" else ()) <= set(naming.words_of(item).spelt.get("zh", {})), (
                field
            )
    for record in MARKET_VOCABULARY.facts.values():
        assert record.name in naming.records.spelt["zh"]
        assert {fact.name for fact in record.facts} <= set(naming.facts[record.name].spelt.get("zh", {})), record.name
    assert {event.name for event in MARKET_VOCABULARY.declared_events} <= set(naming.events.spelt["zh"])


def labels(text: str, locale: str, vocabulary: Vocabulary = RAFFLES) -> list[str]:
    """What completion offers at the end of a text."""
    source = SourceFile("t", text)
    cursor = cursor_at(source, len(text))
    return [each.label for each in complete(cursor, vocabulary, occurrences([source], vocabulary), "CNY", locale)]


def test_completion_offers_the_names_of_the_locale() -> None:
    """Goal: who types Chinese is offered Chinese, in files of either language. Method: blocks, fields, words, facts and functions."""
    assert {"价格", "price", "抽奖"} <= set(labels("", "zh"))
    assert "价格" not in labels("", "en")
    inside = labels('价格 "p" {\n  上限 = ¥5 per order\n  ', "zh")
    assert {"条件", "when"} <= set(inside)
    assert not {"上限", "cap"} & set(inside)
    assert {"商家", "merchant"} <= set(labels('价格 "p" {\n  出资 = ', "zh"))
    values = labels('price "p" {\n  条件 = ', "zh")
    assert {"买家.等级", "buyer.level", "是节假日", "is_holiday"} <= set(values)
    assert {"抽奖券", "raffle_ticket", "积分", "points"} <= set(labels('抽奖 "r" {\n  奖品 = ', "zh"))
    assert labels('叠加 "一" {}\n价格 "p" { 叠加 = 叠加 "', "zh") == ["一"]
    snippet = next(
        each for each in complete(cursor_at(SourceFile("t", ""), 0), RAFFLES, [], "CNY", "zh") if each.label == "价格"
    )
    assert snippet.insert.startswith('价格 "$0"')
    assert snippet.detail.startswith("price: ")


@pytest.mark.parametrize(
    ("text", "word", "shown"),
    [
        ("价格", "价格", "**price**"),
        ('价格 "p" { 上限', "上限", "**price.cap**"),
        ('价格 "p" { 条件 = 是节假日', "是节假日", "**is_holiday**"),
        ('price "p" { when = is_regular', "is_regular", "the fewest trees"),
        ('抽奖 "r" { 奖品 = 抽奖券', "抽奖券", "Tickets for a raffle"),
    ],
)
def test_hover_knows_other_names(text: str, word: str, shown: str) -> None:
    """Goal: what is declared is explained, whatever it is called. Method: the word under the cursor, by place."""
    source = SourceFile("t", text)
    assert shown in (explain_word(word, cursor_at(source, len(text)), RAFFLES) or "")
