"""The .proto files as plain data with their comments: what the Python client and the error reference are generated from."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import descriptor_pb2

from tuan_api.v1 import options_pb2

PROTOS = Path(__file__).resolve().parent
_FIELD = descriptor_pb2.FieldDescriptorProto
_METHOD = descriptor_pb2.MethodOptions
_PREFIX = ".tuan_api.v1."


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: str, bytes, int, bool, map, time, duration, enum or message. `type_name`: of an enum or message."""

    name: str
    kind: str
    type_name: str
    repeated: bool
    optional: bool
    required: bool
    in_oneof: bool
    comment: str


@dataclass(frozen=True, slots=True)
class Message:
    name: str
    module: str
    comment: str
    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def __contains__(self, name: str) -> bool:
        return any(field.name == name for field in self.fields)


@dataclass(frozen=True, slots=True)
class Enum:
    """`values`: (name without the enum's prefix, number, comment)."""

    name: str
    module: str
    comment: str
    values: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Method:
    """`repeatable`: the .proto says that the call may be sent again (a read, or idempotent on its request id)."""

    name: str
    path: str
    comment: str
    request: str
    response: str
    server_streaming: bool
    client_streaming: bool
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    module: str
    comment: str
    methods: tuple[Method, ...]


@dataclass(slots=True)
class Api:
    """Everything in the package, in the order of files and lines."""

    messages: dict[str, Message] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    services: list[Service] = field(default_factory=list)

    def reachable(self, roots: Iterable[str]) -> set[str]:
        """Names of the messages that the fields of `roots` lead to, without the roots themselves."""
        found: set[str] = set()
        todo = [self.messages[root] for root in roots]
        while todo:
            names = {field.type_name for field in todo.pop().fields if field.kind == "message"} - found
            found |= names
            todo += [self.messages[name] for name in names]
        return found


def load() -> Api:
    """Read every .proto file of the package. Raises CalledProcessError when one does not compile."""
    api = Api()
    for file in _descriptors().file:
        if file.package == "tuan_api.v1":
            _read_file(api, file)
    return api


def _descriptors() -> descriptor_pb2.FileDescriptorSet:
    sources = sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.glob("tuan_api/v1/*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "api.binpb"
        flags = [f"-I{PROTOS}", "--include_source_info", "--include_imports", f"--descriptor_set_out={image}"]
        command = [sys.executable, "-W", "ignore", "-m", "grpc_tools.protoc", *flags, *sources]
        subprocess.run(command, cwd=PROTOS, check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())


def _read_file(api: Api, file: descriptor_pb2.FileDescriptorProto) -> None:
    comments = {
        tuple(place.path): re.sub(r"(?m)^ ", "", place.leading_comments).strip()
        for place in file.source_code_info.location
    }
    module = Path(file.name).stem
    for index, message in enumerate(file.message_type):
        fields = tuple(_fields(message, comments, index))
        api.messages[message.name] = Message(message.name, module, comments.get((4, index), ""), fields)
    for index, enum in enumerate(file.enum_type):
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
        values = tuple(
            (value.name.removeprefix(prefix), value.number, comments.get((5, index, 2, at), ""))
            for at, value in enumerate(enum.value)
        )
        api.enums[enum.name] = Enum(enum.name, module, comments.get((5, index), ""), values)
    for index, service in enumerate(file.service):
        methods = tuple(
            _method(service.name, method, comments.get((6, index, 2, at), ""))
            for at, method in enumerate(service.method)
        )
        api.services.append(Service(service.name, module, comments.get((6, index), ""), methods))


def _fields(
    message: descriptor_pb2.DescriptorProto, comments: dict[tuple[int, ...], str], index: int
) -> Iterator[Field]:
    maps = {nested.name for nested in message.nested_type if nested.options.map_entry}
    for at, source in enumerate(message.field):
        is_map = source.type_name.rpartition(".")[2] in maps
        yield Field(
            name=source.name,
            kind="map" if is_map else _kind(source),
            type_name=source.type_name.removeprefix(_PREFIX),
            repeated=source.label == _FIELD.LABEL_REPEATED and not is_map,
            optional=source.proto3_optional,
            required=source.options.Extensions[options_pb2.required],
            in_oneof=source.HasField("oneof_index") and not source.proto3_optional,
            comment=comments.get((4, index, 2, at), ""),
        )


def _kind(source: descriptor_pb2.FieldDescriptorProto) -> str:
    known = {".google.protobuf.Timestamp": "time", ".google.protobuf.Duration": "duration"}
    kinds = {
        _FIELD.TYPE_STRING: "str",
        _FIELD.TYPE_BYTES: "bytes",
        _FIELD.TYPE_BOOL: "bool",
        _FIELD.TYPE_INT32: "int",
        _FIELD.TYPE_INT64: "int",
        _FIELD.TYPE_ENUM: "enum",
        _FIELD.TYPE_MESSAGE: known.get(source.type_name, "message"),
    }
    return kinds[source.type]


def _method(service: str, source: descriptor_pb2.MethodDescriptorProto, comment: str) -> Method:
    return Method(
        name=source.name,
        path=f"/tuan_api.v1.{service}/{source.name}",
        comment=comment,
        request=source.input_type.removeprefix(_PREFIX),
        response=source.output_type.removeprefix(_PREFIX),
        server_streaming=source.server_streaming,
        client_streaming=source.client_streaming,
        repeatable=source.options.idempotency_level != _METHOD.IDEMPOTENCY_UNKNOWN,
    )
