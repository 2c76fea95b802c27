"""The Chinese names of the core: what merchants call these things. Plugins give theirs in their own schemas."""

from __future__ import annotations

from tuan_rules.aliases import Names

CHINESE = Names(
    "zh",
    blocks={
        "package": ("规则包",), "campaign": ("活动",), "plan": ("阶段",), "define": ("定义",), "stack": ("叠加", "叠加组"),
        "rounding": ("取整",), "test": ("测试",), "expect": ("预期",), "case": ("情形",), "price": ("价格", "满减"),
        "gate": ("准入",),
    },
    fields={
        # In any block; a plugin's fields of these names have them too.
        "title": ("标题",), "active": ("有效期",), "budget": ("预算",), "on_exceed": ("超出时",), "when": ("条件",), "on": ("范围",),
        "give": ("优惠",), "stack": ("叠加", "叠加组"), "priority": ("优先级",), "cap": ("上限",), "floor": ("最低价", "下限"),
        "sessions": ("场次",), "funded_by": ("出资",), "limit": ("限购",), "stock": ("库存",), "code": ("代码",), "missing": ("缺失时",),
        "message": ("提示",), "base": ("基数",), "only": ("仅限",),
        "package.version": ("版本",), "package.zone": ("时区",), "package.currency": ("币种",),
        "define.is": ("为",), "plan.enables": ("启用",),
        "stack.phase": ("阶段",), "stack.scope": ("作用",), "stack.pick": ("选取",), "stack.limit": ("条数",),
        "stack.exclusive_with": ("互斥",),
        "rounding.unit": ("单位",), "rounding.mode": ("方式",), "rounding.at": ("时机",),
        "test.at": ("时间",), "case.at": ("时间",), "test.given": ("给定",), "case.given": ("给定",), "test.permute": ("乱序",),
        "expect.total": ("应付",), "expect.goods": ("货款",), "expect.off": ("优惠",), "expect.shipping": ("运费",),
        "expect.lines": ("单品",), "expect.gifts": ("赠品",), "expect.applied": ("生效",), "expect.rejected": ("未生效",),
        "expect.refused": ("拒绝",), "expect.commissions": ("佣金",), "expect.verdicts": ("风控",),
    },
    words={
        "clip": ("减剩余",), "skip": ("跳过",), "merchant": ("商家",), "platform": ("平台",),
        "price_source": ("价格来源",), "line_discount": ("单品优惠",), "order_discount": ("订单优惠",), "shipping": ("运费",),
        "tender": ("抵扣",),
        "line": ("单品",), "order": ("订单", "单"), "buyer": ("买家", "人"), "device": ("设备",), "address": ("地址",),
        "all": ("全部",), "first": ("首个",), "best_for_buyer": ("最优惠",), "lowest_cost": ("成本最低",),
        "original": ("原路",), "wallet": ("钱包",),
        "half_up": ("四舍五入",), "half_even": ("四舍六入五成双",), "down": ("舍去",), "up": ("进一",),
        "each_step": ("每步",), "each_line": ("每单品",), "last": ("最后一天",),
        "mon": ("周一",), "tue": ("周二",), "wed": ("周三",), "thu": ("周四",), "fri": ("周五",), "sat": ("周六",), "sun": ("周日",),
        "allow": ("放行",), "challenge": ("验证",), "review": ("审核",), "deny": ("拒绝",),
    },
    facts={
        "buyer": ("买家",), "buyer.id": ("编号",), "buyer.level": ("等级",), "buyer.segments": ("人群",), "buyer.is_new": ("新客",),
        "buyer.blocked": ("拉黑",), "buyer.credit": ("信用",), "buyer.region": ("地区",), "buyer.age": ("时长",),
        "cart": ("购物车",), "cart.subtotal": ("小计",), "cart.units": ("件数",), "cart.lines": ("行数",), "cart.shipping": ("运费",),
        "cart.channel": ("渠道",), "cart.event": ("场景",), "cart.campaign": ("活动",), "cart.time": ("时间",), "cart.coupons": ("优惠券",),
        "line": ("单品",), "line.sku": ("货号",), "line.category": ("类目",), "line.qty": ("数量",), "line.list": ("标价",),
        "line.amount": ("金额",), "line.margin": ("毛利率",), "line.cost": ("成本",), "line.tags": ("标签",), "line.activity": ("活动",),
        "referral": ("推荐",), "referral.user": ("推荐人",), "referral.age": ("时长",),
        "sku": ("货品",), "sku.available": ("可售",),
    },
    functions={
        "count": ("计数",), "sum": ("合计",), "any": ("任一",), "all": ("全部",), "min": ("较小",), "max": ("较大",), "round": ("取整",),
        "set": ("一口价",), "off": ("减",), "pay": ("付",), "every": ("每满",), "buy": ("买",), "gift": ("赠",),
        "credit": ("返现",), "points": ("积分",), "grant": ("发放",), "refund": ("退款",),
        "daily": ("每天",), "weekly": ("每周",), "monthly": ("每月",),
        "allow": ("放行",), "challenge": ("验证",), "review": ("审核",), "deny": ("拒绝",),
    },
    arguments={
        "at": ("时刻",), "for": ("时长",), "on": ("星期",), "day": ("日",), "end_of_month": ("月末",), "after": ("之后",),
        "most": ("最多",), "get": ("送",), "off": ("减",), "qty": ("数量",), "route": ("方式",), "code": ("代码",),
        # What a test gives beside records of facts.
        "lines": ("明细",), "shipping": ("运费",), "budgets": ("预算",), "counts": ("次数",),
    },
)  # fmt: skip
