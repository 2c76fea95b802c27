"""Messages of TR-2nn: types, literals, conditions, and what tests give and expect."""

from __future__ import annotations

from tuan_rules.diagnostics.code import error, warning

TYPES = {
    "TR-201": error(
        "`{field}` takes {expected}, not {found}; write for example `{example}`",
        "`{field}` 应为{expected_zh}，而不是{found_zh}；例如 `{example}`",
    ),
    "TR-202": error(
        "`{found}` is more precise than {currency}, which has {decimals} decimals",
        "`{found}` 的小数位太多：{currency} 只有 {decimals} 位小数",
    ),
    "TR-203": error(
        "`{found}` is not a currency; use an ISO 4217 code such as CNY",
        "`{found}` 不是货币；请用 ISO 4217 代码，如 CNY",
    ),
    "TR-204": error(
        "`{found}` is not a time zone; use an IANA name such as Asia/Shanghai",
        "`{found}` 不是时区；请用 IANA 名称，如 Asia/Shanghai",
    ),
    "TR-205": error(
        "`{found}` is not a valid time: {why}; write for example {example}",
        "`{found}` 不是有效的时间：{why_zh}；例如 {example}",
    ),
    "TR-206": error(
        "this window is empty: it ends at or before its start",
        "这个时间段为空：结束不晚于开始",
    ),
    "TR-207": error(
        "`{found}`: a duration is exact, and {unit} are not; write days, for example `{example}`",
        "`{found}`：时长必须精确，而{unit_zh}长短不一；请写天数，例如 `{example}`",
    ),
    "TR-208": error(
        "`{found}` has an unknown unit `{unit}`; durations use ms, s, min, h and d",
        "`{found}` 的单位 `{unit}` 无效；时长用 ms、s、min、h、d",
    ),
    "TR-209": error(
        "`{found}` needs a unit: `{field}` takes {expected}; write for example `{example}`",
        "`{found}` 缺少单位：`{field}` 应为{expected_zh}；例如 `{example}`",
    ),
    "TR-210": error(
        "`{found}`: 折 counts tenths of the price that is paid, more than 0 and less than 10 (8.8折 = pay 88 %)",
        "`{found}`：折数应大于 0 且小于 10（8.8折 = 付 88%）",
    ),
    "TR-211": error(
        "`{found}` says what is paid, `off` what is taken away; write `pay({found})`",
        "`{found}` 表示实付比例，`off` 表示减去的比例；请写 `pay({found})`",
    ),
    "TR-212": error("{found} is not between 0 % and 100 %", "{found} 不在 0% 到 100% 之间"),
    "TR-213": error(
        "{what} has {count} {unit}, more than the {limit} allowed",
        "{what_zh}有 {count} {unit_zh}，超过上限 {limit}",
    ),
    "TR-214": error(
        "{found} is {currency}, but the package is in {package}", "{found} 是 {currency}，而规则包的货币是 {package}"
    ),
    "TR-215": error(
        "`{found}` does not say what to do with the price; write set(¥29.90), off(¥10), off(12%) or pay(88%)",
        "`{found}` 没有说明如何定价；请写 set(¥29.90)、off(¥10)、off(12%) 或 pay(88%)",
    ),
    "TR-216": error(
        "{why}; write for example `{example}`",
        "{why_zh}；例如 `{example}`",
    ),
    "TR-217": error("{found} must be at least {least}", "{found} 至少为 {least}"),
    "TR-218": warning("{found} stands twice in this list; remove one", "{found} 在列表中重复；请删除一个"),
    "TR-219": error(
        "the steps must ascend; {found} does not come after {before}",
        "各档必须递增；{found} 不应排在 {before} 之后",
    ),
    "TR-220": warning(
        "`and` binds tighter than `or`; add parentheses so that everybody reads it the same way",
        "`and` 比 `or` 优先；请加括号，避免误读",
    ),
    "TR-221": error("version `{found}` is not of the form 1.4.0", "版本号 `{found}` 的格式应为 1.4.0"),
}

EXPRESSIONS = {
    "TR-230": error("there is no fact `{name}`", "没有名为 `{name}` 的事实"),
    "TR-231": error(
        "`{operator}` does not go with {left} and {right}",
        "`{operator}` 不能用于{left_zh}与{right_zh}",
    ),
    "TR-232": error(
        "`{found}` may be missing; say what then: `{found} ?? ...`, or ask `{found} is set and ...` first",
        "`{found}` 可能缺失；请写明缺失时怎么办：`{found} ?? ...`，或先写 `{found} is set and ...`",
    ),
    "TR-233": error(
        "`{found}` is exact and has to be rounded by a named step; write `round({found}, half_up)`",
        "`{found}` 尚未取整，必须写明如何取整；请写 `round({found}, half_up)`",
    ),
    "TR-234": error(
        "`{name}` is defined by itself; no definition may use itself", "`{name}` 的定义用到了自己；定义不能循环"
    ),
    "TR-235": error(
        "`{found}` cannot stand in a condition or a calculation",
        "`{found}` 不能用在条件或算式中",
    ),
    "TR-236": error("this is a {found}; a {expected} is needed here", "这里是{found_zh}；应为{expected_zh}"),
    "TR-237": error(
        "loops inside loops: {limit} at most; count beforehand, or give the inner one up",
        "循环最多嵌套 {limit} 层；请改写或去掉内层",
    ),
    "TR-238": error(
        "this may take {cost} steps, more than the {limit} allowed; the largest part is `{term}` with {part}",
        "最多需要 {cost} 步，超过上限 {limit}；最大的部分是 `{term}`，{part} 步",
    ),
    "TR-239": error("`{name}` cannot be used like this; write {usage}", "`{name}` 不能这样用；请写 {usage}"),
    "TR-240": error(
        "`{name}` differs from line to line, and this is asked once for the whole order",
        "`{name}` 每一行都不同，而这里是对整个订单判断一次",
    ),
    "TR-241": warning("`{found}` is always there; this asks for nothing", "`{found}` 一定存在，无需这样写"),
    "TR-242": error(
        "`{found}` does not say what to give; write {usage}",
        "`{found}` 没有说明给什么优惠；请写 {usage}",
    ),
    "TR-243": error(
        "`{name}` is known only when the price is made, and cannot be asked for here",
        "`{name}` 在价格算出之后才知道，这里不能使用",
    ),
}

TESTS = {
    "TR-250": error(
        "there is no fact `{name}` that a test could give",
        "没有名为 `{name}` 的事实，测试无法给出",
    ),
    "TR-251": error(
        "`{name}` is {expected}, not {found}; write for example `{example}`",
        "`{name}` 应为{expected_zh}，而不是{found_zh}；例如 `{example}`",
    ),
    "TR-252": error(
        "`{name}` cannot be given: it comes {origin}; remove it",
        "`{name}` 不能给出：{origin_zh}；请删除",
    ),
    "TR-253": error(
        "{what} lacks `{name}`; write for example `{example}`",
        "{what_zh}缺少 `{name}`；例如 `{example}`",
    ),
    "TR-254": error(
        "`{found}` is not a reason why a rule does not count; choose {expected}",
        "`{found}` 不是规则未生效的原因；可选：{expected}",
    ),
    "TR-255": error(
        "`{label}` names {count} {what}, and must name one; write for example `{example}`",
        "`{label}` 对应 {count} 个{what_zh}，应当只对应一个；例如 `{example}`",
    ),
    "TR-256": warning(
        "{block} expects nothing, so it cannot fail; add `expect {{ total = {example} }}`",
        "{block} 没有写期望的结果，永远不会失败；请加上 `expect {{ total = {example} }}`",
    ),
}
