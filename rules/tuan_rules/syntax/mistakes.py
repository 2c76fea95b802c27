"""What a syntax error most likely is, said in the merchant's terms and not in the parser's."""

from __future__ import annotations

import re
import unicodedata

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from tuan_rules.diagnostics.model import Fix
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.source import SourceFile, Span
from tuan_rules.syntax.parser import RESERVED_WORDS

_LAST_WORD = re.compile(r"([^\W\d]\w*)\s*\Z")
_NEXT_WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|\w+|[^\w\s]')
_BLANK_IN_NUMBER = re.compile(r"\d[ \t]+\Z")
_KIND_ALONE = re.compile(r"\s*[^\W\d]\w*\s*\Z")
_LABEL_AHEAD = re.compile(r"\s*([^\W\d][\w-]*)\s*\{")

_NO_VALUE = re.compile(r"=[ \t\r]*\n\s*[^\W\d]\w*\s*\Z")

#: A block's kind is shorter than this.
_HEAD_MAX = 100
#: Characters of other languages: what to write instead, and how sure that is.
_FOREIGN = {
    "#": ("//", "; comments begin with `//`", "；注释用 `//`"),
    "&&": ("and", "; write `and`", "；请写 `and`"),
    "||": ("or", "; write `or`", "；请写 `or`"),
    "&": ("and", "; write `and`", "；请写 `and`"),
    "|": ("or", "; write `or`", "；请写 `or`"),
    "!": ("not ", "; write `not`", "；请写 `not`"),
    "%": ("", "; a percent follows its number directly: `12%`", "；百分号紧跟数字：`12%`"),
    ".": ("", "; numbers begin with a digit: `0.5`", "；数字以数码开头：`0.5`"),
    "?": ("", "; a default is given with `??`", "；默认值用 `??`"),
    **dict.fromkeys("「」『』《》", ("", "; text is written in double quotation marks", "；文字要用双引号")),
}  # fmt: skip
#: What is found, what could follow there, what to write instead ("" where it is not that alone), and the expectation.
_MEANT = (
    (("to", "till"), {"UNTIL"}, "until", "`until` and the end of the window", "`until` 和结束时间"),
    (("until",), {"FROM", "NUMBER"}, "", "`from` and the start of the window before it", "前面有 `from` 和开始时间"),
    (("[",), {"IN", "COMPARE"}, "in [", "`in` before a list", "列表前的 `in`"),
    ((":",), {"RSQB", "COMMA", "__ANON_0"}, " =>", "`=>` between a step and its value", "档位和值之间的 `=>`"),
    (("=>",), {"COLON"}, ":", "`:`", "`:`"),
)
_CURRENCY_SIGNS = "¥$£€₩₹₫฿₽₱₺₪₴"
#: Terminals by what a reader would call them; the first group that can follow is what was expected.
_EXPECTED = (
    ({"MONEY", "NUMBER", "LSQB"}, "a value", "一个值"),
    ({"EQUAL", "LBRACE"}, "`=` and a value, or a block in `{ }`", "`=` 和值，或用 `{ }` 写块"),
    ({"EQUAL"}, "`=`", "`=`"),
    ({"LBRACE"}, "`{`", "`{`"),
    ({"COMMA", "RSQB"}, "`,` or `]`", "`,` 或 `]`"),
    ({"COMMA", "RPAR"}, "`,` or `)`", "`,` 或 `)`"),
    ({"__ANON_0", "RSQB"}, "`=>`", "`=>`"),
    ({"RPAR"}, "`)`", "`)`"),
    ({"COLON"}, "`:`", "`:`"),
    ({"RBRACE", "COMMA"}, "`,` or `}`", "`,` 或 `}`"),
    ({"NAME", "RBRACE"}, "a field, a block or `}`", "字段、块或 `}`"),
    ({"UNTIL"}, "`until` and the end of the window", "`until` 和结束时间"),
    ({"IN"}, "`in`", "`in`"),
    ({"QUANTITY"}, "a duration such as 24h", "时长，例如 24h"),
    ({"NAME"}, "a name", "名称"),
)


def report_mistake(error: UnexpectedInput, source: SourceFile, text: str, base: int, report: Reporter) -> None:
    """Report the one mistake at which the parser stopped; `text` is the block, `base` its offset in the file."""
    _Mistake(error, source, text, base, report).explain()


class _Mistake:
    def __init__(self, error: UnexpectedInput, source: SourceFile, text: str, base: int, report: Reporter) -> None:
        self.source, self.text, self.base, self.report = source, text, base, report
        self.expected: set[str] = set()
        self.type = ""
        if isinstance(error, UnexpectedToken):
            token: Token = error.token
            self.type = token.type
            self.start, self.end = token.start_pos or 0, token.end_pos or 0
            self.expected = set(error.accepts or error.expected)
        else:
            self.start = error.pos_in_stream or 0
            word = _NEXT_WORD.match(text, self.start)
            self.end = word.end() if word else self.start + 1
            if isinstance(error, UnexpectedCharacters):
                self.expected = set(error.allowed or ())
        if self.type == "$END":
            self.start = self.end = len(text)
        self.found = text[self.start : self.end]

    def explain(self) -> None:
        attempts = (
            self._block_comment, self._word_of_another_place, self._reserved_word, self._no_value, self._number,
            self._wrong_sign, self._separator, self._foreign, self._bare_label,
        )  # fmt: skip
        explained = any(attempt() for attempt in attempts)
        if not explained:
            expected, expected_zh = self._expectation()
            found = f"`{self.found}`" if self.found else "the end"
            self.report.add("TR-009", self._here(), found=found, expected=expected, expected_zh=expected_zh)

    def _block_comment(self) -> bool:
        """`/*`, of which the slash may have been read as a division."""
        start = self.start - (self.found == "*")
        if self.text[start : start + 2] != "/*":
            return False
        self.report.add(
            "TR-010", self._span(start, start + 2), found="/*", hint_en="; comments begin with `//`",
            hint_zh="；注释用 `//`",
        )  # fmt: skip
        return True

    def _word_of_another_place(self) -> bool:
        """A word or sign that is right elsewhere, where only one other can be meant."""
        for found, terminals, meant, hint_en, hint_zh in _MEANT:
            if self.found in found and terminals <= self.expected:
                fix = Fix(self._here(), meant) if meant else None
                self.report.add(
                    "TR-009", self._here(), fix=fix, found=f"`{self.found}`", expected=hint_en, expected_zh=hint_zh
                )
                return True
        return False

    def _reserved_word(self) -> bool:
        if self.found in RESERVED_WORDS and ("NAME" in self.expected or "EQUAL" in self.expected):
            self.report.add("TR-011", self._here(), name=self.found)
            return True
        before = _LAST_WORD.search(self.text[max(0, self.start - 80) : self.start])
        if self.found in ("=", ":", "{") and before and before.group(1) in RESERVED_WORDS:
            start = max(0, self.start - 80) + before.start(1)
            self.report.add("TR-011", self._span(start, start + len(before.group(1))), name=before.group(1))
            return True
        return False

    def _no_value(self) -> bool:
        """`price =`, and the next field on the next line was taken for the value."""
        before = _NO_VALUE.search(self.text[max(0, self.start - 200) : self.start])
        if self.found not in ("=", "}") or before is None:
            return False
        at = max(0, self.start - 200) + before.start()
        self.report.add(
            "TR-009", self._span(at, at + 1), found="`=`", expected="a value behind it", expected_zh="后面有值"
        )
        return True

    def _number(self) -> bool:
        """`.5`, `500,000.00` and `1.4.0`: numbers as other places write them."""
        if _BLANK_IN_NUMBER.search(self.text[max(0, self.start - 40) : self.start]) and self.found.isdigit():
            self.report.add(
                "TR-009", self._here(), found=f"`{self.found}`", expected="a number without blanks: 500000",
                expected_zh="不带空格的数字：500000",
            )  # fmt: skip
            return True
        before, after = self.text[self.start - 1 : self.start], self.text[self.end : self.end + 1]
        if not after.isdigit() or self.found not in (".", ","):
            return False
        if self.found == ".":
            if before.isdigit():
                self.report.add(
                    "TR-009",
                    self._here(),
                    found="`.`",
                    expected='a text such as "1.4.0"',
                    expected_zh='文字，例如 "1.4.0"',
                )
            else:
                hint_en, hint_zh = _FOREIGN["."][1:]
                fix = Fix(self._here(), "0.")
                self.report.add("TR-010", self._here(), fix=fix, found=".", hint_en=hint_en, hint_zh=hint_zh)
            return True
        if not before.isdigit() or "RBRACE" not in self.expected:
            return False
        self.report.add(
            "TR-010", self._here(), fix=Fix(self._here(), ""), found=",", hint_en=" inside a number; write 500000",
            hint_zh="，数字中不加逗号；请写 500000",
        )  # fmt: skip
        return True

    def _wrong_sign(self) -> bool:
        if self.found == ":" and "EQUAL" in self.expected:
            self.report.add("TR-012", self._here(), fix=Fix(self._here(), " ="))
        elif self.found == "=" and self.text[: self.start].endswith("=") and "NUMBER" in self.expected:
            both = self._span(self.start - 1, self.end)
            self.report.add("TR-013", both, suggestion="=", fix=Fix(both, "="), replacement="`=`")
        elif self.found == "=" and self.start < _HEAD_MAX and _KIND_ALONE.fullmatch(self.text[: self.start]):
            self.report.add(
                "TR-009", self._here(), fix=Fix(self._here(), ""), found="`=`", expected="a label in quotation marks",
                expected_zh="带引号的标签",
            )  # fmt: skip
        elif self.found == "=" and "EQUAL" not in self.expected:
            sign = ":" if "COLON" in self.expected else "=="
            self.report.add(
                "TR-013", self._here(), suggestion=sign, fix=Fix(self._here(), sign), replacement=f"`{sign}`"
            )
        elif self.type == "COMPARE" and "AND" in self.expected:
            self.report.add("TR-016", self._here())
        else:
            return False
        return True

    def _separator(self) -> bool:
        if self.found not in (",", ";") or not {"NAME", "RBRACE"} <= self.expected:
            return False
        self.report.add("TR-014", self._here(), fix=Fix(self._here(), ""), found=self.found)
        return True

    def _foreign(self) -> bool:
        pair = self.text[self.start : self.start + 2]
        sign = pair if pair in _FOREIGN else self.found[:1]
        if self.type or not sign:
            return False
        replacement, hint_en, hint_zh = _FOREIGN.get(sign, ("", "", ""))
        if sign in _CURRENCY_SIGNS:
            hint_en, hint_zh = "; an amount follows its sign directly: `¥35.00`", "；金额紧跟货币符号：`¥35.00`"
        here, shown = self._span(self.start, self.start + len(sign)), sign
        if unicodedata.category(sign[0]) in ("Zs", "Mn", "Me"):
            # Shown as it is, the message would have nothing between its quotation marks: blanks of other widths come along when a
            # rule is copied from a web page, and marks such as U+FE0F combine with what stands before.
            replacement = " " if sign.isspace() else ""
            hint_en, hint_zh = (
                ("; write an ordinary blank", "；请用普通空格") if replacement else ("; remove it", "；请删除")
            )
            shown = f"U+{ord(sign[0]):04X}"
        fix = Fix(here, replacement) if replacement or shown != sign else None
        self.report.add("TR-010", here, fix=fix, found=shown, hint_en=hint_en, hint_zh=hint_zh)
        return True

    def _bare_label(self) -> bool:
        ahead = _LABEL_AHEAD.match(self.text, self.start)
        if self.type != "NAME" or "LBRACE" not in self.expected or ahead is None:
            return False
        here = self._span(ahead.start(1), ahead.end(1))
        label = f'"{ahead.group(1)}"'
        self.report.add(
            "TR-009", here, suggestion=label, fix=Fix(here, label), found=f"`{ahead.group(1)}`",
            expected="a label in quotation marks", expected_zh="带引号的标签",
        )  # fmt: skip
        return True

    def _expectation(self) -> tuple[str, str]:
        if self.start == 0:
            return 'a block such as `campaign "name" { ... }`', '块，例如 `campaign "名称" { ... }`'
        for terminals, english, chinese in _EXPECTED:
            if terminals <= self.expected:
                return english, chinese
        return "something else", "其他内容"

    def _here(self) -> Span:
        return self._span(self.start, self.end)

    def _span(self, start: int, end: int) -> Span:
        return self.source.span(self.base + start, self.base + end)
