"""Predicates: names that plugins give to questions, used in conditions and amounts like built-in functions (ADR 0015)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tuan_rules.aliases import Alias
from tuan_rules.facts import BOOLEAN, Base, Type

#: Functions of the language itself, whose names are taken.
BUILT_IN = frozenset({"count", "sum", "any", "all", "min", "max", "round"})
#: What a function of Python is reckoned to cost if it does not say: about 3 µs, in steps of `typing.cost`.
FUNCTION_COST = 100
PARAMETERS_MAX = 8
#: Answers that are remembered per predicate. A price asks the same of a calendar in every rule that names it.
ANSWERS_MAX = 1024

#: What a function of Python may give back, and the types of Python that it is held against.
_GIVES: dict[Base, tuple[type, ...]] = {
    Base.BOOLEAN: (bool,),
    Base.INTEGER: (int,),
    Base.MONEY: (int,),
    Base.DURATION: (int,),
    Base.INSTANT: (int,),
    Base.TEXT: (str,),
    Base.PERCENT: (Fraction, int),
}
_TAKES = (*_GIVES, Base.AMOUNT, Base.CATEGORY, Base.CHOICE, Base.LIST)
_ITEMS = (Base.INTEGER, Base.MONEY, Base.DURATION, Base.INSTANT, Base.TEXT, Base.CATEGORY)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a predicate is told. Never optional: whoever calls it has said by `??` what counts where a fact is missing."""

    name: str
    type: Type
    doc: str
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Predicate:
    """A question with a name: `is_weekend(cart.time)`. It is pure: the same arguments and facts give the same answer.

    `means`: an expression of the language over the parameters and the vocabulary's facts (`units >= 3 and buyer.is_new`); it is typed when
    the vocabulary is made, and stands in rules as if they had written it. Or `function`, for what the language cannot say, such as public
    holidays: a function of Python that is called with the arguments by position and nothing else. It gets money in minor units, durations
    and instants in milliseconds, percents and exact amounts as Fractions, and gives the like back. That it is deterministic, quick and
    without side effects is its author's promise. Its answer is optional in rules (`is_holiday(cart.time) ?? false`): when it raises, or
    gives something else than a `result`, the answer is missing, and that is logged.

    `cost`: steps of 30 to 60 ns that the function takes at most, part of the bound of every rule that calls it.
    `example`: how it is written, for messages and docs.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    result: Type = BOOLEAN
    means: str = ""
    function: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    cost: int = FUNCTION_COST
    example: str = ""
    aliases: tuple[Alias, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.means) is (self.function is not None):
            raise ValueError(f"predicate {self.name!r} has either `means` or a `function`")
        if len(self.parameters) > PARAMETERS_MAX:
            raise ValueError(f"predicate {self.name!r} has more than {PARAMETERS_MAX} parameters")
        for parameter in self.parameters:
            item = parameter.type.item
            fits = parameter.type.base in _TAKES and (item is None or item.base in _ITEMS)
            if parameter.type.optional or not fits:
                raise ValueError(f"predicate {self.name!r} cannot take {parameter.name!r}: {parameter.type}")
        gives = self.result.base in _GIVES or (self.means and self.result.base is Base.AMOUNT)
        if self.result.optional or not gives:
            raise ValueError(f"predicate {self.name!r} cannot give {self.result}")
        if self.cost < 1:
            raise ValueError(f"predicate {self.name!r} costs at least one step")

    @property
    def usage(self) -> str:
        """How it is called: its example, or its name with its parameters."""
        return self.example or f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"


def contained(predicate: Predicate) -> Callable[..., Any]:
    """The predicate's function, which never raises: None where it does, or gives back something else than it declares.

    Answers are remembered, failures are not. Each failure whose number is a power of two is logged: a calendar that is down fails in
    every order.
    """
    function, result = predicate.function, predicate.result
    assert function is not None

    @lru_cache(ANSWERS_MAX, typed=True)
    def asked(*arguments: Any) -> Any:
        answer = function(*arguments)
        if not isinstance(answer, _GIVES[result.base]) or (
            isinstance(answer, bool) and result.base is not Base.BOOLEAN
        ):
            raise TypeError(f"gave {type(answer).__name__} for {result}")
        return answer

    faults = 0

    def called(*arguments: Any) -> Any:
        nonlocal faults
        try:
            return asked(*arguments)
        except Exception as error:
            faults += 1
            if faults & (faults - 1) == 0:
                _log.warning("predicate %s failed, %d times so far: %r", predicate.name, faults, error)
            return None

    return called
