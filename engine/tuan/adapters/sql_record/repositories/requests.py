"""The `Requests` port."""

from __future__ import annotations

from sqlalchemy import select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import requests
from tuan.domain.errors import Reason, TuanError


class SqlRequests(Repository):
    def claim(self, caller: str, request_id: str, method: str, fingerprint: str) -> bool:
        row = {"caller": caller, "request_id": request_id, "method": method, "fingerprint": fingerprint}
        if self._insert_new(requests, row):
            return True
        self.made(caller, request_id, method, fingerprint)
        return False

    def made(self, caller: str, request_id: str, method: str, fingerprint: str) -> bool:
        query = select(requests.c.method, requests.c.fingerprint)
        first = self._connection.execute(
            query.where(requests.c.caller == caller, requests.c.request_id == request_id)
        ).one_or_none()
        if first is not None and tuple(first) != (method, fingerprint):
            raise TuanError(
                Reason.REQUEST_ID_REUSED,
                f"request_id {request_id} was used before with another content; use a new one",
                request_id=request_id,
            )
        return first is not None
