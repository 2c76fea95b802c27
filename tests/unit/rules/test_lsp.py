"""The language server over real pipes: what an editor asks, and what it is answered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rules.lsp_client import LspClient
from tests.unit.rules.test_cli import PACKAGE
from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules.cli import main

URI = "untitled:sale.tuan"
TEXT = (
    PACKAGE
    + """\
// 🧧 春节
flash_sale "晚场🧧" {
  on    = line.sku in ["S1"]
  price = set(¥29.90)
  active = from 2027-02-10 until 2027-02-12
}
campaign "c" {
  active = from 2027-02-10 until 2027-02-15
  plan "p" { enables = [flash_sale "晚场🧧"] }
}
define "vip" { is = buyer.level >= 3 }
"""
)


@pytest.fixture(scope="module")
def client() -> Iterator[LspClient]:
    session = LspClient()
    yield session
    assert session.close() == 0
    # pygls logs what it refuses as well; nothing else may have gone wrong.
    assert session.errors.count("Traceback") == session.errors.count("JsonRpcInvalidParams: ")


def labels(items: list[dict[str, Any]]) -> list[str]:
    return [item["label"] for item in items]


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """The text after edits, as an editor applies them: from the end, characters in UTF-16 units."""

    def offset(place: dict[str, int]) -> int:
        lines = text.split("\n")
        units = lines[place["line"]].encode("utf-16-le")[: place["character"] * 2].decode("utf-16-le")
        return sum(len(line) + 1 for line in lines[: place["line"]]) + len(units)

    for edit in sorted(edits, key=lambda each: -offset(each["range"]["start"])):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


def test_capabilities(client: LspClient) -> None:
    """Goal: editors know what they may ask. Method: the answer to `initialize`."""
    for name in (
        "hover",
        "completion",
        "documentFormatting",
        "rename",
        "documentSymbol",
        "codeAction",
        "definition",
        "references",
    ):
        assert client.capabilities[f"{name}Provider"], name


def test_diagnostics_while_typing(client: LspClient) -> None:
    """Goal: a mistake shows when it is typed and goes when it is mended. Method: open, two changes in a row, close."""
    uri = "untitled:typing.tuan"
    client.open(uri, TEXT)
    assert client.diagnostics(uri) == []

    def change(line: int, start: int, end: int, text: str, version: int) -> None:
        places = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        document = {"uri": uri, "version": version}
        client.notify(
            "textDocument/didChange",
            {"textDocument": document, "contentChanges": [{"range": places, "text": text}]},
        )

    change(4, 2, 7, "pris", 2)
    change(4, 2, 6, "prise", 3)
    (found,) = client.diagnostics(uri)
    assert (found["code"], found["severity"], found["source"]) == ("TR-102", 1, "tuan-rules")
    assert found["range"] == {"start": {"line": 4, "character": 2}, "end": {"line": 4, "character": 7}}
    assert "did you mean `price`?" in found["message"]
    change(4, 2, 7, "price", 4)
    assert client.diagnostics(uri) == []
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.diagnostics(uri) == []


def test_columns_count_as_the_editor_does(client: LspClient) -> None:
    """Goal: a caret stands right behind a character of two UTF-16 units. Method: a mistake after an emoji on its line."""
    uri = "untitled:wide.tuan"
    client.open(
        uri,
        PACKAGE
        + 'flash_sale "🧧" { nam = 1 on = line.sku in ["S1"] price = set(¥1) active = from 2027-01-01 until 2027-01-02 }\n',
    )
    (found,) = client.diagnostics(uri)
    assert found["range"]["start"] == {"line": 1, "character": len('flash_sale "🧧" { ') + 1}


def test_hover(client: LspClient) -> None:
    """Goal: blocks, fields and references explain themselves. Method: hover over one of each, and over nothing."""
    client.open(URI, TEXT)
    block = client.at("hover", URI, 2, 3)
    assert "Goods at a sale price in sessions." in block["contents"]["value"]
    assert block["range"] == {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 10}}
    field = client.at("hover", URI, 4, 4)["contents"]["value"]
    assert "**flash_sale.price** (price action, required): the price in the sale" in field
    assert "price = set(¥29.90)" in field
    assert "flash_sale.on" in client.at("hover", URI, 3, 12)["contents"]["value"]
    reference = client.at("hover", URI, 9, 37)["contents"]["value"]
    assert '**flash_sale "晚场🧧"**' in reference
    assert "References: 1" in reference
    assert client.at("hover", URI, 1, 0) is None


@pytest.mark.parametrize(
    ("before", "expected", "unexpected"),
    [
        ("", ["flash_sale", "campaign", "package"], ["price", "plan"]),
        ('flash_sale "x" { ', ["on", "price", "sessions"], ["flash_sale", "plan"]),
        ('flash_sale "x" {\n  on = line.sku in ["a"]\n  pr', ["price"], ["on"]),
        ('flash_sale "x" {\n  challenge = ', ["none", "when_suspicious", "always"], ["price"]),
        ('flash_sale "x" {\n  price = ', ["set", "off", "pay", "set(¥29.90)"], ["on"]),
        ('flash_sale "x" {\n  price = set(¥1)\n  ', ["on", "sessions"], ["price", "set"]),
        ('campaign "x" { plan "p" { enables = [', ['flash_sale "晚场🧧"', 'define "vip"'], ['package "a"']),
        ('campaign "x" { plan "p" { enables = [flash_sale "', ["晚场🧧"], ["vip", "c"]),
        ('campaign "x" { ', ["active", "plan", "budget"], ["rate"]),
        ('commission "x" {\n  when = ', ["vip", "buyer.level"], ["when"]),
        ('commission "x" {\n  when = vip and\n  ', ["vip", "line.sku"], ["base"]),
        ('commission "x" {\n  public = t', ["true", "false"], ["base"]),
        ('tiers "t" { gift = { sku: "G" }  ', ["price", "tags", "stack"], ["gift", "sku"]),
        ('nonsense "x" { ', [], ["on", "flash_sale"]),
    ],
)  # fmt: skip
def test_completion(client: LspClient, before: str, expected: list[str], unexpected: list[str]) -> None:
    """Goal: exactly what may stand there, in a text that cannot be parsed yet. Method: complete at the end of a beginning."""
    uri = "untitled:completion.tuan"
    client.open(uri, TEXT + before)
    line, column = (TEXT + before).count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
    found = labels(client.at("completion", uri, line, column))
    assert set(expected) <= set(found)
    assert not set(unexpected) & set(found)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_completion_replaces_the_word_that_is_typed(client: LspClient) -> None:
    """Goal: no `pprice`. Method: apply the edit of a completion to the text."""
    uri, text = "untitled:edit.tuan", 'flash_sale "x" { pri'
    client.open(uri, text)
    (item,) = [item for item in client.at("completion", uri, 0, 20) if item["label"] == "price"]
    assert applied(text, [item["textEdit"]]) == 'flash_sale "x" { price = '


def test_formatting(client: LspClient) -> None:
    """Goal: the layout of `fmt`. Method: format a crooked text, a straight one and a broken one."""
    uri = "untitled:crooked.tuan"
    client.open(uri, 'a "x"   { b = 1\n}')
    options = {"textDocument": {"uri": uri}, "options": {"tabSize": 4, "insertSpaces": False}}
    edits = client.request("textDocument/formatting", options)
    assert applied('a "x"   { b = 1\n}', edits) == 'a "x" {\n  b = 1\n}\n'
    for text in ('a "x" { b = 1 }\n', 'a "x" { b = '):
        client.open(uri, text)
        assert client.request("textDocument/formatting", options) == []


def test_rename(client: LspClient) -> None:
    """Goal: a label and its references change together. Method: rename from a reference, apply, and check the outcome."""
    client.open(URI, TEXT)
    place = client.at("prepareRename", URI, 9, 37)
    assert place["placeholder"] == "晚场🧧"
    edit = client.at("rename", URI, 9, 37, newName="evening")
    renamed = applied(TEXT, edit["changes"][URI])
    assert renamed == TEXT.replace("晚场🧧", "evening")
    assert client.at("prepareRename", URI, 3, 3) is None
    assert client.at("rename", URI, 3, 3, newName="x") is None
    for name in ("", 'a"b', "x" * 101):
        with pytest.raises(RuntimeError, match="a label h"):
            client.at("rename", URI, 9, 37, newName=name)


def test_symbols_definition_and_references(client: LspClient) -> None:
    """Goal: the outline and the way from a reference to its block. Method: ask for each."""
    client.open(URI, TEXT)
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": URI}})
    assert [symbol["name"] for symbol in symbols] == [
        'package "a"',
        'flash_sale "晚场🧧"',
        'campaign "c"',
        'define "vip"',
    ]
    assert [child["name"] for child in symbols[2]["children"]] == ['plan "p"']
    (definition,) = client.at("definition", URI, 9, 37)
    assert definition["range"]["start"] == {"line": 2, "character": 12}
    assert len(client.at("references", URI, 2, 13, context={"includeDeclaration": True})) == 2


def test_code_actions(client: LspClient) -> None:
    """Goal: a fix is one click. Method: ask at a full-width bracket, apply the edit, and ask elsewhere."""
    uri, text = "untitled:fix.tuan", TEXT.replace("set(", "set（")
    client.open(uri, text)

    def actions(line: int) -> list[dict[str, Any]]:
        places = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 30}}
        return client.request(
            "textDocument/codeAction",
            {"textDocument": {"uri": uri}, "range": places, "context": {"diagnostics": []}},
        )

    (action,) = actions(4)
    assert (action["title"], action["kind"]) == ("Write `(`", "quickfix")
    assert applied(text, action["edit"]["changes"][uri]) == TEXT
    assert actions(3) == []


def test_files_of_a_folder_are_one_package(client: LspClient, tmp_path: Path) -> None:
    """Goal: a reference into another file is none to nothing. Method: three files of a folder, one of them open; then a
    second package in the folder."""
    (tmp_path / "head.tuan").write_text(PACKAGE, encoding="utf-8")
    sale = TEXT.removeprefix(PACKAGE).split("campaign")[0]
    (tmp_path / "sale.tuan").write_text(sale, encoding="utf-8")
    campaign = tmp_path / "campaign.tuan"
    text = 'campaign "c" {\n  active = from 2027-02-10 until 2027-02-15\n  plan "p" { enables = [flash_sale "晚场🧧"] }\n}\n'
    campaign.write_text(text, encoding="utf-8")
    client.open(campaign.as_uri(), text)
    assert client.diagnostics(campaign.as_uri()) == []
    edit = client.at("rename", campaign.as_uri(), 2, 37, newName="evening")
    assert set(edit["changes"]) == {campaign.as_uri(), (tmp_path / "sale.tuan").as_uri()}
    (tmp_path / "other.tuan").write_text(PACKAGE, encoding="utf-8")
    client.notify("textDocument/didSave", {"textDocument": {"uri": campaign.as_uri()}})
    assert {found["code"] for found in client.diagnostics(campaign.as_uri())} == {"TR-113", "TR-109"}


def test_chinese_and_snippets() -> None:
    """Goal: messages in Chinese, and snippets for editors that take them. Method: a session of its own with both."""
    client = LspClient("--lang", "zh", snippets=True)
    client.open(URI, TEXT.replace("price", "prise"))
    (found,) = client.diagnostics(URI)
    assert "没有字段" in found["message"]
    assert "是否想写 `price`？" in found["message"]
    text = TEXT + "fl"
    client.open("untitled:snippet.tuan", text)
    (item,) = [i for i in client.at("completion", "untitled:snippet.tuan", 12, 2) if i["label"] == "flash_sale"]
    assert item["insertTextFormat"] == 2
    assert item["textEdit"]["newText"] == 'flash_sale "$0" {\n  \n\\}'
    assert client.close() == 0


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: who lacks pygls is told what to install. Method: hide the module from the import system."""
    monkeypatch.setitem(sys.modules, "pygls", None)
    for name in [name for name in sys.modules if name.startswith(("pygls.", "tuan_rules.lsp"))]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["lsp"], VOCABULARY) == 2
    assert "pip install 'tuan[lsp]'" in capsys.readouterr().err
