"""Text renderings: carets under wide characters, colours, control characters, the cap on diagnostics."""

from __future__ import annotations

from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules import Diagnostic, Fix, Severity, SourceFile, apply_fixes, check, render_text
from tuan_rules.diagnostics.report import DIAGNOSTICS_MAX

PACKAGE = 'package "a" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }\n'


def _text(text: str, color: bool = False) -> list[str]:
    source = SourceFile("t.tuan", text)
    return render_text(check([source], VOCABULARY).diagnostics, [source], color=color).splitlines()


def test_caret_counts_columns_not_characters() -> None:
    """Goal: the caret is under the character on a terminal. Method: Chinese characters (two columns) in front of it."""
    lines = _text(PACKAGE + 'tiers "三人团" { tags = ["老带新", 春节] }')
    code = next(line for line in lines if "三人团" in line)
    caret = next(line for line in lines if "^" in line)
    columns = sum(2 if ord(char) > 0x2E80 else 1 for char in code[: code.index("春节")])
    assert caret.index("^") == columns
    assert caret.count("^") == 4


def test_caret_after_a_combining_accent_and_a_tab() -> None:
    """Goal: accents take no column, tabs one. Method: both in front of the mistake."""
    lines = _text(PACKAGE + 'tiers "cafe\u0301" {\ttags = x }')
    code = next(line for line in lines if line.startswith("2 |"))
    caret = next(line for line in lines if "^" in line)
    assert caret.index("^") == code.index("x }") - 1


def test_control_characters_are_not_sent_to_the_terminal() -> None:
    """Goal: a rule file cannot steer a terminal. Method: an escape sequence in a text and in a label."""
    output = "\n".join(_text(PACKAGE + 'flash_sale "\x1b[31mred" { on = "\x1b]0;title\x07" }'))
    assert "\x1b" not in output
    assert "\x07" not in output


def test_color_is_only_on_request() -> None:
    """Goal: files and pipes get plain text. Method: the same diagnostic with and without."""
    assert "\x1b[1;31merror[TR-101]" in "\n".join(_text(PACKAGE + "x { }", color=True))
    assert "\x1b" not in "\n".join(_text(PACKAGE + "x { }"))


def test_long_lines_are_cut_around_the_caret() -> None:
    """Goal: a minified file stays readable. Method: a mistake behind 5,000 characters."""
    lines = _text(PACKAGE + 'tiers "t" {' + " " * 5000 + "zzz = 1 }")
    caret = next(line for line in lines if line.endswith("^^^"))
    code = next(line for line in lines if "zzz = 1" in line)
    assert len(code) < 200
    assert code.index("zzz") == caret.index("^^^")


def test_many_mistakes_are_capped_but_never_forgotten() -> None:
    """Goal: warnings cannot crowd out an error. Method: thousands of warnings in front of one error."""
    result = check([SourceFile("t", PACKAGE + "x { a = [" + "1，" * 3000 + "1] }")], VOCABULARY)
    severities = [diagnostic.severity for diagnostic in result.diagnostics]
    assert severities.count(Severity.WARNING) == DIAGNOSTICS_MAX
    assert severities.count(Severity.ERROR) == 1
    assert result.package is None


def test_overlapping_fixes_apply_one_at_a_time() -> None:
    """Goal: fixes never garble a text. Method: two that overlap, and an insertion at their edge."""
    source = SourceFile("t", "abcdef")

    def fix(start: int, end: int, replacement: str) -> Diagnostic:
        span = source.span(start, end)
        return Diagnostic("X-1", Severity.HINT, "", "", span, fix=Fix(span, replacement))

    fixed, applied = apply_fixes(source, [fix(2, 4, "-"), fix(0, 3, "+"), fix(6, 6, "!")])
    assert (fixed.text, applied) == ("+def!", 2)
    other = Diagnostic("X-1", Severity.HINT, "", "", SourceFile("u", "abc").span(0, 1), fix=None)
    assert apply_fixes(source, [other]) == (source, 0)
