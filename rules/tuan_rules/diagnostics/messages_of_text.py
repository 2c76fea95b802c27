"""Messages of TR-0nn and TR-1nn: text, syntax, names and structure."""

from __future__ import annotations

from tuan_rules.diagnostics.code import error, warning

SYNTAX = {
    "TR-001": error(
        "the file has {size} bytes, more than the {limit} allowed; split it into several files of one package",
        "文件有 {size} 字节，超过上限 {limit} 字节；请拆成同一个规则包的多个文件",
    ),
    "TR-002": warning(
        "full-width `{found}`; write `{replacement}`",
        "这里是全角字符“{found}”，请改用半角“{replacement}”",
    ),
    "TR-003": error(
        "invisible character {found}; it can make a rule read differently from what it does, remove it",
        "不可见字符 {found}：会让规则看上去与实际含义不同，请删除",
    ),
    "TR-004": error(
        'this text has no closing quotation mark on its line; end it with `"`',
        '这段文字在本行内没有结束引号，请用 `"` 结尾',
    ),
    "TR-005": error(
        'text is written in double quotation marks: `"{text}"`',
        '文字要用双引号：`"{text}"`',
    ),
    "TR-006": error(
        "brackets are nested {depth} deep, more than the {limit} allowed; give parts a name with `define`",
        "括号嵌套了 {depth} 层，超过上限 {limit} 层；请用 `define` 给其中的部分取名",
    ),
    "TR-007": error(
        "this `}}` closes nothing; remove it, or add the block it belongs to",
        "这个 `}}` 没有对应的 `{{`；请删除，或补上它所属的块",
    ),
    "TR-008": error(
        "`{{` is never closed; add `}}` at the end of `{block}`",
        "`{{` 没有闭合；请在 `{block}` 末尾加上 `}}`",
    ),
    "TR-009": error(
        "unexpected {found}; expected {expected}",
        "此处不应出现 {found}；应为{expected_zh}",
    ),
    "TR-010": error(
        "`{found}` is not part of the language{hint_en}",
        "`{found}` 不是规则语言的符号{hint_zh}",
    ),
    "TR-011": error(
        "`{name}` is a reserved word and cannot be a name; choose another",
        "`{name}` 是保留字，不能用作名称；请换一个",
    ),
    "TR-012": error(
        "a field is given with `=`, not `:`",
        "字段用 `=` 赋值，不用 `:`",
    ),
    "TR-013": error(
        "`=` gives a field its value; write {replacement} here",
        "`=` 只用于给字段赋值；此处请写 {replacement}",
    ),
    "TR-014": error(
        "fields are separated by spaces or new lines, not by `{found}`; remove it",
        "字段之间用空格或换行分隔，不用 `{found}`；请删除",
    ),
    "TR-015": error(
        'this stands outside every block; put it inside one, such as `campaign "name" {{ ... }}`',
        '这里的内容不在任何块内；请放进某个块，例如 `campaign "名称" {{ ... }}`',
    ),
    "TR-016": error(
        "comparisons cannot be chained; write `a < b and b < c`",
        "比较不能连写；请写成 `a < b and b < c`",
    ),
    "TR-017": error(
        "`{opening}` is closed by `{closing}`; expected `{expected}`",
        "`{opening}` 被 `{closing}` 闭合；应为 `{expected}`",
    ),
    "TR-018": error(
        'unknown escape `{found}` in a text; there are \\\\, \\", \\n and \\t',
        '文字中的转义 `{found}` 无效；可用的有 \\\\、\\"、\\n、\\t',
    ),
    "TR-019": error(
        "the number has {digits} digits, more than the {limit} allowed",
        "数字有 {digits} 位，超过上限 {limit} 位",
    ),
}

NAMES = {
    "TR-101": error("unknown block `{name}`", "没有名为 `{name}` 的块"),
    "TR-102": error("`{block}` has no field `{name}`", "`{block}` 没有字段 `{name}`"),
    "TR-103": error(
        "`{block}` lacks its field `{name}` ({doc}); write for example `{name} = {example}`",
        "`{block}` 缺少必填字段 `{name}`；例如 `{name} = {example}`",
    ),
    "TR-104": error("`{name}` is given twice; keep one", "`{name}` 重复；请只保留一个"),
    "TR-105": error(
        '`{block} "{label}"` exists already; give this one another label',
        '`{block} "{label}"` 已经存在；请换一个标签',
    ),
    "TR-106": error(
        '`{block}` needs a label: `{block} "{example}" {{ ... }}`',
        '`{block}` 需要标签：`{block} "{example}" {{ ... }}`',
    ),
    "TR-107": error("a block has one label; remove this one", "一个块只有一个标签；请删除这个"),
    "TR-108": error(
        "`{block}` cannot stand {place}; it belongs {allowed}",
        "`{block}` 不能放在{place_zh}；应放在{allowed_zh}",
    ),
    "TR-109": error('there is no `{kind} "{label}"`', '没有 `{kind} "{label}"`'),
    "TR-110": error(
        "this names a `{kind}`; expected {expected}",
        "这里引用的是 `{kind}`；应为 {expected}",
    ),
    "TR-111": error(
        "`{name}` cannot be a name: names begin with a letter",
        "`{name}` 不能作名称：名称必须以字母或汉字开头",
    ),
    "TR-112": error(
        "{count} `{block}` blocks, but {limit} at most; remove this one",
        "有 {count} 个 `{block}`，最多 {limit} 个；请删除这个",
    ),
    "TR-113": error(
        'there is no `package` block; begin with `package "shop.sale" {{ version = "1.0.0"  zone = "Asia/Shanghai"  '
        'currency = "CNY" }}`',
        '缺少 `package` 块；请以 `package "shop.sale" {{ version = "1.0.0"  zone = "Asia/Shanghai"  '
        'currency = "CNY" }}` 开头',
    ),
    "TR-114": error("this record has no entry `{name}`", "这个记录没有 `{name}` 这一项"),
    "TR-115": error("`{found}` is not allowed here; choose {expected}", "此处不能用 `{found}`；可选：{expected}"),
    "TR-116": error(
        "`{name}` is {is_a}, not {not_a}; write `{example}`",
        "`{name}` 是{is_a_zh}，不是{not_a_zh}；请写 `{example}`",
    ),
    "TR-117": error(
        "`{label}` cannot be the label of a `{block}`: {why}; choose another",
        "`{label}` 不能作 `{block}` 的标签：{why_zh}；请换一个",
    ),
}
