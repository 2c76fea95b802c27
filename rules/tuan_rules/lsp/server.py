"""The server: each request of the protocol to one function of the language."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from tuan_rules.check import check
from tuan_rules.checked import CheckResult
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.format.document import format_source
from tuan_rules.lsp import completion, hover, messages, names
from tuan_rules.lsp.cursor import cursor_at, word_at
from tuan_rules.lsp.package import package_of
from tuan_rules.lsp.places import Places
from tuan_rules.source import SourceFile
from tuan_rules.syntax.read import read_document
from tuan_rules.vocabulary import Vocabulary

#: Seconds of rest after a change before the package is checked: typing stays smooth, and a pause is answered at once.
REST_S = 0.15


class RuleServer(LanguageServer):
    """A language server for one vocabulary. Positions are what the client counts in (utf-16 unless agreed otherwise)."""

    def __init__(self, vocabulary: Vocabulary, language: str | None) -> None:
        """`language`: of messages and docs; None: the one that the editor asks for."""
        super().__init__("tuan-rules", "1", types.TextDocumentSyncKind.Incremental)
        self.vocabulary = vocabulary
        naming, package = vocabulary.naming, vocabulary.get("package")
        self._heads = ("package", *(alias.name for alias in naming.blocks.aliases.get("package", ())))
        fields = naming.fields(package).aliases if package is not None else {}
        currency = "|".join(("currency", *(alias.name for alias in fields.get("currency", ()))))
        self.currency = re.compile(rf'\b(?:{currency})\s*=\s*"([A-Z]{{3}})"')
        self.asks_editor = language is None
        self.language = language or "en"
        self._pending: dict[str, asyncio.TimerHandle] = {}
        self._reported: dict[str, frozenset[str]] = {}

    def opened(self) -> dict[str, str]:
        """The texts that are open in the editor, by URI."""
        return {uri: document.source for uri, document in self.workspace.text_documents.items()}

    def package(self, uri: str) -> list[SourceFile]:
        """The file and those of its package."""
        return package_of(uri, {**self.opened(), uri: self.workspace.get_text_document(uri).source}, self._heads)

    def places(self, files: list[SourceFile]) -> Mapping[str, Places]:
        """Positions of each file."""
        encoding = str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))
        return {file.name: Places(file, encoding) for file in files}

    def check_later(self, uri: str) -> None:
        """Check when typing rests."""
        if pending := self._pending.pop(uri, None):
            pending.cancel()
        self._pending[uri] = asyncio.get_running_loop().call_later(REST_S, self.check_now, uri)

    def check_now(self, uri: str) -> None:
        """Check the package of a file and publish what was found, for each of its files."""
        self._pending.pop(uri, None)
        files = self.package(uri)
        result = check(files, self.vocabulary)
        places = self.places(files)
        found: dict[str, list[types.Diagnostic]] = {file.name: [] for file in files}
        for each in result.diagnostics:
            found[each.span.file].append(messages.diagnostic(each, places, self.language))
        # Of files that are not open only those with something to say, and those that had.
        had = self._reported.get(uri, frozenset())
        self._reported[uri] = frozenset(name for name, each in found.items() if each)
        for name in sorted({*found, *had}):
            if found.get(name) or name in had or name == uri or name in self.opened():
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(name, found.get(name, [])))

    def forget(self, uri: str) -> None:
        """A closed file has no diagnostics."""
        if pending := self._pending.pop(uri, None):
            pending.cancel()
        for name in {uri, *self._reported.pop(uri, frozenset())}:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(name, []))


def serve(vocabulary: Vocabulary, language: str | None) -> None:
    """Serve one editor over standard input and output until it says `exit`."""
    make_server(vocabulary, language).start_io()


def make_server(vocabulary: Vocabulary, language: str | None = None) -> RuleServer:
    """A server with all its features, not yet started."""
    server = RuleServer(vocabulary, language)
    _watch(server)
    _explain(server)
    _edit(server)
    return server


def _watch(server: RuleServer) -> None:
    @server.feature(types.INITIALIZE)
    def on_initialize(params: types.InitializeParams) -> None:
        if server.asks_editor and (params.locale or "").lower().startswith("zh"):
            server.language = "zh"

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.check_now(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        server.check_later(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.check_now(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)


def _explain(server: RuleServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(params: types.HoverParams) -> types.Hover | None:
        files, places, offset = _place(server, params)
        found = names.occurrences(files, server.vocabulary)
        if occurrence := names.at(found, files[0].name, offset):
            text: str | None = hover.explain_reference(occurrence, found, server.vocabulary, server.language)
            range_ = places.range(occurrence.span)
        else:
            word, start, end = word_at(files[0], offset)
            cursor = cursor_at(files[0], end)
            text = hover.explain_word(word, cursor, server.vocabulary, server.language) if word else None
            range_ = places.between(start, end)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), range_) if text else None

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["=", '"', "[", " ", "{"])
    )
    def on_completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        files, places, offset = _place(server, params)
        cursor = cursor_at(files[0], offset)
        currency = next((match[1] for file in files if (match := server.currency.search(file.text))), "CNY")
        found = names.occurrences(files, server.vocabulary)
        suggestions = completion.complete(cursor, server.vocabulary, found, currency, server.language)
        range_ = places.between(offset - len(cursor.word), offset)
        return [messages.completion(each, range_, snippets=_takes_snippets(server)) for each in suggestions]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        file = server.package(params.text_document.uri)[0]
        places = server.places([file])[file.name]
        return [messages.symbol(block, places) for block in read_document(file, Reporter()).blocks]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(params: types.DefinitionParams) -> list[types.Location]:
        return [
            types.Location(name, range_) for name, range_, is_definition in _all_of(server, params) if is_definition
        ]

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(params: types.ReferenceParams) -> list[types.Location]:
        return [types.Location(name, range_) for name, range_, _ in _all_of(server, params)]


def _edit(server: RuleServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def on_format(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        file = server.package(params.text_document.uri)[0]
        text = format_source(file).text
        if text is None or text == file.text:
            return []
        return [types.TextEdit(server.places([file])[file.name].whole, text)]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def on_prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        files, places, offset = _place(server, params)
        found = names.at(names.occurrences(files, server.vocabulary), files[0].name, offset)
        return types.PrepareRenamePlaceholder(places.range(found.span), found.label) if found else None

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def on_rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        files, _, offset = _place(server, params)
        found = names.occurrences(files, server.vocabulary)
        chosen = names.at(found, files[0].name, offset)
        if chosen is None:
            return None
        if why := names.refusal(params.new_name, chosen, found):
            raise JsonRpcInvalidParams(message=why)
        changes: dict[str, list[types.TextEdit]] = {}
        for name, range_, _ in _all_of(server, params):
            changes.setdefault(name, []).append(types.TextEdit(range_, params.new_name))
        return types.WorkspaceEdit(changes=changes)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def on_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        files = server.package(params.text_document.uri)
        places = server.places(files)
        here = places[files[0].name]
        start, end = here.offset(params.range.start), here.offset(params.range.end)
        result: CheckResult = check(files, server.vocabulary)
        near = [
            each
            for each in result.diagnostics
            if each.span.file == files[0].name and each.span.offset <= end and start <= each.span.end_offset
        ]
        actions = [messages.fix(each, places, server.language) for each in near]
        return [action for action in actions if action is not None]


class _At(Protocol):
    """The parameters of a request about one place."""

    text_document: types.TextDocumentIdentifier
    position: types.Position


def _place(server: RuleServer, params: _At) -> tuple[list[SourceFile], Places, int]:
    files = server.package(params.text_document.uri)
    places = server.places(files)[files[0].name]
    return files, places, places.offset(params.position)


def _all_of(server: RuleServer, params: _At) -> list[tuple[str, types.Range, bool]]:
    """Every occurrence of the label under the cursor: its file, its range, and whether it is the block's own."""
    files, _, offset = _place(server, params)
    found = names.occurrences(files, server.vocabulary)
    chosen = names.at(found, files[0].name, offset)
    places = server.places(files)
    if chosen is None:
        return []
    same = [o for o in found if (o.kind, o.label) == (chosen.kind, chosen.label)]
    return [(o.span.file, places[o.span.file].range(o.span), o.is_definition) for o in same]


def _takes_snippets(server: RuleServer) -> bool:
    document = server.client_capabilities.text_document
    item = document.completion.completion_item if document and document.completion else None
    return bool(item and item.snippet_support)
