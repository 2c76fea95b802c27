"""Every diagnostic code with its severity and its message in English and Chinese.

A code keeps its meaning for ever; a retired one is not used again. Each has a page in `docs/diagnostics/`.
TR-0nn: text and syntax. TR-1nn: names and structure. TR-2nn: types and literals. TR-3nn: blocks together. TR-4nn:
publication. TR-5nn: law and market. TR-9nn: plugins.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuan_rules.diagnostics.model import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """The messages are templates; the placeholders are the facts that `Reporter.add` is given."""

    severity: Severity
    message_en: str
    message_zh: str


def _error(message_en: str, message_zh: str) -> Code:
    return Code(Severity.ERROR, message_en, message_zh)


def _warning(message_en: str, message_zh: str) -> Code:
    return Code(Severity.WARNING, message_en, message_zh)


_SYNTAX = {
    "TR-001": _error(
        "the file has {size} bytes, more than the {limit} allowed; split it into several files of one package",
        "文件有 {size} 字节，超过上限 {limit} 字节；请拆成同一个规则包的多个文件",
    ),
    "TR-002": _warning(
        "full-width `{found}`; write `{replacement}`",
        "这里是全角字符“{found}”，请改用半角“{replacement}”",
    ),
    "TR-003": _error(
        "invisible character {found}; it can make a rule read differently from what it does, remove it",
        "不可见字符 {found}：会让规则看上去与实际含义不同，请删除",
    ),
    "TR-004": _error(
        'this text has no closing quotation mark on its line; end it with `"`',
        '这段文字在本行内没有结束引号，请用 `"` 结尾',
    ),
    "TR-005": _error(
        'text is written in double quotation marks: `"{text}"`',
        '文字要用双引号：`"{text}"`',
    ),
    "TR-006": _error(
        "brackets are nested {depth} deep, more than the {limit} allowed; give parts a name with `define`",
        "括号嵌套了 {depth} 层，超过上限 {limit} 层；请用 `define` 给其中的部分取名",
    ),
    "TR-007": _error(
        "this `}}` closes nothing; remove it, or add the block it belongs to",
        "这个 `}}` 没有对应的 `{{`；请删除，或补上它所属的块",
    ),
    "TR-008": _error(
        "`{{` is never closed; add `}}` at the end of `{block}`",
        "`{{` 没有闭合；请在 `{block}` 末尾加上 `}}`",
    ),
    "TR-009": _error(
        "unexpected {found}; expected {expected}",
        "此处不应出现 {found}；应为{expected_zh}",
    ),
    "TR-010": _error(
        "`{found}` is not part of the language{hint_en}",
        "`{found}` 不是规则语言的符号{hint_zh}",
    ),
    "TR-011": _error(
        "`{name}` is a reserved word and cannot be a name; choose another",
        "`{name}` 是保留字，不能用作名称；请换一个",
    ),
    "TR-012": _error(
        "a field is given with `=`, not `:`",
        "字段用 `=` 赋值，不用 `:`",
    ),
    "TR-013": _error(
        "`=` gives a field its value; write {replacement} here",
        "`=` 只用于给字段赋值；此处请写 {replacement}",
    ),
    "TR-014": _error(
        "fields are separated by spaces or new lines, not by `{found}`; remove it",
        "字段之间用空格或换行分隔，不用 `{found}`；请删除",
    ),
    "TR-015": _error(
        'this stands outside every block; put it inside one, such as `campaign "name" {{ ... }}`',
        '这里的内容不在任何块内；请放进某个块，例如 `campaign "名称" {{ ... }}`',
    ),
    "TR-016": _error(
        "comparisons cannot be chained; write `a < b and b < c`",
        "比较不能连写；请写成 `a < b and b < c`",
    ),
    "TR-017": _error(
        "`{opening}` is closed by `{closing}`; expected `{expected}`",
        "`{opening}` 被 `{closing}` 闭合；应为 `{expected}`",
    ),
    "TR-018": _error(
        'unknown escape `{found}` in a text; there are \\\\, \\", \\n and \\t',
        '文字中的转义 `{found}` 无效；可用的有 \\\\、\\"、\\n、\\t',
    ),
    "TR-019": _error(
        "the number has {digits} digits, more than the {limit} allowed",
        "数字有 {digits} 位，超过上限 {limit} 位",
    ),
}

_NAMES = {
    "TR-101": _error("unknown block `{name}`", "没有名为 `{name}` 的块"),
    "TR-102": _error("`{block}` has no field `{name}`", "`{block}` 没有字段 `{name}`"),
    "TR-103": _error(
        "`{block}` lacks its field `{name}` ({doc}); write for example `{name} = {example}`",
        "`{block}` 缺少必填字段 `{name}`；例如 `{name} = {example}`",
    ),
    "TR-104": _error("`{name}` is given twice; keep one", "`{name}` 重复；请只保留一个"),
    "TR-105": _error(
        '`{block} "{label}"` exists already; give this one another label',
        '`{block} "{label}"` 已经存在；请换一个标签',
    ),
    "TR-106": _error(
        '`{block}` needs a label: `{block} "{example}" {{ ... }}`',
        '`{block}` 需要标签：`{block} "{example}" {{ ... }}`',
    ),
    "TR-107": _error("a block has one label; remove this one", "一个块只有一个标签；请删除这个"),
    "TR-108": _error(
        "`{block}` cannot stand {place}; it belongs {allowed}",
        "`{block}` 不能放在{place_zh}；应放在{allowed_zh}",
    ),
    "TR-109": _error('there is no `{kind} "{label}"`', '没有 `{kind} "{label}"`'),
    "TR-110": _error(
        "this names a `{kind}`; expected {expected}",
        "这里引用的是 `{kind}`；应为 {expected}",
    ),
    "TR-111": _error(
        "`{name}` cannot be a name: names begin with a letter",
        "`{name}` 不能作名称：名称必须以字母或汉字开头",
    ),
    "TR-112": _error(
        "{count} `{block}` blocks, but {limit} at most; remove this one",
        "有 {count} 个 `{block}`，最多 {limit} 个；请删除这个",
    ),
    "TR-113": _error(
        'there is no `package` block; begin with `package "shop.sale" {{ version = "1.0.0"  zone = "Asia/Shanghai"  '
        'currency = "CNY" }}`',
        '缺少 `package` 块；请以 `package "shop.sale" {{ version = "1.0.0"  zone = "Asia/Shanghai"  '
        'currency = "CNY" }}` 开头',
    ),
    "TR-114": _error("this record has no entry `{name}`", "这个记录没有 `{name}` 这一项"),
    "TR-115": _error("`{found}` is not allowed here; choose {expected}", "此处不能用 `{found}`；可选：{expected}"),
    "TR-116": _error(
        "`{name}` is {is_a}, not {not_a}; write `{example}`",
        "`{name}` 是{is_a_zh}，不是{not_a_zh}；请写 `{example}`",
    ),
}

_TYPES = {
    "TR-201": _error(
        "`{field}` takes {expected}, not {found}; write for example `{example}`",
        "`{field}` 应为{expected_zh}，而不是{found_zh}；例如 `{example}`",
    ),
    "TR-202": _error(
        "`{found}` is more precise than {currency}, which has {decimals} decimals",
        "`{found}` 的小数位太多：{currency} 只有 {decimals} 位小数",
    ),
    "TR-203": _error(
        "`{found}` is not a currency; use an ISO 4217 code such as CNY",
        "`{found}` 不是货币；请用 ISO 4217 代码，如 CNY",
    ),
    "TR-204": _error(
        "`{found}` is not a time zone; use an IANA name such as Asia/Shanghai",
        "`{found}` 不是时区；请用 IANA 名称，如 Asia/Shanghai",
    ),
    "TR-205": _error(
        "`{found}` is not a valid time: {why}; write for example {example}",
        "`{found}` 不是有效的时间：{why_zh}；例如 {example}",
    ),
    "TR-206": _error(
        "this window is empty: it ends at or before its start",
        "这个时间段为空：结束不晚于开始",
    ),
    "TR-207": _error(
        "`{found}`: a duration is exact, and {unit} are not; write days, for example `{example}`",
        "`{found}`：时长必须精确，而{unit_zh}长短不一；请写天数，例如 `{example}`",
    ),
    "TR-208": _error(
        "`{found}` has an unknown unit `{unit}`; durations use ms, s, min, h and d",
        "`{found}` 的单位 `{unit}` 无效；时长用 ms、s、min、h、d",
    ),
    "TR-209": _error(
        "`{found}` needs a unit: `{field}` takes {expected}; write for example `{example}`",
        "`{found}` 缺少单位：`{field}` 应为{expected_zh}；例如 `{example}`",
    ),
    "TR-210": _error(
        "`{found}`: 折 counts tenths of the price that is paid, more than 0 and less than 10 (8.8折 = pay 88 %)",
        "`{found}`：折数应大于 0 且小于 10（8.8折 = 付 88%）",
    ),
    "TR-211": _error(
        "`{found}` says what is paid, `off` what is taken away; write `pay({found})`",
        "`{found}` 表示实付比例，`off` 表示减去的比例；请写 `pay({found})`",
    ),
    "TR-212": _error("{found} is not between 0 % and 100 %", "{found} 不在 0% 到 100% 之间"),
    "TR-213": _error(
        "{what} has {count} {unit}, more than the {limit} allowed",
        "{what_zh}有 {count} {unit_zh}，超过上限 {limit}",
    ),
    "TR-214": _error(
        "{found} is {currency}, but the package is in {package}", "{found} 是 {currency}，而规则包的货币是 {package}"
    ),
    "TR-215": _error(
        "`{found}` does not say what to do with the price; write set(¥29.90), off(¥10), off(12%) or pay(88%)",
        "`{found}` 没有说明如何定价；请写 set(¥29.90)、off(¥10)、off(12%) 或 pay(88%)",
    ),
    "TR-216": _error(
        "{why}; write for example `{example}`",
        "{why_zh}；例如 `{example}`",
    ),
    "TR-217": _error("{found} must be at least {least}", "{found} 至少为 {least}"),
    "TR-218": _warning("{found} stands twice in this list; remove one", "{found} 在列表中重复；请删除一个"),
    "TR-219": _error(
        "the steps must ascend; {found} does not come after {before}",
        "各档必须递增；{found} 不应排在 {before} 之后",
    ),
    "TR-220": _warning(
        "`and` binds tighter than `or`; add parentheses so that everybody reads it the same way",
        "`and` 比 `or` 优先；请加括号，避免误读",
    ),
    "TR-221": _error("version `{found}` is not of the form 1.4.0", "版本号 `{found}` 的格式应为 1.4.0"),
}

_EXPRESSIONS = {
    "TR-230": _error("there is no fact `{name}`", "没有名为 `{name}` 的事实"),
    "TR-231": _error(
        "`{operator}` does not go with {left} and {right}",
        "`{operator}` 不能用于{left_zh}与{right_zh}",
    ),
    "TR-232": _error(
        "`{found}` may be missing; say what then: `{found} ?? ...`, or ask `{found} is set and ...` first",
        "`{found}` 可能缺失；请写明缺失时怎么办：`{found} ?? ...`，或先写 `{found} is set and ...`",
    ),
    "TR-233": _error(
        "`{found}` is exact and has to be rounded by a named step; write `round({found}, half_up)`",
        "`{found}` 尚未取整，必须写明如何取整；请写 `round({found}, half_up)`",
    ),
    "TR-234": _error(
        "`{name}` is defined by itself; no definition may use itself", "`{name}` 的定义用到了自己；定义不能循环"
    ),
    "TR-235": _error(
        "`{found}` cannot stand in a condition or a calculation",
        "`{found}` 不能用在条件或算式中",
    ),
    "TR-236": _error("this is a {found}; a {expected} is needed here", "这里是{found_zh}；应为{expected_zh}"),
    "TR-237": _error(
        "loops inside loops: {limit} at most; count beforehand, or give the inner one up",
        "循环最多嵌套 {limit} 层；请改写或去掉内层",
    ),
    "TR-238": _error(
        "this may take {cost} steps, more than the {limit} allowed; the largest part is `{term}` with {part}",
        "最多需要 {cost} 步，超过上限 {limit}；最大的部分是 `{term}`，{part} 步",
    ),
    "TR-239": _error("`{name}` cannot be used like this; write {usage}", "`{name}` 不能这样用；请写 {usage}"),
    "TR-240": _error(
        "`{name}` differs from line to line, and this is asked once for the whole order",
        "`{name}` 每一行都不同，而这里是对整个订单判断一次",
    ),
    "TR-241": _warning("`{found}` is always there; this asks for nothing", "`{found}` 一定存在，无需这样写"),
    "TR-242": _error(
        "`{found}` does not say what to give; write {usage}",
        "`{found}` 没有说明给什么优惠；请写 {usage}",
    ),
    "TR-243": _error(
        "`{name}` is known only when the price is made, and cannot be asked for here",
        "`{name}` 在价格算出之后才知道，这里不能使用",
    ),
}

_TESTS = {
    "TR-250": _error(
        "there is no fact `{name}` that a test could give",
        "没有名为 `{name}` 的事实，测试无法给出",
    ),
    "TR-251": _error(
        "`{name}` is {expected}, not {found}; write for example `{example}`",
        "`{name}` 应为{expected_zh}，而不是{found_zh}；例如 `{example}`",
    ),
    "TR-252": _error(
        "`{name}` cannot be given: it comes {origin}; remove it",
        "`{name}` 不能给出：{origin_zh}；请删除",
    ),
    "TR-253": _error(
        "{what} lacks `{name}`; write for example `{example}`",
        "{what_zh}缺少 `{name}`；例如 `{example}`",
    ),
    "TR-254": _error(
        "`{found}` is not a reason why a rule does not count; choose {expected}",
        "`{found}` 不是规则未生效的原因；可选：{expected}",
    ),
    "TR-255": _error(
        "`{label}` names {count} {what}, and must name one; write for example `{example}`",
        "`{label}` 对应 {count} 个{what_zh}，应当只对应一个；例如 `{example}`",
    ),
    "TR-256": _warning(
        "{block} expects nothing, so it cannot fail; add `expect {{ total = {example} }}`",
        "{block} 没有写期望的结果，永远不会失败；请加上 `expect {{ total = {example} }}`",
    ),
}

_TOGETHER = {
    "TR-301": _error(
        "{block} is enabled by two plans; a block is active in one plan, copy it under another label",
        "{block} 被两个计划启用；一个块只能属于一个计划，请用另一个标签复制一份",
    ),
    "TR-302": _error(
        "the `active` window of {block} does not meet that of the plan that enables it, so it would never run",
        "{block} 的 `active` 时间段与启用它的计划没有交集，永远不会生效",
    ),
    "TR-303": _error(
        "a `budget` needs `on_exceed`: `clip` grants what is left, `skip` grants nothing",
        "写了 `budget` 就要写 `on_exceed`：`clip` 给到用完为止，`skip` 不再给",
    ),
    "TR-304": _error(
        "{first} excludes {second}, but not the other way round; exclusion is mutual, add it there too",
        "{first} 排斥 {second}，反过来却没有；互斥必须双向，请在另一边也写上",
    ),
    "TR-305": _error(
        "{first} and {second} have priority {priority} in one stack; give each its own, higher goes first",
        "{first} 与 {second} 在同一个叠加组中优先级都是 {priority}；请各写一个，数大者先",
    ),
    "TR-306": _error("{found} does not fit {stack}: {why}", "{found} 与 {stack} 不符：{why_zh}"),
    "TR-307": _error(
        "a rounding unit is at least the smallest coin, here {least}",
        "取整单位至少为最小货币单位，这里是 {least}",
    ),
    "TR-401": _error(
        "{block} cannot be published: {problem}",
        "{block} 无法发布：{problem}",
    ),
    "TR-402": _error(
        "{block} fails: {problem}",
        "{block} 未通过：{problem_zh}",
    ),
    "TR-403": _error(
        "{block} does not go together with another package: {problem}",
        "{block} 与另一个包冲突：{problem_zh}",
    ),
    "TR-901": _error(
        "a lint of `{block}` failed ({error}); this is a fault of its plugin, not of the rules",
        "`{block}` 的检查程序出错（{error}）；这是插件的问题，不是规则的问题",
    ),
}

#: What the market's rules and its laws ask of promotions (RULES.md, "Compliance lints"). Schemas of plugins report them.
_MARKET = {
    "TR-501": _error(
        "a commission has one or two levels, `level 1` and `level 2`, and never more; {problem}",
        "佣金只能有一级或两级（`level 1`、`level 2`），不得更多；{problem_zh}",
    ),
    "TR-502": _error(
        "a lottery group publishes its prizes, its odds and the time of its draw before anybody joins; {problem}",
        "抽奖团必须在开团前公示奖品数、中奖概率和开奖时间；{problem_zh}",
    ),
    "TR-503": _error(
        "a group that fails pays back, and everybody knows when; {problem}",
        "拼团必须写明时效和未成团的退款方式；{problem_zh}",
    ),
    "TR-504": _error(
        "the list price {list_price} is {over} above the reference price {reference}, the lowest of the last 7 days; less than 30 % is "
        "allowed, anything more counts as price fraud",
        "划线价 {list_price} 比参考价（近 7 天最低价）{reference} 高 {over}；达到 30% 即属虚标原价",
    ),
    "TR-505": _error(
        "a reward for sharing has a limit per buyer and day of at most {limit}, else it counts as induced sharing; write "
        "`limit = {limit} per buyer per 24h`",
        "分享奖励必须写明每人每天的上限，且不超过 {limit} 次，否则属于诱导分享；请写 `limit = {limit} per buyer per 24h`",
    ),
    "TR-506": _warning(
        "the whole stock is on sale at once, without a buffer for what goes wrong; write for example `stock = 90% of {fact}`",
        "全部库存一次放出，没有缓冲库存；例如 `stock = 90% of {fact}`",
    ),
    "TR-507": Code(
        Severity.HINT,
        "{price} is {share} of the list price; groups do best at 60 % to 70 %",
        "{price} 是划线价的 {share}；拼团价通常以 60% 到 70% 为宜",
    ),
    "TR-508": Code(
        Severity.HINT,
        "the campaign runs for {days} days; after {limit} most have lost their pull",
        "活动持续 {days} 天；超过 {limit} 天后效果通常明显下降",
    ),
    "TR-509": _warning(
        "at worst this loses money: {price} of {list_price} is {discount} off, commissions come to {rate} of it, {commission} of the list "
        "price; together {total}, and the margin is {margin}",
        "最坏情况会亏本：{list_price} 卖 {price}，优惠 {discount}；佣金为成交价的 {rate}，即划线价的 {commission}；合计 {total}，"
        "而毛利率为 {margin}",
    ),
    "TR-510": _error(
        "`size` is {size}, which is no step of the price ladder; choose {steps}",
        "`size` 是 {size}，价格阶梯里没有这一档；可选 {steps}",
    ),
}

CODES: dict[str, Code] = {**_SYNTAX, **_NAMES, **_TYPES, **_EXPRESSIONS, **_TESTS, **_TOGETHER, **_MARKET}
