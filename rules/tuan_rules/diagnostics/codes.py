"""Every diagnostic code with its severity and its message in English and Chinese.

A code keeps its meaning for ever; a retired one is not used again. Each has a page in `docs/diagnostics/`.
TR-0nn: text and syntax. TR-1nn: names and structure. TR-2nn: types and literals. TR-3nn: blocks together. TR-4nn:
publication. TR-5nn: law and market. TR-9nn: plugins.
"""

from __future__ import annotations

from tuan_rules.diagnostics.code import Code
from tuan_rules.diagnostics.messages_of_packages import MARKET, TOGETHER
from tuan_rules.diagnostics.messages_of_text import NAMES, SYNTAX
from tuan_rules.diagnostics.messages_of_values import EXPRESSIONS, TESTS, TYPES

__all__ = ["CODES", "Code"]

CODES: dict[str, Code] = {**SYNTAX, **NAMES, **TYPES, **EXPRESSIONS, **TESTS, **TOGETHER, **MARKET}
