"""Messages in the words of the file's author: who writes `上限` is told of `上限`, not of `cap`."""

from __future__ import annotations

import re

from tuan_rules.source import Span

#: Facts of a message that are the author's own text, or prose.
_AS_WRITTEN = frozenset({"found", "text", "label", "doc", "doc_zh", "replacement"})
#: Facts that are code, as a whole; in all others what stands between backquotes is.
_CODE = frozenset({"name", "block", "field", "kind", "usage", "example"})
#: Diagnostics whose `expected` is a row of words.
_ROWS = frozenset({"TR-110", "TR-115"})
_QUOTED = re.compile(r"`[^`]*`")
_NAMES = re.compile(r'"(?:[^"\\]|\\.)*"|[^\W\d]\w*(?:\.[^\W\d]\w*)*')


class Spelling:
    """How one file spells the names of the vocabulary."""

    def __init__(
        self, text: str, locale: str, used: dict[str, str], fields: dict[str, str], usual: dict[str, str]
    ) -> None:
        """`used`: how names are spelt in the file, `fields` those of fields; `usual`: in `locale`, where that is the same everywhere."""
        self.locale = locale
        self._text = text
        self._used = used
        self._fields = fields
        self._usual = usual

    def fact(self, code: str, name: str, value: str, span: Span) -> str:
        """A fact of a message about what stands under the span."""
        if name in _AS_WRITTEN:
            return value
        if name == "field" and value in self._fields:
            return self._fields[value]
        if name in _CODE or (name == "expected" and code in _ROWS):
            return self.code(value, span)
        return self.prose(value, span)

    def prose(self, text: str, span: Span) -> str:
        """A text, of which what stands between backquotes is code."""
        return _QUOTED.sub(lambda match: self.code(match.group(), span), text)

    def code(self, text: str, span: Span) -> str:
        """Source text in the names of the file; what stands under the span as it does stays."""
        here = self._text[span.offset : span.end_offset]
        return _NAMES.sub(lambda match: self._name(match.group(), here), text)

    def _name(self, name: str, here: str) -> str:
        if name.startswith('"') or re.search(rf"\b{re.escape(name)}\b", here):
            return name
        whole = self._used.get(name) or self._usual.get(name)
        if whole is not None or "." not in name:
            return whole or name
        return ".".join(self._used.get(word) or self._usual.get(word) or word for word in name.split("."))
