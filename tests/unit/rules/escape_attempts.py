"""Attempts to get out of the language, by kind: each a condition of a price rule, and the codes that it is refused with.

Written with escapes where a character cannot be seen, so that a reader of this file sees what is tried.
"""

from __future__ import annotations

CONDITIONS: dict[str, list[tuple[str, str]]] = {
    "reserved names of Python": [
        ("buyer.＿＿class＿＿ == 1", "TR-111"),
        ("buyer.__proto__ == 1", "TR-111"),
        ("buyer._Fact__secret == 1", "TR-111"),
        ("_ == 1", "TR-111"),
        ("count(each __m in group.members) > 1", "TR-111"),
        ("__class__(1) == 1", "TR-111 TR-239"),
        ("round(¥1.5, __x: 1) > ¥1", "TR-111 TR-239"),
        ("buyer.constructor == 1", "TR-230"),
        ("buyer.a__b == 1", "TR-230"),
        ("cart.lines.append == 1", "TR-230"),
        ("buyer.level == None", "TR-230"),
        ("buyer.is_new == True", "TR-230"),
        ("buyer.#counter == 1", "TR-010"),
    ],
    "Python as a condition": [
        ("(x := buyer.level) > 1", "TR-009"),
        ("lambda: 1", "TR-009"),
        ("[x for x in buyer.segments] is set", "TR-009"),
        ("1 if buyer.is_new else 2", "TR-011"),
        ("if buyer.is_new then true", "TR-011"),
        ("count(*buyer.segments) > 1", "TR-009"),
        ("await buyer.level", "TR-009"),
        ("yield 1", "TR-009"),
        ("buyer[level] == 1", "TR-009"),
        ('buyer.segments[0:1] == ["a"]', "TR-009"),
        ('"a".upper == "A"', "TR-009"),
        ("count(buyer.segments).real == 1", "TR-009"),
        ("count(buyer.segments)() == 1", "TR-009"),
        ("buyer.level() == 1", "TR-239"),
        ("buyer.is_new; import os", "TR-014"),
        ("buyer.is_new\nimport os", "TR-009"),
        ("buyer.level < 1.5", "TR-235"),
        ("buyer.level / 0 > 1", "TR-231"),
    ],
    "patterns and templates": [
        ('buyer.id matches "(a+)+$"', "TR-009"),
        ('buyer.id like "%a%"', "TR-009"),
        ("buyer.id == /(a+)+$/", "TR-009"),
        ("buyer.id == `ls`", "TR-010"),
        ("buyer.id == ${7*7}", "TR-010"),
        ("buyer.id == {{ 7*7 }}", "TR-009"),
        ('buyer.id == "\\x41"', "TR-018"),
        ('buyer.id == "\\u0041"', "TR-018"),
        ('buyer.id == "\\033[31m"', "TR-018"),
        ('buyer.id == "\\N{LATIN SMALL LETTER A}"', "TR-018"),
        ('buyer.id == "a\\"', "TR-004"),
    ],
    "letters that look like others": [
        ("\U0001d41b\U0001d42e\U0001d432\U0001d41e\U0001d42b.level >= 3", "TR-230"),  # mathematical bold: buyer
        ("buyer.\U0001d529evel >= 3", "TR-230"),  # Fraktur l, which Python's own identifiers fold to l
        ("buyer.i\u017f_new", "TR-230"),  # long s
        ("buyer.\u0131s_new", "TR-230"),  # dotless i
        ("buyer.bl\u03bfcked ?? true", "TR-230"),  # Greek omicron
        ("buyer.pro\ufb01le is set", "TR-230"),  # ligature fi
        ("buyer.l\u0435vel >= 3", "TR-230"),  # Cyrillic e
        ("buyer.le\u0301vel >= 3", "TR-230"),  # combining accent
        ("buyer.level >= \u0663", "TR-010"),  # Arabic-Indic 3
        ("buyer.level >= \u2162", "TR-230"),  # Roman numeral three
        ("buyer.level >= \u2462", "TR-230"),  # circled 3
        ("buyer.level >= 3\u00b2", "TR-208"),  # superscript 2
    ],
    "characters that cannot be seen": [
        ("buyer.level >= 3 \u202eand buyer.is_new", "TR-003"),  # right-to-left override
        ("buyer.level \u2067>= 3\u2069", "TR-003"),  # right-to-left isolate
        ("buy\u200der.level >= 3", "TR-003"),  # zero-width joiner
        ("buyer.le\u200cvel >= 3", "TR-003"),  # zero-width non-joiner
        ("buyer.\u2060level >= 3", "TR-003"),  # word joiner
        ("buyer.\ufefflevel >= 3", "TR-003"),  # byte-order mark
        ("buyer.le\u00advel >= 3", "TR-003"),  # soft hyphen
        ("buyer.le\u034fvel >= 3", "TR-003"),  # combining grapheme joiner
        ("buyer.\u3164level >= 3", "TR-003"),  # Hangul filler
        ("buyer.level\U000e0061 >= 3", "TR-003"),  # tag letter a
        ("buyer.level\U000e0101 >= 3", "TR-003"),  # variation selector of the supplement
        ("buyer.level\ufe0f >= 3", "TR-010"),  # variation selector
        ("buyer.level\u00a0>= 3", "TR-010"),  # no-break space
        ("buyer.level >=\u2003 3", "TR-010"),  # em space
        ("buyer.le\x00vel >= 3", "TR-003"),
        ("buyer.level\x0b>= 3", "TR-003"),  # vertical tab
        ("buyer.level\x0c>= 3", "TR-003"),  # form feed
        ("buyer.level >= 3 // regulars\rand buyer.is_new\n", "TR-003"),  # a line end in editors, and a comment here
        ("buyer.level >= 3 // regulars\x85 and buyer.is_new\n", "TR-003"),  # next line
        ("buyer.level >= 3 // regulars\u2028 and buyer.is_new\n", "TR-003"),  # line separator
        ("buyer.\ud800level >= 3", "TR-003"),  # half a surrogate pair
    ],
    "what steers a terminal": [
        ("buyer.le\x1b[31mvel >= 3", "TR-003"),
        ('buyer.id == "\x1b]0;owned\x07"', "TR-003"),
        ('buyer.id == "\x9b31m"', "TR-003"),
        ('buyer.id == "\x07"', "TR-003"),
        ('buyer.id == "\x08\x08"', "TR-003"),
        ('buyer.id == "\udfff"', "TR-003"),
    ],
    "numbers": [
        ("buyer.level == 1e999999999", "TR-208"),
        ("buyer.level == 1E9", "TR-208"),
        ("buyer.level == 0xFFFFFFFF", "TR-208"),
        ("buyer.level == 0b11", "TR-208"),
        ("buyer.level == 3j", "TR-208"),
        ("buyer.level == NaN", "TR-230"),
        ("buyer.level < Infinity", "TR-230"),
        ("buyer.level == 1" + "0" * 60_000, "TR-019"),
        ("buyer.level == 1" + "_0" * 30_000, "TR-019"),
        ("cart.subtotal == ¥1" + "0" * 60_000, "TR-019"),
        ("cart.subtotal == ¥0." + "0" * 60_000 + "1", "TR-019"),
        ("cart.subtotal * 1" + "0" * 60_000 + "% > ¥1", "TR-019"),
        ("cart.subtotal * 1" + "0" * 60_000 + "折 > ¥1", "TR-019"),
        ("buyer.age < 9" + "9" * 60_000 + "d", "TR-019"),
        ("buyer.age < 999999999999999d", "TR-201"),
        ("cart.time > 9999-12-31", "TR-205"),
        ("cart.time > 0000-01-01", "TR-205"),
        ("cart.time > 2027-01-01 10:00+99:99", "TR-205"),
        ("cart.time > 2027-01-01 10:00 Asia/../../etc/passwd", "TR-009"),
    ],
    "depth and size": [
        ("(" * 10_000, "TR-017"),
        ("(" * 10_000 + "1" + ")" * 10_000, "TR-213"),
        ("(" * 32 + "buyer.is_new" + ")" * 32, "TR-006"),
        ("{a:" * 40 + "1" + "}" * 40, "TR-006"),
        ("a or " * 8_000 + "a", "TR-213"),
        (" and ".join(["count(each a in group.members where a.is_new) > 1"] * 500), "TR-238"),
    ],
    "loops": [
        ("count(each a in group.members where count(each b in group.members where count(each c in group.members "
         "where c.is_new) > 1) > 1) > 1", "TR-237"),
        ("count(each a in group.members where count(each b in group.members where b.is_new) > 1) > 1", "TR-238"),
        ("count(each a in buyer.id) > 1", "TR-239"),
        ("count(each buyer in group.members where buyer.is_new) > 1", "TR-239"),
        ("count(each m in group.members) > 1 and m.is_new", "TR-230"),
    ],
}  # fmt: skip

_LOOP = 'define "a" { is = b }  define "b" { is = c or buyer.is_new }  define "c" { is = not a }'
#: Whole blocks, and what they are refused with.
BLOCKS: dict[str, list[tuple[str, str]]] = {
    "definitions": [
        (_LOOP, "TR-234"),
        ('define "a" { is = a }', "TR-234"),
        ('define "a" { is = count(each m in group.members where a) > 1 }', "TR-234"),
        ('define "a" { is = m.is_new }  define "b" { is = count(each m in group.members where a) > 1 }', "TR-230"),
        ('define "buyer" { is = cart.units > 1 }', "TR-117"),
        ('define "count" { is = cart.units > 1 }', "TR-117"),
        ('define "true" { is = cart.units > 1 }', "TR-117"),
        ('define "__class__" { is = cart.units > 1 }', "TR-117"),
        ('define "{0.__class__}" { is = cart.units > 1 }', "TR-117"),
        ('define "a b" { is = cart.units > 1 }', "TR-117"),
        ('define "café" { is = buyer.is_new }  define "cafe\u0301" { is = not buyer.is_new }', "TR-105 TR-117"),
        ('define "x" { is = buyer.level }', "TR-236"),
    ],
    "labels": [
        ('stack "a\\nERROR forged" { phase = tender scope = order pick = all base = running }', "TR-117"),
        ('stack "a\\tb" { phase = tender scope = order pick = all base = running }', "TR-117"),
        ('stack "\x1b[2J" { phase = tender scope = order pick = all base = running }', "TR-003"),
        ('stack " " { phase = tender scope = order pick = all base = running }', "TR-106"),
        (f'stack "{"x" * 101}" {{ phase = tender scope = order pick = all base = running }}', "TR-213"),
        ("stack {0} { }", "TR-009"),
        ('{0.__class__} "x" { }', "TR-009"),
        ('stack "x" { {name} = 1 }', "TR-009"),
    ],
    "other programs": [
        ('include "/etc/passwd"', "TR-015"),
        ("!!python/object/apply:os.system ['ls']", "TR-005 TR-015"),
        ('<!DOCTYPE lolz [<!ENTITY lol "lol">]>', "TR-015"),
        ("<script>alert(1)</script>", "TR-015"),
        ("cos\nsystem\n(S'ls'\ntR.", "TR-005 TR-008"),
    ],
}
#: Values of the package block, by field, and what they are refused with.
PACKAGES: list[tuple[str, str, str]] = [
    *(("zone", zone, "TR-204") for zone in ("../../../etc/passwd", "/etc/localtime", "Asia", "tzdata.zi", ".", "", "UTC\\n",
                                            "{0.__class__}", "__init__.py", "asia/shanghai")),
    *(("currency", code, "TR-203") for code in ("XTS", "CNY ", "C\\nY", "{0}", "￥")),
    *(("version", version, "TR-221") for version in ("1.0.0\\n", "9999999.0.0", "1.0.0; rm", "\u0661.0.0", "{0}")),
    *(("name", name, "TR-117") for name in ("a/b", "a/price/b", "a\\nb")),
]  # fmt: skip
