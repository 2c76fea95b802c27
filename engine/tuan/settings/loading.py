"""The settings from the environment; what is wrong with them in the words of whoever wrote them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from tuan.domain.errors import Reason, TuanError
from tuan.settings.model import PREFIX, Settings, plain, variable


class SettingsError(TuanError):
    """Variables that are wrong, one line each: the name, what it is, what to write instead."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(Reason.INVALID_FIELD, "\n".join(problems))


def load(**overrides: Any) -> Settings:
    """The settings from the environment; `overrides` (by field name) go before it. Raises SettingsError."""
    misspelt = [f"{name} is no setting; did you mean {known}?" for name, known in _misspelt(os.environ)]
    if misspelt:
        raise SettingsError(misspelt)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        # Without its cause: pydantic's own text shows the values of secrets.
        raise SettingsError([_problem(detail) for detail in error.errors()]) from None


def _misspelt(environment: Iterable[str]) -> list[tuple[str, str]]:
    """(name, the setting that it resembles). Others are let be: Kubernetes sets TUAN_SERVICE_HOST beside a service named tuan."""
    known = [variable(name) for name in Settings.model_fields]
    unknown = [name for name in environment if name.startswith(PREFIX) and name not in known]
    return [(name, match) for name in unknown if (match := _resembling(name, known))]


def _resembling(name: str, known: Sequence[str]) -> str:
    """Nearly the same letters, or the beginning of a longer name (TUAN_LISTEN); "" for what is somebody else's."""
    longer = [each for each in known if each.startswith(f"{name}_")]
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.88) or longer), "")


def _problem(detail: ErrorDetails) -> str:
    what = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not detail["loc"]:
        return what
    name = str(detail["loc"][0])
    field = Settings.model_fields.get(name)
    if field is None:
        return f"{name} is no setting"
    secret = field.annotation is SecretStr or not field.repr
    given = "" if secret else f"={str(detail['input'])!r}"
    example = "" if secret or not plain(field.default) else f"; write for example {plain(field.default)}"
    return f"{variable(name)}{given}: {what}{example}"
