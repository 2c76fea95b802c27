"""The `Rulesets` port."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select, update

from tuan.adapters.sql_record.repositories.base import row_of
from tuan.adapters.sql_record.repositories.revisions import Revised
from tuan.adapters.sql_record.tables import price_rules, rulesets
from tuan.ports import PriceRule, Ruleset


class SqlRulesets(Revised):
    subject = "rulesets"

    def put(self, ruleset: Ruleset, rules: Sequence[PriceRule]) -> None:
        self._connection.execute(
            update(rulesets)
            .where(rulesets.c.package == ruleset.package, rulesets.c.ruleset_hash != ruleset.ruleset_hash)
            .values(state="retired")
        )
        self._upsert(rulesets, [row_of(ruleset, state="active")])
        self._upsert(price_rules, [row_of(rule) for rule in rules])
        self._raise_revision()

    def get(self, ruleset_hash: str) -> Ruleset | None:
        query = select(rulesets).where(rulesets.c.ruleset_hash == ruleset_hash)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _ruleset(row)

    def versions(self, package: str | None = None) -> list[Ruleset]:
        """Newest first."""
        query = select(rulesets).order_by(rulesets.c.publish_time_ms.desc(), rulesets.c.ruleset_hash)
        if package is not None:
            query = query.where(rulesets.c.package == package)
        return [_ruleset(row) for row in self._connection.execute(query).mappings()]

    def in_force(self) -> list[Ruleset]:
        query = select(rulesets).where(rulesets.c.state.in_(("active", "canary", "shadow")))
        return [_ruleset(row) for row in self._connection.execute(query.order_by(rulesets.c.ruleset_hash)).mappings()]

    def active_price_rules(self) -> list[PriceRule]:
        query = (
            select(price_rules)
            .join(rulesets, rulesets.c.ruleset_hash == price_rules.c.ruleset_hash)
            .where(rulesets.c.state == "active")
            .order_by(price_rules.c.priority, price_rules.c.rule_id)
        )
        return [PriceRule(**row) for row in self._connection.execute(query).mappings()]


def _ruleset(row: RowMapping) -> Ruleset:
    return Ruleset(**row)
