"""Diagnostics as text for a terminal: message, place, source line, caret, suggestion, page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from tuan_rules.diagnostics.model import Diagnostic, Severity
from tuan_rules.source import SourceFile, Span

_WORDS = {
    "en": {"error": "error", "warning": "warning", "hint": "hint", "mean": "did you mean `{}`?", "fix": "fix: write `{}`",
           "delete": "fix: delete this", "page": "see"},
    "zh": {"error": "错误", "warning": "警告", "hint": "提示", "mean": "是否想写 `{}`？", "fix": "修正：写成 `{}`",
           "delete": "修正：删除", "page": "详见"},
}  # fmt: skip
_COLORS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.HINT: "\x1b[1;36m"}
_RESET = "\x1b[0m"
#: A line of a minified file is cut around the caret.
_LINE_MAX = 160


def render_text(
    diagnostics: Iterable[Diagnostic], sources: Iterable[SourceFile], language: str = "en", color: bool = False
) -> str:
    """All diagnostics, one paragraph each; "" for none."""
    files = {source.name: source for source in sources}
    words = _WORDS["zh" if language == "zh" else "en"]
    return "\n".join(_render(diagnostic, files, language, words, color) for diagnostic in diagnostics)


def _render(
    diagnostic: Diagnostic, files: dict[str, SourceFile], language: str, words: dict[str, str], color: bool
) -> str:
    head = f"{words[diagnostic.severity]}[{diagnostic.code}]"
    if color:
        head = f"{_COLORS[diagnostic.severity]}{head}{_RESET}"
    spans = [diagnostic.span, *(secondary.span for secondary in diagnostic.secondary)]
    margin = " " * len(str(max(span.line for span in spans)))
    lines = [f"{head}: {visible(diagnostic.message(language))}", *excerpt(diagnostic.span, files, margin, "^", "")]
    for secondary in diagnostic.secondary:
        lines += excerpt(secondary.span, files, margin, "-", f" {secondary.message(language)}")
    if diagnostic.fix is not None:
        shown = visible(" ".join(diagnostic.fix.replacement.split()) or diagnostic.fix.replacement)
        lines.append(f"{margin} = " + (words["fix"].format(shown) if shown else words["delete"]))
    elif diagnostic.suggestion is not None:
        lines.append(f"{margin} = " + words["mean"].format(visible(diagnostic.suggestion)))
    if diagnostic.code.startswith("TR-"):
        lines.append(f"{margin} = {words['page']} docs/diagnostics/{diagnostic.code}.md")
    return "\n".join(lines) + "\n"


def excerpt(span: Span, files: dict[str, SourceFile], margin: str, mark: str, note: str) -> list[str]:
    """A place and its source line, with `mark` under the span."""
    lines = [f"{margin}--> {visible(span.file)}:{span.line}:{span.column}"]
    source = files.get(span.file)
    if source is None:
        return lines
    text = source.line(span.line)
    end = span.end_column - 1 if span.end_line == span.line else len(text)
    start = min(span.column - 1, len(text))
    cut = max(0, start - _LINE_MAX // 2) if len(text) > _LINE_MAX else 0
    shown = visible(text[cut : cut + _LINE_MAX])
    under = visible(text[start : min(max(end, start), cut + _LINE_MAX)])
    caret = " " * _width(visible(text[cut:start])) + mark * max(1, _width(under))
    return [*lines, f"{margin} |", f"{span.line:>{len(margin)}} | {shown}", f"{margin} | {caret}{note}"]


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two, combining accents none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def visible(text: str) -> str:
    """Control characters and ends of lines shown as one replacement each, so that a file cannot steer the terminal."""
    return "".join(
        " "
        if char == "\t"
        else "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else char
        for char in text
    )
