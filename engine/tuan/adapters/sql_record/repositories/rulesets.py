"""The `Rulesets` port."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from tuan.adapters.sql_record.repositories.base import row_of
from tuan.adapters.sql_record.repositories.revisions import Revised
from tuan.adapters.sql_record.tables import price_rules, ruleset_sets, rulesets, shadow_totals
from tuan.domain.errors import Reason, TuanError
from tuan.domain.ruleset import IN_FORCE, Stage, check_stage
from tuan.ports import PastRule, PriceRule, Ruleset, ShadowTotals

#: The columns that are added up.
_SUMS = [each.name for each in fields(ShadowTotals) if each.name not in ("ruleset_hash", "currency", "update_time_ms")]


class SqlRulesets(Revised):
    subject = "rulesets"

    def add(self, ruleset: Ruleset) -> Ruleset:
        if self._insert_new(rulesets, row_of(ruleset)):
            self._raise_revision()
            return ruleset
        return self._existing(ruleset.ruleset_hash)

    def put_price_rules(self, ruleset_hash: str, rules: Sequence[PriceRule]) -> None:
        self._connection.execute(delete(price_rules).where(price_rules.c.ruleset_hash == ruleset_hash))
        if rules:
            self._connection.execute(insert(price_rules), [row_of(rule) for rule in rules])
        self._raise_revision()

    def begin_change(self, revision: int) -> bool:
        # Writing the row first makes the others wait for it; reading it first would let two see the same.
        self._raise_revision()
        return self.revision() == revision + 1

    def move(self, ruleset_hash: str, target: Stage, time_ms: int, canary_percent: int = 0) -> Ruleset:
        known = self._existing(ruleset_hash)
        check_stage(ruleset_hash, Stage(known.state), target)
        values: dict[str, Any] = {
            "state": target.value,
            "canary_percent": canary_percent if target is Stage.CANARY else 0,
        }
        if target is Stage.ACTIVE:
            # Which one was active before has to be known even where two follow in one millisecond, or a clock was set back.
            last = select(func.max(rulesets.c.activate_time_ms)).where(rulesets.c.package == known.package)
            values["activate_time_ms"] = max(time_ms, (self._connection.execute(last).scalar() or 0) + 1)
            previous = (rulesets.c.package == known.package, rulesets.c.state == Stage.ACTIVE.value)
            self._connection.execute(update(rulesets).where(*previous).values(state=Stage.RETIRED.value))
        if target is Stage.SHADOW:
            self._connection.execute(delete(shadow_totals).where(shadow_totals.c.ruleset_hash == ruleset_hash))
        self._connection.execute(update(rulesets).where(rulesets.c.ruleset_hash == ruleset_hash).values(**values))
        self._raise_revision()
        return replace(known, **values)

    def get(self, ruleset_hash: str) -> Ruleset | None:
        query = select(rulesets).where(rulesets.c.ruleset_hash == ruleset_hash)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _ruleset(row)

    def versions(self, package: str | None = None, states: Sequence[Stage] = ()) -> list[Ruleset]:
        query = select(rulesets).order_by(rulesets.c.publish_time_ms.desc(), rulesets.c.ruleset_hash)
        if package is not None:
            query = query.where(rulesets.c.package == package)
        if states:
            query = query.where(rulesets.c.state.in_([state.value for state in states]))
        return [_ruleset(row) for row in self._connection.execute(query).mappings()]

    def in_force(self) -> list[Ruleset]:
        query = select(rulesets).where(rulesets.c.state.in_([stage.value for stage in IN_FORCE]))
        return [_ruleset(row) for row in self._connection.execute(query.order_by(rulesets.c.ruleset_hash)).mappings()]

    def active_price_rules(self) -> list[PriceRule]:
        query = (
            select(price_rules)
            .join(rulesets, rulesets.c.ruleset_hash == price_rules.c.ruleset_hash)
            .where(rulesets.c.state == "active")
            .order_by(price_rules.c.priority, price_rules.c.rule_id)
        )
        return [PriceRule(**row) for row in self._connection.execute(query).mappings()]

    def past_price_rules(self, promotions: Collection[str]) -> list[PastRule]:
        later = rulesets.alias()
        retired_ms = (
            select(func.min(later.c.activate_time_ms))
            .where(later.c.package == rulesets.c.package, later.c.activate_time_ms > rulesets.c.activate_time_ms)
            .scalar_subquery()
        )
        query = (
            select(*price_rules.c, func.coalesce(retired_ms, 0).label("retire_time_ms"))
            .join(rulesets, rulesets.c.ruleset_hash == price_rules.c.ruleset_hash)
            .where(rulesets.c.state == Stage.RETIRED.value, price_rules.c.promotion.in_(promotions))
            .order_by(price_rules.c.ruleset_hash, price_rules.c.rule_id)
        )
        rows = [dict(row) for row in self._connection.execute(query).mappings()]
        return [PastRule(retire_time_ms=row.pop("retire_time_ms"), rule=PriceRule(**row)) for row in rows]

    def put_sets(self, sets: Mapping[str, tuple[str, ...]]) -> None:
        rows = [{"set_hash": name, "ruleset_hashes": hashes} for name, hashes in sorted(sets.items())]
        self._insert_new_rows(ruleset_sets, rows)

    def members(self, name: str) -> tuple[str, ...]:
        query = select(ruleset_sets.c.ruleset_hashes).where(ruleset_sets.c.set_hash == name)
        found: tuple[str, ...] | None = self._connection.execute(query).scalar()
        if found is not None:
            return found
        return () if self.get(name) is None else (name,)

    def add_shadow_totals(self, totals: Sequence[ShadowTotals]) -> None:
        shadows = select(rulesets.c.ruleset_hash).where(rulesets.c.state == Stage.SHADOW.value)
        running = set(self._connection.execute(shadows).scalars())
        statement = self._insert(shadow_totals)
        added: dict[str, Any] = {name: shadow_totals.c[name] + statement.excluded[name] for name in _SUMS}
        added["update_time_ms"] = statement.excluded.update_time_ms
        rows = [row_of(each) for each in totals if each.ruleset_hash in running]
        if rows:
            keys = [column.name for column in shadow_totals.primary_key]
            self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)

    def shadow_totals(self, ruleset_hash: str) -> list[ShadowTotals]:
        query = select(shadow_totals).where(shadow_totals.c.ruleset_hash == ruleset_hash)
        found = self._connection.execute(query.order_by(shadow_totals.c.currency)).mappings()
        return [ShadowTotals(**row) for row in found]

    def _existing(self, ruleset_hash: str) -> Ruleset:
        query = select(rulesets).where(rulesets.c.ruleset_hash == ruleset_hash).with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise TuanError(Reason.RULESET_NOT_FOUND, f"no ruleset {ruleset_hash}", ruleset_hash=ruleset_hash)
        return _ruleset(row)


def _ruleset(row: RowMapping) -> Ruleset:
    return Ruleset(**row)
