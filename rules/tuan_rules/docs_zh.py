"""The docs of blocks, fields, facts and events in Chinese: what merchants read in their editor and in `tuan-rules vocab --lang zh`.

A text has one translation, whoever uses it, so that the schemas of what ships with the language need say nothing twice. The
authors of other plugins write theirs where the English is: `Doc("the goods", "商品")`.
"""

from __future__ import annotations


class Doc(str):
    """An English doc that carries its Chinese: a text like any other to whoever knows nothing of it."""

    zh: str

    def __new__(cls, english: str, chinese: str) -> Doc:
        """The text is the English one."""
        doc = super().__new__(cls, english)
        doc.zh = chinese
        return doc


def doc_in(doc: str, language: str) -> str:
    """A doc in `zh` where it is known there, else in English."""
    if language != "zh":
        return str(doc)
    return doc.zh if isinstance(doc, Doc) else DOCS_ZH.get(doc, doc)


#: By the English text. A test looks whether every doc of the built-in vocabulary is here, and nothing else.
DOCS_ZH = {
    # campaign, plan
    "What a merchant plans: a title, a window, a budget, and plans that enable other blocks.":
        "一次活动：名称、时间段、预算，以及启用其他块的各个计划。",
    "name shown to buyers": "展示给买家的名称",
    "when the campaign runs, half-open": "活动的起止时间，含起点、不含终点",
    "the most that all its discounts may cost": "全部优惠合计的上限",
    "when the budget is used up: grant the rest or nothing": "预算用完时：给到剩余为止，或不再给",
    "A stretch of a campaign, and the blocks that are active in it.": "活动中的一个阶段，以及在其中生效的块。",
    "when the plan runs; the campaign's window if left out": "该阶段的起止时间；不写则与活动相同",
    "the blocks that run in this plan": "在该阶段生效的块",
    # commission, level
    "What distributors earn of an order (佣金). Who buys earns nothing of it, however it is written.":
        "分销员从订单中得到的佣金。无论怎么写，买家自己都得不到。",
    "name shown to distributors": "展示给分销员的名称",
    "what must hold": "须满足的条件",
    "the lines that it is of; left out: all": "计佣的商品行；不写则为全部",
    "what rates are of, in each line": "每行按什么金额计佣",
    "the most that all levels earn together": "各级合计的上限",
    "on which day of the month what has been final for so long is settled (结算)": "每月哪一天结算；只结算已确认满一定时间的佣金",
    "what a refund takes back (追回): its share, or all": "退款时追回：按比例，或全部",
    "from when until when": "起止时间",
    "One level of distributors: `level 1` is who sent the buyer, `level 2` who brought that one.":
        "一级分销：`level 1` 是直接推荐人，`level 2` 是推荐人的上级。",
    "the share of the base": "佣金比例",
    # coupon
    "A coupon: a price rule that counts only in orders which use it. Buyers collect it, are given it, or know its code.":
        "优惠券：只在用券的订单中生效的价格规则。可由买家领取、由商家发放，或凭券码使用。",
    "name shown to buyers; left out: the label": "展示给买家的名称；不写则用标签",
    "the lines that it is about; left out: all": "适用的商品行；不写则为全部",
    "what must hold besides": "还须满足的条件",
    "what it gives": "给什么优惠",
    "where it belongs": "所属的叠加组",
    "its place in the stack; higher goes first": "在叠加组中的优先级，数大者先",
    "the most that it takes off": "优惠金额的上限",
    "the least that a unit costs after it": "优惠后每件的最低价",
    "the most that all of them take off together": "全部券合计优惠的上限",
    "when it can be collected and used; left out: as long as the package is in force": "可领取和使用的起止时间；不写则与规则包同期",
    "how long after it was collected it can be used": "领取后多久内有效",
    "what coupons give that were collected under earlier versions: their own terms, or these": "按旧版本领的券按旧条款还是按这里的条款",
    "how many there are in all; left out: any number": "发放总量；不写则不限",
    "how many a buyer may have; left out: one": "每人限领张数；不写则为一张",
    "only for buyers who never paid for an order": "仅限从未付过款的新客",
    "only given, never collected": "只发放，不可领取",
    "orders name this code, nobody has to collect it": "下单时填写的券码，无需领取",
    "who pays for it": "由谁承担",
    # define, gate
    "A name for a condition, to be used in others.": "给条件取名，供其他条件使用。",
    "the condition": "条件",
    "What refuses an order before it is priced, with words for the buyer.": "在计价之前拒绝订单，并告诉买家原因。",
    "what the buyer is told": "告诉买家的话",
    "a short name of the reason, for programs": "原因代码，供程序使用",
    "what happens where a fact is missing that it asks for": "所需的事实缺失时怎么办",
    # flash_sale
    "Goods at a sale price in sessions, with a part of the stock set aside for them.": "秒杀：在各场次以活动价出售，并预留部分库存。",
    "the goods": "商品",
    "the price in the sale": "活动价",
    "when it sells; left out: all the time that it is active": "场次；不写则活动期间一直出售",
    "from when until when; left out: as the plans say that enable it": "起止时间；不写则按启用它的计划",
    "how much of the stock is on sale at once; the rest is the buffer (缓冲), sold when it is released":
        "一次放出的库存比例；其余为缓冲库存，释放后再售",
    "the most units per buyer, device or address": "每个买家、设备或地址的限购件数",
    "the page is up and tickets can be had so long before": "提前多久预热，可领取购买凭证",
    "when a buyer has to solve a challenge before a ticket: never; when risk control asks for it or tickets are asked for too often; "
    "always":
        "领取凭证前何时需要验证：从不；风控要求或请求过于频繁时；总是",
    "how long an unpaid order keeps its units; left out: as the engine is set up": "未付款订单保留库存多久；不写则按引擎设置",
    "whether an order needs a purchase ticket": "下单是否需要购买凭证",
    "list price of the goods (划线价), for the lints": "划线价，供检查使用",
    "their lowest price of the last 7 days, for the lints": "近 7 天最低价，供检查使用",
    "their margin at the list price, for the lints": "按划线价计的毛利率，供检查使用",
    # group_buy
    "Goods at a lower price for those who buy together: so many members within a window, or their money back.":
        "拼团：在时效内凑够人数即享低价，否则退款。",
    "how long a seat is kept for somebody who has not paid yet": "未付款者的席位保留多久",
    "the price of one unit; a ladder is by members who have paid (阶梯团)": "每件的价格；阶梯价按已付款人数计（阶梯团）",
    "members that a group needs; of a ladder, the step that is advertised": "成团人数；阶梯团则为主推的一档",
    "how long a group may take, from its leader's payment (成团时效)": "成团时效，自团长付款起算",
    "how many members must be new (老带新); judged as they join, and kept by the seats":
        "至少多少名成员须为新客（老带新）；在加入时判断，由席位保证",
    "the most groups that are open at once": "同时可开的团数上限",
    "the most units": "限购件数",
    "how much of the stock groups may take": "可用于拼团的库存比例",
    "what a unit costs those less who join instead of opening (参团优惠)": "参团者每件比开团者少付多少",
    "what whoever opened the group gets when it completes, though another leads it by then (开团奖励)":
        "成团后给开团人的奖励，团长已转让也归开团人",
    "what the leader gets when the group completes (团长激励)": "成团后给团长的奖励",
    "what each member gets when the group completes (拼团返现)": "成团后每个成员得到什么",
    "when rewards are given: as the group completes, or as each who gets one has received the goods":
        "何时发放奖励：成团时，或得奖人收货后",
    "what each member gets when it fails (未成团): the money back, and perhaps a consolation (关怀券)":
        "未成团时每个成员得到什么：退款，以及可选的关怀券",
    "of a lottery group (抽奖团): how many members win the goods": "抽奖团：中奖人数",
    "of a lottery group: the published chance of each member (概率公示)": "抽奖团：公示的中奖概率",
    "of a lottery group: how long after completion it is drawn": "抽奖团：成团后多久开奖",
    "of a lottery group: what each member gets who does not win (未中奖), the money back among it; left out: as `on_fail`":
        "抽奖团：未中奖成员得到什么，须含退款；不写则与未成团相同",
    "the most seats that the merchant fills at the end of the window (虚拟成团): buyers are told, figures mark it; left out: none":
        "时效结束时商家最多补足的席位（虚拟成团）：向买家公示，并在数据中标记；不写则不补",
    "when groups may be opened": "可开团的起止时间",
    # package
    "The rule package: its name, version, time zone and currency. Exactly one, in any of its files.":
        "规则包：名称、版本、时区和货币。每个包有且只有一个，放在任一文件中。",
    "version of the rules, three numbers": "规则版本，三段数字",
    "IANA time zone of every time without one": "未写时区的时间所用的 IANA 时区",
    "ISO 4217 code of every amount": "全部金额的 ISO 4217 货币代码",
    # points
    "A program of points: one is earned for each so much paid with money, and pays for a part of later orders.":
        "积分：每实付一定金额得一分，可抵扣以后订单的一部分。",
    "one point for each so much that was paid with money": "每实付多少得一分",
    "what a point pays": "一分抵多少",
    "the lines that points can pay; left out: all": "可用积分抵扣的商品行；不写则为全部",
    "what must hold for them to be spent": "使用积分须满足的条件",
    "the most that they pay of an order": "每单最多抵扣多少",
    "where they are spent: in phase tender": "所属的叠加组，阶段为 tender",
    "the most that they take off; left out: what the points that the order brings are worth":
        "抵扣金额的上限；不写则为订单所带积分的价值",
    "how long after they were earned they can be spent": "获得后多久内有效",
    "when they can be spent and earned": "可获得和使用的起止时间",
    "who pays for them": "由谁承担",
    # price
    "A price rule: for which goods, when, and what it gives.": "价格规则：适用哪些商品、何时生效、给什么优惠。",
    "the most that it takes off in all orders together": "全部订单合计优惠的上限",
    "when in that time; left out: all of it": "其中的场次；不写则全程有效",
    # risk, share_reward
    "What risk control answers to an event. Of several answers the strictest counts: deny, review, challenge, allow.":
        "风控对事件的处置。有多个结果时取最严的：deny、review、challenge、allow。",
    "name shown to those who review": "展示给审核人员的名称",
    "the events": "事件",
    "the answer": "处置结果",
    "the answer where a fact is missing that it asks for": "所需的事实缺失时的处置",
    "the kinds of blocks for which it counts; left out: all": "对哪些种类的块生效；不写则为全部",
    "What somebody gets for sharing a link (分享奖励).": "分享链接的奖励。",
    "what one share earns": "每次分享得到什么",
    "how often": "多久一次",
    # rounding, stack
    "How exact amounts become payable ones.": "精确金额如何取整为应付金额。",
    "the smallest step of a price": "价格的最小单位",
    "which way": "取整方式",
    "How rules of one phase combine: which of them count, on which price.":
        "叠加组：同一阶段的规则如何叠加，哪些生效、以什么价格为基数。",
    "when it is applied": "在哪个阶段生效",
    "what its rules act on": "作用于商品行还是整单",
    "which of its rules count": "组内哪些规则生效",
    "the price that a percentage is of": "百分比以什么价格为基数",
    "the most rules that count": "最多生效几条规则",
    "of the stacks of a phase, higher goes first; then by name": "同一阶段的叠加组，数大者先，其次按名称",
    "the most that its rules take off together": "组内规则合计优惠的上限",
    "stacks that never apply together with this one": "与本组互斥的叠加组",
    # test, case, expect
    "An example with its outcome; run before rules are published.": "带结果的例子；发布规则前会运行。",
    "the time of the purchase": "购买的时间",
    "who buys what: facts by record, and lines": "谁买什么：各项事实和商品行",
    "also run with blocks, files and lines in other orders": "打乱块、文件和商品行的顺序再运行一遍",
    "What a test must find; what is left out is not looked at.": "测试应得到的结果；没写的不检查。",
    "what the buyer pays, shipping included": "买家应付总额，含运费",
    "what the goods cost": "商品金额",
    "what is taken off the goods": "商品优惠金额",
    "what shipping costs": "运费",
    "what each line costs, in their order": "每行的金额，按顺序",
    "what comes along: units by SKU": "赠品：各 SKU 的件数",
    "the blocks that applied, and no others; in any order": "恰好生效的块，顺序不限",
    "why others did not: a reason by label, or by kind and label (`price/member-98`)":
        "其他规则为何未生效：按标签写原因，或按种类和标签（`price/member-98`）",
    "the gates that refuse the order; left out: none may": "拒绝订单的 gate；不写则不得有",
    "what distributors earn by a commission, all levels together": "分销员所得佣金，各级合计",
    "what risk rules answer, each to the events that it is about": "各条风控规则对相应事件的处置",
    "One row of a table: what it gives and expects is laid over what its test does.": "表格中的一行：所给的事实和期望覆盖在测试之上。",
    "the time of the purchase, where it is another": "购买的时间，与测试不同时写",
    "the facts that differ": "不同的事实",
    # facts
    "Who buys.": "买家。",
    "the buyer's id": "买家编号",
    "member level; 0: not a member": "会员等级；0 表示非会员",
    "groups that the merchant has put the buyer in": "商家给买家分的人群",
    "has never paid for an order": "从未付过款",
    "blocked by the merchant; unknown where risk control has no record": "被商家拉黑；风控没有记录时未知",
    "credit score, 0 to 100": "信用分，0 到 100",
    "where the order goes": "收货地区",
    "how long the buyer has been known": "成为用户多久",
    "What is bought together. Amounts are before every promotion, so that no rule is judged by what another took off.":
        "一起购买的商品。金额均为优惠前，任何规则都不受其他规则影响。",
    "list prices of all units": "全部商品的原价合计",
    "units of all lines": "总件数",
    "number of lines": "商品行数",
    "where the order comes from": "订单渠道",
    "the event, such as a live stream, in which the order is placed": "下单所在的场景，例如直播间",
    "the campaign by which the buyer came": "买家来自哪次活动",
    "when the order is placed": "下单时间",
    "coupon templates that the buyer wants to use": "买家要用的优惠券模板",
    "One line of the cart.": "一行商品。",
    "where in the catalogue": "所属类目",
    "units": "件数",
    "list price of one unit": "每件的原价",
    "list price of all units of the line": "本行原价合计",
    "margin at the list price": "按原价计的毛利率",
    "purchase cost of one unit": "每件的进价",
    "the merchant's own words for the goods": "商家给商品打的标签",
    "the activity by which the line is bought": "本行参与的活动",
    "what is paid for it with money": "本行实付金额",
    "By whom the buyer was sent.": "买家的推荐关系。",
    "the referrer": "推荐人",
    "how long ago": "推荐至今多久",
    "who brought the referrer: the earner of level 2": "推荐人的上级，即二级分销员",
    "The group that is being bought with.": "正在参加的团。",
    "members who have paid; 0 while the leader pays": "已付款人数；团长付款时为 0",
    "who is in it": "成员",
    "had never paid for an order when they joined": "加入时从未付过款",
    "what was paid": "已付金额",
    "the label of its group_buy; not set: any that fits": "所属 group_buy 的标签；不写则任一适用的",
    "The referrer as a distributor.": "作为分销员的推荐人。",
    "level by tasks; not set: not admitted": "按任务评定的等级；缺失表示未准入",
    "how long ago admitted": "准入至今多久",
    "What the request comes from.": "发出请求的设备。",
    "its pseudonym": "设备的匿名编号",
    "how long it has been known": "首次出现至今多久",
    "buyers that were seen on it": "在该设备上出现过的买家数",
    "whether it is no real device": "是否为模拟器",
    "The points that the buyer wants to spend on this order.": "买家要在本单使用的积分。",
    "the programs that they are of": "所属的积分计划",
    "what they are worth together": "合计价值",
    # events
    "a buyer asks for a ticket or places an order in a sale": "买家在秒杀中领取凭证或下单",
    "a buyer joins a group": "买家参团",
    "a buyer opens a group": "买家开团",
    "an order is paid": "订单付款",
    "an order is placed": "下单",
    "a refund is asked for": "申请退款",
    "a buyer is bound to a referrer": "买家绑定推荐人",
    "somebody shares a link": "分享链接",
    "a distributor asks for money": "分销员提现",
}  # fmt: skip
