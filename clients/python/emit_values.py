"""Messages and enums as dataclasses and IntEnums, error reasons as exceptions."""

from __future__ import annotations

from error_docs import ReasonDoc
from proto_model import Api, Enum, Field, Message

#: Carried by a hand-written class instead: an error of one item of a batch is an exception object.
_ITEM_ERROR = "ItemError"
#: What became of one item of a batch: unpacked by hand.
_RESULTS = {"PlaceOrderResult", "RequestTicketResult"}
#: One import a line: those that a module does not use are taken out again.
CONVERT = "".join(
    f"from tuan_client.convert import {name}\n"
    for name in (
        *("duration_from_message", "duration_to_message", "enum_to_message"),
        *("new_request_id", "time_from_message", "time_to_message", "without_none", "WireEnum"),
    )
)
_SCALARS = {"str": ("str", '""'), "bytes": ("bytes", 'b""'), "int": ("int", "0"), "bool": ("bool", "False")}


def doc(comment: str, indent: str = "    ") -> str:
    """A comment as a docstring."""
    text = comment.replace("\\", "\\\\").replace('"""', "'''")
    lines = text.splitlines()
    closing = f"\n{indent}" if len(lines) > 1 or text.endswith('"') else ""
    return f'{indent}"""' + f"\n{indent}".join(line.rstrip() for line in lines) + f'{closing}"""\n'


def unwraps(message: Message) -> Field | None:
    """The only field of a response that has one: the client returns it instead of the response."""
    return message.fields[0] if len(message.fields) == 1 else None


def is_page(message: Message) -> bool:
    return "next_page_token" in message


def wanted(api: Api) -> tuple[set[str], set[str]]:
    """Names of the messages that a caller builds, and of those that a caller reads."""
    methods = [method for service in api.services for method in service.methods]
    given = api.reachable(method.request for method in methods)
    read = api.reachable(method.response for method in methods)
    for method in methods:
        response = api.messages[method.response]
        if not is_page(response) and not unwraps(response) and not method.client_streaming and response.fields:
            read.add(response.name)
    return given - {_ITEM_ERROR}, read - {_ITEM_ERROR, *_RESULTS}


def type_of(field: Field, *, parameter: bool = False) -> str:
    """The Python type of a field; parameters take any sequence or mapping."""
    names = {"time": "datetime", "duration": "timedelta", "enum": field.type_name, "message": field.type_name}
    if field.type_name == _ITEM_ERROR:
        names["message"] = "TuanApiError"
    if field.kind == "map":
        return "Mapping[str, str]" if parameter else "dict[str, str]"
    base = names.get(field.kind) or _SCALARS[field.kind][0]
    if field.repeated:
        return f"Sequence[{base}]" if parameter else f"tuple[{base}, ...]"
    return f"{base} | None" if may_be_none(field) else base


def may_be_none(field: Field) -> bool:
    """Fields that know presence and are not promised: times, durations, messages, `optional` scalars, the choices of a oneof."""
    return field.optional or field.in_oneof or (field.kind in ("time", "duration", "message") and not field.required)


def is_choice(field: Field) -> bool:
    """A scalar of a oneof: naming it would choose it, whatever its value, so that it has to be left out where it is None."""
    return field.in_oneof and field.kind not in ("time", "duration", "message")


def default_of(field: Field, *, parameter: bool = False) -> str:
    """` = ...` for a field that may be left out."""
    if field.kind == "map":
        return " = MappingProxyType({})" if parameter else " = field(default_factory=dict)"
    if field.repeated:
        return " = ()"
    if may_be_none(field):
        return " = None"
    if field.kind == "enum":
        return f" = {field.type_name}.UNSPECIFIED"
    return f" = {_SCALARS[field.kind][1]}"


def required_first(fields: tuple[Field, ...]) -> list[Field]:
    return sorted(fields, key=lambda field: not field.required)


def to_message(field: Field, source: str) -> str:
    """An expression for the protobuf side of a value named `source`."""
    if field.kind == "message":
        if field.repeated:
            return f"[item.to_message() for item in {source}]"
        made = f"{source}.to_message()"
        return made if field.required else f"None if {source} is None else {made}"
    if field.kind in ("time", "duration"):
        return f"{field.kind}_to_message({source})"
    if field.kind == "enum":
        return f"[enum_to_message(item) for item in {source}]" if field.repeated else f"enum_to_message({source})"
    return source


def from_message(field: Field, source: str) -> str:
    """An expression for the Python side of the protobuf field at `source`.name."""
    place = f"{source}.{field.name}"
    make = {
        "message": f"{field.type_name}.from_message",
        "enum": field.type_name,
        "time": "time_from_message",
        "duration": "duration_from_message",
    }.get(field.kind)
    if field.type_name == _ITEM_ERROR:
        make = "error_from_item"
    if field.kind == "map":
        return f"dict({place})"
    if field.repeated:
        return f"tuple({make}(item) for item in {place})" if make else f"tuple({place})"
    plain = f"{make}({place})" if make else place
    return f'{plain} if {source}.HasField("{field.name}") else None' if may_be_none(field) else plain


def imports_for(api: Api, fields: list[Field], but: str) -> str:
    """Import lines for the values that `fields` need and that are not defined in the module `but`."""
    lines = set()
    for field in fields:
        if field.kind in ("message", "enum") and field.type_name != _ITEM_ERROR:
            home = (api.messages.get(field.type_name) or api.enums[field.type_name]).module
            if home != but:
                lines.add(f"from tuan_client.values.{home} import {field.type_name}\n")
    return "".join(sorted(lines))


def values(api: Api) -> dict[str, str]:
    """Module name -> source, and `__init__` with all of them."""
    given, read = wanted(api)
    messages = [message for message in api.messages.values() if message.name in given | read]
    # What annotates the API itself is nothing that a caller gets or gives.
    enums = [enum for enum in api.enums.values() if enum.name != "ErrorReason" and enum.module != "options"]
    made = {}
    entries: list[Message | Enum] = [*messages, *enums]
    for module in sorted({entry.module for entry in entries}):
        mine = [message for message in messages if message.module == module]
        fields = [field for message in mine for field in message.fields]
        made[module] = (
            f'"""Values of `{module}.proto`: what a caller gives and gets."""\n\n'
            "from __future__ import annotations\n\n"
            "from dataclasses import dataclass, field\nfrom datetime import datetime, timedelta\n"
            f"from tuan_api.v1 import {module}_pb2\n"
            + CONVERT
            + "from tuan_client.failure import TuanApiError, error_from_item\n"
            + imports_for(api, fields, module)
            + "".join(_enum(enum) for enum in enums if enum.module == module)
            + "".join(_dataclass(message, message.name in given, message.name in read) for message in mine)
        )
    names = sorted([(entry.name, entry.module) for entry in entries])
    made["__init__"] = (
        '"""What the client takes and returns, one class per message or enum of the API; for everybody who uses the client."""\n\n'
        + "".join(f"from tuan_client.values.{module} import {name}\n" for name, module in names)
        + f"\n__all__ = {[name for name, _ in names]!r}\n"
    )
    return made


def _enum(enum: Enum) -> str:
    lines = "".join(f"    {name} = {number}\n{doc(comment)}" for name, number, comment in enum.values)
    return f"\n\nclass {enum.name}(WireEnum):\n{doc(enum.comment)}\n{lines}"


def _dataclass(message: Message, given: bool, read: bool) -> str:
    pb2 = f"{message.module}_pb2.{message.name}"
    source = f"\n\n@dataclass(frozen=True, slots=True)\nclass {message.name}:\n{doc(message.comment)}\n"
    for field in required_first(message.fields):
        source += (
            f"    {field.name}: {type_of(field)}{'' if field.required else default_of(field)}\n{doc(field.comment)}"
        )
    if given:
        plain = [field for field in message.fields if not is_choice(field)]
        arguments = "".join(f"            {field.name}={to_message(field, f'self.{field.name}')},\n" for field in plain)
        if choices := [field for field in message.fields if is_choice(field)]:
            given_choices = ", ".join(f"{field.name}=self.{field.name}" for field in choices)
            arguments += f"            **without_none({given_choices}),\n"
        source += f"\n    def to_message(self) -> {pb2}:\n        return {pb2}(\n{arguments}        )\n"
    if read:
        arguments = "".join(f"            {field.name}={from_message(field, 'message')},\n" for field in message.fields)
        head = f"def from_message(cls, message: {pb2}) -> {message.name}"
        source += f"\n    @classmethod\n    {head}:\n        return cls(\n{arguments}        )\n"
    return source


def errors(api: Api) -> str:
    """One exception class per reason."""
    source = (
        '"""One exception per error reason of the API, named like it; all are `TuanApiError`. docs/errors.md lists them."""\n\n'
        "from __future__ import annotations\n\nfrom grpc import StatusCode\n\n"
        "from tuan_client.failure import DeadlineExceeded, ServerUnreachable, TuanApiError, register\n"
    )
    names = ["TuanApiError", "DeadlineExceeded", "ServerUnreachable"]
    for reason, number, comment in api.enums["ErrorReason"].values:
        if number == 0:
            continue
        told = ReasonDoc.parse(reason, comment)
        name, status = told.exception, told.status
        names.append(name)
        described = doc(f"{told.text}\n\nMetadata: {', '.join(told.metadata) or 'none'}")
        source += f'\n\n@register("{reason}", StatusCode.{status})\nclass {name}(TuanApiError):\n{described}'
    return source.replace("\n\n\n@register", f"\n\n__all__ = {names!r}\n\n\n@register", 1)
