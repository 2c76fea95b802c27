"""Takes the handlers that generated code registers, so that the gate can stand before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuan.server.interceptors.handler_types import GenericHandler, Handler


@dataclass(frozen=True, slots=True)
class _Details:
    method: str
    invocation_metadata: Sequence[tuple[str, str]] = ()


class Recorder:
    """Stands in for a server in `add_XServicer_to_server(servicer, server)`, whatever version generated that."""

    def __init__(self) -> None:
        self._generic: list[GenericHandler] = []

    def add_generic_rpc_handlers(self, handlers: Iterable[GenericHandler]) -> None:
        self._generic += handlers

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """The same handlers again, in the form of newer generators."""

    def handler(self, method: str) -> Handler | None:
        """Who serves the method `/package.Service/Method`."""
        for generic in self._generic:
            found = generic.service(_Details(method))  # type: ignore[arg-type]
            if found is not None:
                return found
        return None
