"""Types and nodes in the merchant's words, in both languages, for messages about a wrong type."""

from __future__ import annotations

from tuan_rules.currencies import money_example
from tuan_rules.facts import Base, Type
from tuan_rules.schema import Field, FieldType, Kind
from tuan_rules.syntax import nodes

_KINDS = {
    Kind.MONEY: ("an amount of money", "金额", ""),
    Kind.PERCENT: ("a percent", "百分比", "8%"),
    Kind.DURATION: ("a duration", "时长", "15min"),
    Kind.INSTANT: ("a date and time", "日期时间", "2027-02-10 10:00"),
    Kind.WINDOW: ("a window", "时间段", "from 2027-02-10 10:00 until 2027-02-13 10:00"),
    Kind.SCHEDULE: ("a schedule", "场次", "daily(at: [10:00, 20:00], for: 2h)"),
    Kind.INTEGER: ("a whole number", "整数", "3"),
    Kind.TEXT: ("a text, or one per language", "文字，或各语言的文字", '{ zh: "...", en: "..." }'),
    Kind.BOOLEAN: ("true or false", "true 或 false", "true"),
    Kind.LIMITS: ("limits", "限购", "1 per buyer, 2 per device per 24h"),
    Kind.LIST_OF: ("a list", "列表", ""),
    Kind.LADDER_OF: ("a ladder", "阶梯", ""),
    Kind.ENUM: ("a choice", "选项", ""),
    Kind.REFERENCE: ("a reference to a block", "对块的引用", ""),
    Kind.PREDICATE: ("a condition", "条件", "buyer.level >= 3"),
    Kind.AMOUNT_EXPRESSION: ("an amount", "金额表达式", "60% of line.list"),
    Kind.PRICE_ACTION: ("what to do with the price", "定价方式", "set(¥29.90)"),
    Kind.GIVE: ("what is given", "给什么优惠", "pay(88%)"),
    Kind.CAP: ("an amount per order or per line", "每单或每行的上限", "¥50.00 per order"),
    Kind.SHARE_OF: ("a share of something", "某数的比例", "90% of sku.available"),
    Kind.SKU_SET: ("goods", "商品范围", 'line.sku in ["S1001", "S1002"]'),
    Kind.RECORD: ("a record", "记录", ""),
    Kind.ANY_EXPRESSION: ("an expression", "表达式", "1"),
    Kind.GIVEN: ("a record of facts", "由事实组成的记录", '{ lines: [ { sku: "S1001", qty: 1, list: ¥50.00 } ] }'),
    Kind.MAP_OF: ("a record", "记录", ""),
}

_FACTS = {
    Base.MONEY: ("an amount of money", "金额", ""),
    Base.PERCENT: ("a percent", "百分比", "30%"),
    Base.INTEGER: ("a whole number", "整数", "3"),
    Base.DURATION: ("a duration", "时长", "30d"),
    Base.INSTANT: ("a date and time", "日期时间", "2027-02-10 10:00"),
    Base.BOOLEAN: ("true or false", "true 或 false", "true"),
    Base.TEXT: ("a text", "文字", '"..."'),
    Base.CATEGORY: ("a category", "类目", '"fresh/fruit"'),
    Base.CHOICE: ("a choice", "选项", ""),
    Base.LIST: ("a list", "列表", ""),
    Base.RECORD: ("a record", "记录", ""),
}

_NODES: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.MoneyLiteral: ("an amount of money", "金额"),
    nodes.PercentLiteral: ("a percent", "百分比"),
    nodes.DurationLiteral: ("a duration", "时长"),
    nodes.NumberLiteral: ("a number", "数字"),
    nodes.TextLiteral: ("a text", "文字"),
    nodes.BooleanLiteral: ("true or false", "true 或 false"),
    nodes.TimeLiteral: ("a time of day", "时刻"),
    nodes.InstantLiteral: ("a date", "日期"),
    nodes.ReferenceExpression: ("a reference to a block", "对块的引用"),
    nodes.ListExpression: ("a list", "列表"),
    nodes.RecordExpression: ("a record", "记录"),
    nodes.Per: ("a limit", "限购"),
    nodes.LimitList: ("limits", "限购"),
    nodes.WindowExpression: ("a window", "时间段"),
    nodes.Comparison: ("a condition", "条件"),
    nodes.IsSet: ("a condition", "条件"),
    nodes.Not: ("a condition", "条件"),
    nodes.Negative: ("a negative value", "负数"),
    nodes.Arithmetic: ("a calculation", "算式"),
    nodes.ShareExpression: ("a share of something", "某数的比例"),
    nodes.Counter: ("a counter", "计数"),
    nodes.Step: ("a step of a ladder", "阶梯中的一档"),
}


def expected(field_type: FieldType) -> tuple[str, str]:
    """What a type takes, in English and Chinese."""
    english, chinese, _ = _KINDS[field_type.kind]
    if field_type.kind is Kind.ENUM:
        names = ", ".join(field_type.names)
        return f"one of {names}", f"以下之一：{names}"
    if field_type.kind is Kind.MAP_OF and field_type.item is not None:
        item, item_zh = expected(field_type.item)
        return f"a record whose values are each {item}", f"值为{item_zh}的记录"
    if field_type.item is not None:
        item, item_zh = expected(field_type.item)
        return f"{english} of {item}", f"{item_zh}的{chinese}"
    return english, chinese


def found(node: nodes.Node, text: str) -> tuple[str, str]:
    """What stands there, in English and Chinese; words and calls as they are written."""
    if isinstance(node, nodes.NumberLiteral) and node.value.denominator != 1:
        return "a fraction", "小数"
    if type(node) in _NODES:
        return _NODES[type(node)]
    return f"`{text}`", f"`{text}`"


def example(field: Field, currency: str) -> str:
    """A value that the field takes: the schema's own example, else one of its type in the package's currency."""
    return field.example or type_example(field.type, currency)


def type_example(field_type: FieldType, currency: str) -> str:
    """A value of the type."""
    match field_type.kind:
        case Kind.MONEY:
            return money_example(currency)
        case Kind.LIST_OF if field_type.item:
            return f"[{type_example(field_type.item, currency)}]"
        case Kind.MAP_OF if field_type.item:
            return f"{{ name: {type_example(field_type.item, currency)} }}"
        case Kind.LADDER_OF if field_type.item:
            return f"[2 => {type_example(field_type.item, currency)}]"
        case Kind.ENUM:
            return field_type.names[0] if field_type.names else "name"
        case Kind.REFERENCE:
            return f'{field_type.names[0] if field_type.names else "campaign"} "name"'
        case Kind.RECORD:
            entries = (f"{f.name}: {example(f, currency)}" for f in field_type.fields)
            return "{ " + ", ".join(entries) + " }"
    return _KINDS[field_type.kind][2]


def fact_expected(type_: Type) -> tuple[str, str]:
    """What a fact is, in English and Chinese."""
    english, chinese, _ = _FACTS[type_.base]
    if type_.base is Base.CHOICE:
        return f"one of {', '.join(type_.names)}", f"以下之一：{', '.join(type_.names)}"
    if type_.item is not None:
        item, item_zh = fact_expected(type_.item)
        return f"{english} of {item.removeprefix('an ').removeprefix('a ')}s", f"{item_zh}的{chinese}"
    return english, chinese


def fact_example(type_: Type, currency: str) -> str:
    """A value of a fact, as a test writes it."""
    match type_.base:
        case Base.MONEY:
            return money_example(type_.currency or currency)
        case Base.CHOICE:
            return type_.names[0]
        case Base.LIST if type_.item is not None:
            return f"[{fact_example(type_.item, currency)}]"
        case Base.RECORD:
            first = (f"{fact.name}: {fact_example(fact.type, currency)}" for fact in type_.facts[:3])
            return f"{{ {', '.join(first)} }}"
    return _FACTS[type_.base][2]
