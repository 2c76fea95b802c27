"""Revision numbers: one row per subject, raised in the transaction that changes it."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import revisions

_REVISION = select(revisions.c.revision).where(revisions.c.subject == bindparam("of"))


class Revised(Repository):
    """A repository whose changes other processes want to notice."""

    subject: str

    def revision(self) -> int:
        return self._connection.execute(_REVISION, {"of": self.subject}).scalar() or 0

    def _raise_revision(self) -> None:
        statement = self._insert(revisions).values(subject=self.subject, revision=1)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["subject"], set_={"revision": revisions.c.revision + 1})
        )
