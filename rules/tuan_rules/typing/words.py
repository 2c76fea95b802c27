"""Types in Chinese, for messages."""

from __future__ import annotations

from tuan_rules.facts import Base

_ZH = {
    Base.MONEY: "金额",
    Base.AMOUNT: "未取整的金额",
    Base.PERCENT: "百分比",
    Base.INTEGER: "整数",
    Base.DURATION: "时长",
    Base.INSTANT: "时间",
    Base.WINDOW: "时间段",
    Base.BOOLEAN: "条件",
    Base.TEXT: "文字",
    Base.CATEGORY: "类目",
    Base.CHOICE: "选项",
    Base.LIST: "列表",
    Base.RECORD: "记录",
}


def type_zh(base: Base) -> str:
    """A family of values in Chinese."""
    return _ZH[base]
