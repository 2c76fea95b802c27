"""Values and messages say the same: every field goes there and back."""

from __future__ import annotations

import dataclasses
import importlib
import re
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from typing import Any, get_args, get_type_hints

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from tuan_client import values
from tuan_client.convert import (
    duration_from_message,
    duration_to_message,
    time_from_message,
    time_to_message,
)
from tuan_client.values import OrderState, Refusal, RefusalKind

DATACLASSES: list[Any] = [kind for name in values.__all__ if dataclasses.is_dataclass(kind := getattr(values, name))]
ENUMS: list[Any] = [kind for name in values.__all__ if issubclass(kind := getattr(values, name), IntEnum)]
READ = [kind for kind in DATACLASSES if hasattr(kind, "from_message")]
BOTH = [kind for kind in READ if hasattr(kind, "to_message")]


def message_type(kind: Any) -> Any:
    pb2 = importlib.import_module(f"tuan_api.v1.{kind.__module__.rpartition('.')[2]}_pb2")
    return getattr(pb2, kind.__name__)


def fill(message: Message, salt: int = 1) -> Message:
    """Set every field to something that is not its default, differently for each field."""
    for number, field in enumerate(message.DESCRIPTOR.fields, salt):
        fill_field(message, field, number)
    return message


def fill_field(message: Message, field: FieldDescriptor, number: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        getattr(message, field.name)[f"k{number}"] = f"v{number}"
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        part = getattr(message, field.name)
        fill(part.add() if field.is_repeated else part, number)
    elif field.is_repeated:
        getattr(message, field.name).append(scalar(field, number))
    else:
        setattr(message, field.name, scalar(field, number))


def scalar(field: FieldDescriptor, number: int) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return f"b{number}".encode()
    if field.name == "nanos":
        return 5000
    kinds: dict[int, Any] = {
        FieldDescriptor.CPPTYPE_STRING: f"s{number}",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_ENUM: 1,
    }
    return kinds.get(field.cpp_type, number)


@pytest.mark.parametrize("kind", DATACLASSES, ids=lambda kind: kind.__name__)
def test_a_value_has_the_fields_of_its_message(kind: Any) -> None:
    """Goal: one vocabulary. Method: names of the dataclass and of the descriptor."""
    assert {field.name for field in dataclasses.fields(kind)} == set(message_type(kind).DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)
def test_nothing_is_lost_there_and_back(kind: Any) -> None:
    """Goal: every field is carried. Method: a message with all fields set, to a value, to a message: equal. The same when empty."""
    full = fill(message_type(kind)())
    assert kind.from_message(full).to_message() == full
    empty = message_type(kind)()
    assert kind.from_message(kind.from_message(empty).to_message()) == kind.from_message(empty)


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.__name__)
def test_every_field_of_an_answer_is_read(kind: Any) -> None:
    """Goal: nothing that the server says is dropped. Method: fill one field at a time; its value differs from the empty one's."""
    empty = kind.from_message(message_type(kind)())
    for field in message_type(kind).DESCRIPTOR.fields:
        only = message_type(kind)()
        fill_field(only, field, field.number)
        assert getattr(kind.from_message(only), field.name) != getattr(empty, field.name)


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.__name__)
def test_annotations_are_true(kind: Any) -> None:
    """Goal: what the type checker believes holds. Method: the values of a full message against the resolved annotations."""
    full = kind.from_message(fill(message_type(kind)()))
    for name, annotation in get_type_hints(kind).items():
        allowed = [getattr(option, "__origin__", option) for option in get_args(annotation) or [annotation]]
        if getattr(annotation, "__origin__", None) in (tuple, dict):
            allowed = [annotation.__origin__]
        assert isinstance(getattr(full, name), tuple(option for option in allowed if isinstance(option, type))), name


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_an_enum_has_the_members_of_the_api(kind: Any) -> None:
    """Goal: one vocabulary. Method: names and numbers against the descriptor."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).upper() + "_"
    assert {prefix + member.name: member.value for member in kind} == dict(message_type(kind).items())


def test_a_member_of_a_newer_server_reads_as_unspecified() -> None:
    """Goal: an old client does not fall over. Method: a number that no member has."""
    assert OrderState(99) is OrderState.UNSPECIFIED
    message = message_type(Refusal)(message="new")
    message.kind = 77
    assert Refusal.from_message(message) == Refusal(RefusalKind.UNSPECIFIED, "new")


@settings(max_examples=200, deadline=None)
@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))])))
def test_times_go_there_and_back(time: datetime) -> None:
    """Goal: instants to the microsecond, whatever the zone and the sign. Method: property, against protobuf's own reading."""
    message = time_to_message(time)
    assert message is not None
    assert message.ToDatetime(UTC) == time
    assert time_from_message(message) == time


@settings(max_examples=200, deadline=None)
@given(st.timedeltas(timedelta(days=-3000), timedelta(days=3000)))
def test_durations_go_there_and_back(duration: timedelta) -> None:
    """Goal: durations to the microsecond. Method: property, against protobuf's own reading."""
    message = duration_to_message(duration)
    assert message is not None
    assert message.ToTimedelta() == duration
    assert duration_from_message(message) == duration


def test_a_time_without_zone_is_refused() -> None:
    """Goal: no end date in another zone. Method: a naive datetime."""
    with pytest.raises(ValueError, match="has no time zone"):
        time_to_message(datetime(2027, 2, 10, 20))
    assert time_to_message(None) is None
    assert duration_to_message(None) is None
