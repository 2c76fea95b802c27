"""Revision numbers: one row per subject, raised in the transaction that changes it."""

from __future__ import annotations

from sqlalchemy import select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import revisions


class Revised(Repository):
    """A repository whose changes other processes want to notice."""

    subject: str

    def revision(self) -> int:
        found = self._connection.execute(select(revisions.c.revision).where(revisions.c.subject == self.subject))
        return found.scalar() or 0

    def _raise_revision(self) -> None:
        statement = self._insert(revisions).values(subject=self.subject, revision=1)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["subject"], set_={"revision": revisions.c.revision + 1})
        )
