"""Messages of TR-3nn to TR-5nn and TR-9nn: blocks together, publication, law and market, plugins."""

from __future__ import annotations

from tuan_rules.diagnostics.code import error, hint, warning

TOGETHER = {
    "TR-301": error(
        "{block} is enabled by two plans; a block is active in one plan, copy it under another label",
        "{block} 被两个计划启用；一个块只能属于一个计划，请用另一个标签复制一份",
    ),
    "TR-302": error(
        "the `active` window of {block} does not meet that of the plan that enables it, so it would never run",
        "{block} 的 `active` 时间段与启用它的计划没有交集，永远不会生效",
    ),
    "TR-303": error(
        "a `budget` needs `on_exceed`: `clip` grants what is left, `skip` grants nothing",
        "写了 `budget` 就要写 `on_exceed`：`clip` 给到用完为止，`skip` 不再给",
    ),
    "TR-304": error(
        "{first} excludes {second}, but not the other way round; exclusion is mutual, add it there too",
        "{first} 排斥 {second}，反过来却没有；互斥必须双向，请在另一边也写上",
    ),
    "TR-305": error(
        "{first} and {second} have priority {priority} in one stack; give each its own, higher goes first",
        "{first} 与 {second} 在同一个叠加组中优先级都是 {priority}；请各写一个，数大者先",
    ),
    "TR-306": error("{found} does not fit {stack}: {why}", "{found} 与 {stack} 不符：{why_zh}"),
    "TR-307": error(
        "a rounding unit is at least the smallest coin, here {least}",
        "取整单位至少为最小货币单位，这里是 {least}",
    ),
    "TR-401": error(
        "{block} cannot be published: {problem}",
        "{block} 无法发布：{problem}",
    ),
    "TR-402": error(
        "{block} fails: {problem}",
        "{block} 未通过：{problem_zh}",
    ),
    "TR-403": error(
        "{block} does not go together with another package: {problem}",
        "{block} 与另一个包冲突：{problem_zh}",
    ),
    "TR-404": warning(
        "{block} is kept, and has no effect on orders until a plugin that runs `{kind}` is installed",
        "{block} 会保存下来，但在安装运行 `{kind}` 的插件之前对订单不起作用",
    ),
    "TR-405": warning(
        "nothing on this engine asks {block} about {events}; there it has no effect until a plugin does",
        "本引擎没有插件就 {events} 询问 {block}；在此之前它在那里不起作用",
    ),
    "TR-406": warning(
        "{block} asks for {counted}, and this engine counts nothing yet: until it does, {effect}",
        "{block} 用到 {counted}，而本引擎还不计数；在此之前{effect_zh}",
    ),
    "TR-901": error(
        "a lint of `{block}` failed ({error}); this is a fault of its plugin, not of the rules",
        "`{block}` 的检查程序出错（{error}）；这是插件的问题，不是规则的问题",
    ),
}

MARKET = {
    "TR-501": error(
        "a commission has one or two levels, `level 1` and `level 2`, and never more; {problem}",
        "佣金只能有一级或两级（`level 1`、`level 2`），不得更多；{problem_zh}",
    ),
    "TR-502": error(
        "a lottery group publishes its prizes, its odds and the time of its draw before anybody joins; {problem}",
        "抽奖团必须在开团前公示奖品数、中奖概率和开奖时间；{problem_zh}",
    ),
    "TR-503": error(
        "a group that fails pays back, and everybody knows when; {problem}",
        "拼团必须写明时效和未成团的退款方式；{problem_zh}",
    ),
    "TR-504": error(
        "the list price {list_price} is {over} above the reference price {reference}, the lowest of the last 7 days; less than 30 % is "
        "allowed, anything more counts as price fraud",
        "划线价 {list_price} 比参考价（近 7 天最低价）{reference} 高 {over}；达到 30% 即属虚标原价",
    ),
    "TR-505": error(
        "a reward for sharing has a limit per buyer and day of at most {limit}, else it counts as induced sharing; write "
        "`limit = {limit} per buyer per 24h`",
        "分享奖励必须写明每人每天的上限，且不超过 {limit} 次，否则属于诱导分享；请写 `limit = {limit} per buyer per 24h`",
    ),
    "TR-506": warning(
        "the whole stock is on sale at once, without a buffer for what goes wrong; write for example `stock = 90% of {fact}`",
        "全部库存一次放出，没有缓冲库存；例如 `stock = 90% of {fact}`",
    ),
    "TR-507": hint(
        "{price} is {share} of the list price; groups do best at 60 % to 70 %",
        "{price} 是划线价的 {share}；拼团价通常以 60% 到 70% 为宜",
    ),
    "TR-508": hint(
        "the campaign runs for {days} days; after {limit} most have lost their pull",
        "活动持续 {days} 天；超过 {limit} 天后效果通常明显下降",
    ),
    "TR-509": warning(
        "at worst this loses money: {price} of {list_price} is {discount} off, commissions come to {rate} of it, {commission} of the list "
        "price; together {total}, and the margin is {margin}",
        "最坏情况会亏本：{list_price} 卖 {price}，优惠 {discount}；佣金为成交价的 {rate}，即划线价的 {commission}；合计 {total}，"
        "而毛利率为 {margin}",
    ),
    "TR-510": error(
        "`size` is {size}, which is no step of the price ladder; choose {steps}",
        "`size` 是 {size}，价格阶梯里没有这一档；可选 {steps}",
    ),
    "TR-511": error(
        "a larger group pays no more, for the smallest step is prepaid and only given back; {members} members would pay {price}, fewer "
        "{before}",
        "人数越多价格不得越高：预付最低一档的价格，之后只退差价；{members} 人为 {price}，人数更少时为 {before}",
    ),
    "TR-512": error(
        "`require` says how many members must be new, so that seats can keep it and no paid group fails for it; {problem}",
        "`require` 只能写至少多少名新客，这样由席位保证，不会出现付了款却无法成团的团；{problem_zh}",
    ),
    "TR-513": error(
        "a prize of {worth} in a draw; at most {limit} is allowed",
        "抽奖的奖品价值 {worth}；抽奖式有奖销售的最高奖不得超过 {limit}",
    ),
    "TR-514": error("`virtual_fill` cannot be this; {problem}", "`virtual_fill` 不能这样写；{problem_zh}"),
    "TR-515": warning(
        "the merchant fills up to {seats} seats; buyers are told before they join, and figures mark such groups; see whether the law of "
        "the place allows it",
        "商家最多补足 {seats} 个席位；参团前会向买家公示，并在数据中标记；请确认当地法律是否允许",
    ),
    "TR-516": error("`join_discount` cannot be this; {problem}", "`join_discount` 不能这样写；{problem_zh}"),
}
