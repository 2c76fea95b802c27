"""The rules of a group buy in words (成团条件, 退款流程, 有效期), written from its checked block, so that what buyers read is what runs.

Pure: a block in, text out. Only this plugin imports it.
"""

from tuan_group_buy.rule_text.phrases import LANGUAGES
from tuan_group_buy.rule_text.section import Section, SectionKind
from tuan_group_buy.rule_text.sections import rule_text

__all__ = ["LANGUAGES", "Section", "SectionKind", "rule_text"]
