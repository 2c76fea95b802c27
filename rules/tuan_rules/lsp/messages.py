"""Values of the rule language as values of the protocol."""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol import types

from tuan_rules.diagnostics.model import Diagnostic, Severity
from tuan_rules.lsp.places import Places
from tuan_rules.lsp.suggestion import Suggestion
from tuan_rules.syntax.nodes import BlockNode

SOURCE = "tuan-rules"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
_KINDS = {
    "field": types.CompletionItemKind.Property,
    "block": types.CompletionItemKind.Class,
    "value": types.CompletionItemKind.EnumMember,
    "reference": types.CompletionItemKind.Reference,
    "fact": types.CompletionItemKind.Variable,
    "condition": types.CompletionItemKind.Constant,
    "function": types.CompletionItemKind.Function,
    "example": types.CompletionItemKind.Snippet,
}


def diagnostic(found: Diagnostic, places: Mapping[str, Places], language: str) -> types.Diagnostic:
    """A diagnostic; what "did you mean" says is part of its message."""
    message = found.message(language)
    if found.suggestion:
        message += f"；是否想写 `{found.suggestion}`？" if language == "zh" else f"; did you mean `{found.suggestion}`?"
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(second.span.file, places[second.span.file].range(second.span)), second.message(language)
        )
        for second in found.secondary
    ]
    return types.Diagnostic(
        places[found.span.file].range(found.span),
        message,
        _SEVERITIES[found.severity],
        code=found.code,
        source=SOURCE,
        related_information=related or None,
    )


def fix(found: Diagnostic, places: Mapping[str, Places], language: str) -> types.CodeAction | None:
    """The quick fix of a diagnostic; None for one without."""
    if found.fix is None:
        return None
    shown = " ".join(found.fix.replacement.split())
    if language == "zh":
        title = f"改为 `{shown}`" if shown else "删除"
    else:
        title = f"Write `{shown}`" if shown else "Delete this"
    span = found.fix.span
    edit = types.TextEdit(places[span.file].range(span), found.fix.replacement)
    return types.CodeAction(
        title,
        types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(found, places, language)],
        is_preferred=True,
        edit=types.WorkspaceEdit(changes={span.file: [edit]}),
    )


def completion(found: Suggestion, range_: types.Range, *, snippets: bool) -> types.CompletionItem:
    """A completion that replaces the word being typed."""
    if snippets:
        text = found.insert.replace("\\", "\\\\").replace("}", "\\}")
    else:
        text = found.insert.partition("$0")[0] if found.kind == "field" else found.insert.replace("$0", "")
    return types.CompletionItem(
        found.label,
        kind=_KINDS[found.kind],
        detail=found.detail,
        insert_text_format=types.InsertTextFormat.Snippet if snippets else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(range_, text),
    )


def symbol(block: BlockNode, places: Places) -> types.DocumentSymbol:
    """A block and those in it, for the outline."""
    return types.DocumentSymbol(
        f'{block.kind} "{block.label}"' if block.label else block.kind,
        types.SymbolKind.Class,
        places.range(block.span),
        places.range(block.head_span),
        children=[symbol(child, places) for child in block.blocks] or None,
    )
