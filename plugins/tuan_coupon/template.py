"""A coupon's terms as the record keeps them, and the counters by which they are kept."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from tuan.plugin import CheckedBlock, Claim, InvalidValue, PriceRule, PublishContext, Text, redeemed_counter

ISSUE_MAX = 1_000_000_000
VALID_MS_MAX = 10 * 366 * 86_400_000
CODE_BYTES_MAX = 64


@dataclass(frozen=True, slots=True)
class Template:
    """`issue` 0: any number; `valid_ms` 0: as long as the rule is active; `code` empty: it is collected or given.

    `currency`: of the orders in which it counts. `replaces_earlier`: coupons of earlier versions give what this one gives.
    """

    template_id: str
    ruleset_hash: str
    title: str
    issue: int
    per_buyer: int
    valid_ms: int
    newcomer: bool
    personal: bool
    code: str
    start_ms: int
    end_ms: int
    currency: str
    replaces_earlier: bool = False

    def collecting(self, caller: str, buyer: str) -> list[Claim]:
        """What collecting one claims, for good."""
        claims = [Claim(f"buyer/collected/{self._key}/{caller}/{buyer}", 1, self.per_buyer)]
        return [*claims, Claim(f"coupon/collected/{self._key}", 1, self.issue)] if self.issue else claims

    def using_code(self, caller: str, buyer: str, restored: int, restored_all: int) -> tuple[Claim, ...]:
        """What an order claims that uses the code. `restored`: uses of this buyer, and of all, that refunds gave back."""
        claims = (Claim(redeemed_counter(f"coupon/{self._key}/{caller}/{buyer}"), 1, self.per_buyer + restored),)
        if not self.issue:
            return claims
        return (*claims, Claim(redeemed_counter(f"coupon/{self._key}"), 1, self.issue + restored_all))

    def is_active(self, now_ms: int) -> bool:
        return self.start_ms <= now_ms and (self.end_ms == 0 or now_ms < self.end_ms)

    @property
    def package(self) -> str:
        """The package that it is from."""
        return self.template_id.partition("/")[0]

    @property
    def _key(self) -> str:
        """Short and the same for ever: counters live in memory, and their names may hold two ids besides."""
        return hashlib.blake2b(self.template_id.encode(), digest_size=8).hexdigest()

    def to_config(self) -> dict[str, Any]:
        return asdict(self)


def template_of(rule: PriceRule) -> Template:
    return Template(**{**rule.config, "ruleset_hash": rule.ruleset_hash})


def coupon_counter(coupon_id: str) -> str:
    """Of one collected coupon: used once, and once more for each time that a refund gave it back."""
    return redeemed_counter(f"coupon/{coupon_id}")


def plan_template(block: CheckedBlock, context: PublishContext) -> Template:
    """Raises InvalidValue."""
    values = block.values
    issue, valid_ms, code = values["issue"], values["valid"], values["code"]
    if isinstance(issue, int) and not 1 <= issue <= ISSUE_MAX:
        raise InvalidValue("issue", f"is {issue}; write 1 to {ISSUE_MAX}, or leave it out for any number")
    if isinstance(valid_ms, int) and not 1 <= valid_ms <= VALID_MS_MAX:
        raise InvalidValue("valid", "write a duration such as 7d, of at most ten years")
    code = code.default if isinstance(code, Text) else ""
    if code and (len(code.encode()) > CODE_BYTES_MAX or " " in code or not code.isprintable()):
        raise InvalidValue("code", f"has blanks or more than {CODE_BYTES_MAX} bytes; write for example SPRING10")
    for wrong in ("personal", "newcomer") if code else ():
        if values[wrong]:
            raise InvalidValue(wrong, "goes with coupons that are collected or given, not with a code")
    if code and valid_ms is not None:
        raise InvalidValue("valid", "goes with coupons that are collected or given; a code has `active`")
    title = values["title"]
    start_ms, end_ms = context.windows[0] if context.windows else (0, 0)
    return Template(
        template_id=f"{context.package}/{block.kind}/{block.label}",
        ruleset_hash=context.ruleset_hash,
        title=title.default if isinstance(title, Text) else block.label,
        issue=issue if isinstance(issue, int) else 0,
        per_buyer=_per_buyer(values["limit"]),
        valid_ms=valid_ms if isinstance(valid_ms, int) else 0,
        newcomer=bool(values["newcomer"]),
        personal=bool(values["personal"]),
        code=code,
        start_ms=start_ms,
        end_ms=end_ms,
        currency=context.currency,
        replaces_earlier=values["earlier"] == "replace",
    )


def _per_buyer(limits: Any) -> int:
    if not limits:
        return 1
    for limit in limits:
        if limit.subject != "buyer" or limit.window_ms:
            raise InvalidValue("limit", "a coupon has one limit, per buyer: write for example 2 per buyer")
    if len(limits) > 1 or not 1 <= limits[0].quantity <= 1_000:
        raise InvalidValue("limit", "write 1 to 1000 per buyer, once")
    return int(limits[0].quantity)
