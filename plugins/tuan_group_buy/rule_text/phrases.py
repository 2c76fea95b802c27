"""Every phrase of the rules in words, in English and Chinese. A test compares what each language fills in."""

from __future__ import annotations

LANGUAGES = ("en", "zh")

#: By name: English, Chinese.
PHRASES = {
    # headings
    "conditions": ("When the group completes", "成团条件"),
    "validity": ("How long it takes", "有效期"),
    "refund": ("Refunds", "退款流程"),
    "odds": ("Odds of the draw", "概率公示"),
    "limits": ("Limits", "购买限制"),
    "rewards": ("Rewards", "奖励"),
    # conditions
    "completes": (
        "The group completes as soon as {members} members have paid.",
        "满 {members} 人付款即成团。",
    ),
    "price": ("A unit costs {price}.", "每件价格：{price}。"),
    "price_off": ("{money} less than the list price", "划线价减 {money}"),
    "price_share": ("{percent} of the list price", "划线价的 {percent}"),
    "ladder": ("The price falls as members pay: {steps}.", "付款人数越多价格越低：{steps}。"),
    "ladder_step": ("{members} members {price} a unit", "满 {members} 人每件 {price}"),
    "prepaid": (
        "Everybody first pays the price for {members} members, {price} a unit.",
        "先按满 {members} 人的价格付款，每件 {price}。",
    ),
    "ladder_end": (
        "With {most} members the group completes at once, otherwise at the end of its time at the step it has reached, with at least "
        "{least} members.",
        "满 {most} 人立即成团；否则到期时按已达到的一档成团，至少须满 {least} 人。",
    ),
    "join_discount": (
        "Who joins a group pays {money} less a unit than who opens it.",
        "参团者每件比开团者少付 {money}。",
    ),
    "new_members": (
        "New members, who had never paid for an order when they joined: at least {count}.",
        "成员中至少 {count} 人为新客，即参团时从未支付过订单。",
    ),
    "real_members": ("Only members who have paid count.", "只计实际付款的成员。"),
    "virtual_members": (
        "When its time is over the shop may fill up to {count} of the seats without buyers; such groups are marked.",
        "到期时商家最多可补足 {count} 个虚拟席位；此类团会明确标记。",
    ),
    # validity
    "window": ("A group has {duration} from its leader's payment.", "自团长付款起 {duration}内有效。"),
    "hold": (
        "A seat is kept for {duration} for somebody who has ordered and not paid yet.",
        "下单后未付款的席位保留 {duration}。",
    ),
    "active": ("Groups can be opened from {start} until {end} ({zone}).", "开团时间：{start} 至 {end}（{zone}）。"),
    "delivery": ("Goods are sent after the group has completed.", "成团后统一发货。"),
    "delivery_drawn": ("Goods are sent to the winners after the draw.", "开奖后向中奖者发货。"),
    # refund
    "fails": (
        "If the group does not complete in time, each member gets without asking: {actions}.",
        "到期未成团，每位成员无需申请即自动获得：{actions}。",
    ),
    "loses": (
        "Members who do not win get without asking, after the draw: {actions}.",
        "开奖后，未中奖的成员无需申请即自动获得：{actions}。",
    ),
    "difference": (
        "When the group completes, each member gets back the difference to the price of the step it has reached, the way it was paid.",
        "成团后，每位成员按原路退回与所达档位价格之间的差价。",
    ),
    # odds
    "prizes": ("The goods go to {prizes} of {members} members.", "{members} 人中抽出 {prizes} 人得货。"),
    "prizes_tiered": (
        "The goods go to {prizes} of the members, who are between {least} and {most}.",
        "从 {least} 至 {most} 名成员中抽出 {prizes} 人得货。",
    ),
    "chance": ("Each has the same chance, at least {percent}.", "每人机会均等，中奖概率不低于 {percent}。"),
    "draw_time": ("The draw is {duration} after the group has completed.", "成团后 {duration}开奖。"),
    "draw_at_once": ("The draw is as soon as the group has completed.", "成团后立即开奖。"),
    "method": (
        "The seed of the draw is committed to by its hash before anybody joins, the list of entrants is fixed when the group completes, "
        "and anybody can repeat the draw from the published record ({format}).",
        "开奖种子的哈希在第一人参团前公布，成团时锁定参与名单；任何人都可用公开记录复核开奖结果（{format}）。",
    ),
    # limits
    "limit": ("At most {units} per {subject}.", "每{subject}限购 {units}。"),
    "limit_within": ("At most {units} per {subject} within {duration}.", "每{subject} {duration}内限购 {units}。"),
    "open_limit": ("At most {groups} at once per {subject}.", "每{subject}最多同时开 {groups}。"),
    "open_limit_within": (
        "At most {groups} per {subject} opened within {duration}.",
        "每{subject} {duration}内最多开 {groups}。",
    ),
    "stock": ("Groups may take {percent} of the stock.", "拼团可用库存的 {percent}。"),
    # rewards
    "opener": ("Whoever opened the group gets {actions}.", "开团人获得 {actions}。"),
    "leader": ("Its leader gets {actions}.", "团长获得 {actions}。"),
    "cashback": ("Each member gets {actions}.", "每位成员获得 {actions}。"),
    "after_completion": ("Rewards are given when the group completes.", "奖励在成团时发放。"),
    "after_receipt": (
        "Rewards are given when the group has completed and who gets them has received the goods.",
        "奖励在成团且得奖人收货后发放。",
    ),
    # actions
    "refund_original": ("the whole amount back, the way it was paid", "全额原路退款"),
    "refund_wallet": ("the whole amount back, into the wallet", "全额退款至钱包"),
    "credit": ("{money} of credit", "{money} 钱包返现"),
    "points": ("{count} points", "{count} 积分"),
    "grant": ("“{name}”", "“{name}”"),
    "gift": ("{count} × {sku} as a gift", "赠品 {sku} × {count}"),
    "other": ("{name}", "{name}"),
    "and": (", and ", "、"),
    "comma": (", ", "、"),
    # measures
    "units_one": ("1 unit", "1 件"),
    "units": ("{count} units", "{count} 件"),
    "groups_one": ("1 open group", "1 个团"),
    "groups": ("{count} open groups", "{count} 个团"),
    "day": ("{count} days", "{count} 天"),
    "hour_one": ("1 hour", "1 小时"),
    "hour": ("{count} hours", "{count} 小时"),
    "minute_one": ("1 minute", "1 分钟"),
    "minute": ("{count} minutes", "{count} 分钟"),
    "second": ("{count} seconds", "{count} 秒"),
    "subject_buyer": ("buyer", "人"),
    "subject_device": ("device", "台设备"),
    "subject_address": ("address", "个地址"),
}
