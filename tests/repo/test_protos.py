"""The public API keeps its own rules: what buf cannot see, what clients rely on, and that what is generated is up to date."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor, descriptor_pb2

import tuan_client
from tests.repo.tree import ROOT, config_list, fences
from tuan.domain.errors import Reason, Status
from tuan_api.v1 import error_reason_pb2, options_pb2

PROTOS = ROOT / "protos"
API = PROTOS / "tuan_api" / "v1"
API_DOC = (ROOT / "docs" / "api.md").read_text("utf-8")
CLIENT = ROOT / "clients" / "python"
BUF = Path(sys.executable).parent / "buf"
SCOPES = """
    admin.keys admin.read admin.write campaigns.read campaigns.write catalogue.read catalogue.write coupons.grant
    coupons.read coupons.write events.read flash_sales.read flash_sales.write groups.read groups.write inventory.read
    inventory.write orders.fulfil
    orders.read orders.refund orders.write payments.notify payments.read payments.write points.grant points.read pricing.read
    rules.read rules.write sandbox wallets.read
""".split()

FILES: list[Any] = [
    importlib.import_module(f"tuan_api.v1.{path.stem}_pb2").DESCRIPTOR for path in sorted(API.glob("*.proto"))
]
METHODS: list[Any] = [
    method for file in FILES for service in file.services_by_name.values() for method in service.methods
]
MESSAGES: list[Any] = [message for file in FILES for message in file.message_types_by_name.values()]
#: Streams that end with an answer, and are asked for again rather than resumed.
ENDS_BY_ITSELF = {"SimulateRules"}
READS = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
WRITES = descriptor_pb2.MethodOptions.IDEMPOTENT


def fields() -> Iterator[Any]:
    for message in MESSAGES:
        yield from message.fields


def buf(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BUF, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["lint"], ["format", "--diff", "--exit-code"]], ids=["lint", "format"])
def test_buf_finds_nothing(arguments: list[str]) -> None:
    """Goal: names, comments and layout are regular. Method: buf with the rules of buf.yaml."""
    done = buf(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_that_was_released_is_broken() -> None:
    """Goal: clients of the last release go on working. Method: buf breaking against the committed image, offline."""
    done = buf("breaking", "--against", "protos/released.binpb")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("money.proto", "int64 amount_minor = 2", "int64 amount_minor = 3", "amount_minor"),
        ("money.proto", "string currency_code = 1", "string currency = 1", "currency"),
        ("order.proto", "int64 total_minor = 2;", "string total_minor = 2;", "total_minor"),
        ("order.proto", "ACK_LEVEL_SQL = 2;", "ACK_LEVEL_SQL = 3;", "ACK_LEVEL_SQL"),
    ],
    ids=["number", "name", "type", "value"],
)
def test_the_breaking_check_is_not_blind(tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    """Goal: it would catch a break. Method: break a copy in four ways; each is named."""
    shutil.copytree(PROTOS, tmp_path / "protos", ignore=shutil.ignore_patterns("__pycache__", "*_pb2*"))
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    path = tmp_path / "protos" / "tuan_api" / "v1" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    done = buf("breaking", "--against", "protos/released.binpb", cwd=tmp_path)
    assert done.returncode != 0
    assert told in done.stdout


def test_committed_stubs_are_what_the_pinned_generator_makes(tmp_path: Path) -> None:
    """Goal: stubs never lag behind, nor come from another generator. Method: generate anew, compare all files byte by byte."""
    subprocess.run([sys.executable, PROTOS / "generate.py", "--out", tmp_path], check=True, capture_output=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*_pb2*")}
    kept = {path.relative_to(PROTOS): path.read_bytes() for path in API.glob("*_pb2*.py*")}
    assert sorted(made) == sorted(kept)
    assert [str(path) for path in made if made[path] != kept[path]] == []


def test_committed_client_modules_are_what_the_generator_makes(tmp_path: Path) -> None:
    """Goal: the client never lags behind the API. Method: generate anew, compare all files; none is left over."""
    command = [sys.executable, CLIENT / "generate_client.py", "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    package = CLIENT / "tuan_client"
    made = {path.relative_to(tmp_path): path.read_text("utf-8") for path in tmp_path.rglob("*.py")}
    kept = {path.relative_to(package): path.read_text("utf-8") for path in package.rglob("*.py")}
    kept = {path: text for path, text in kept.items() if text.startswith("# Generated from")}
    assert made == kept


def test_the_generators_are_pinned_in_one_way() -> None:
    """Goal: no second pin that disagrees. Method: generate.py against setup.cfg, and what the stubs say of themselves."""
    generate = (PROTOS / "generate.py").read_text("utf-8")
    pins = dict(re.findall(r'"([a-z-]+)": "([\d.]+)"', generate))
    extra = dict(line.split("==") for line in config_list("options.extras_require", "dev") if "==" in line)
    assert {name: extra.get(name) for name in pins} == pins
    made_with = {
        version
        for path in API.glob("*_pb2_grpc.py")
        for version in re.findall(r"GRPC_GENERATED_VERSION = '([\d.]+)'", path.read_text("utf-8"))
    }
    assert made_with == {pins["grpcio-tools"]}


def test_the_stubs_accept_the_oldest_runtime_that_is_allowed() -> None:
    """Goal: no user is shut out by the generator. Method: versions named in the stubs against the bounds of setup.cfg."""
    bounds = dict(
        re.findall(r"^(grpcio|protobuf)>=([\d.]+)", "\n".join(config_list("options", "install_requires")), re.MULTILINE)
    )
    text = "\n".join(path.read_text("utf-8") for path in API.glob("*_pb2*.py"))
    protobuf = set(re.findall(r"Protobuf Python Version: ([\d.]+)", text))
    grpcio = set(re.findall(r"GRPC_GENERATED_VERSION = '([\d.]+)'", text))
    for name, needed in (("protobuf", protobuf), ("grpcio", grpcio)):
        (version,) = needed
        assert _numbers(version)[: len(_numbers(bounds[name]))] <= _numbers(bounds[name])
    assert _numbers(bounds["protobuf"]) >= (6, 33, 5), "CVE-2026-0994"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name.removeprefix("tuan_api.v1."))
def test_every_method_names_its_scope_and_whether_it_may_be_repeated(method: Any) -> None:
    """Goal: deny by default, in every language. Method: the options of each descriptor; reads have read scopes."""
    options = method.GetOptions()
    scope = options.Extensions[options_pb2.scope]
    assert scope in SCOPES
    assert options.idempotency_level in (READS, WRITES)
    if scope.endswith((".write", ".fulfil", ".refund", ".notify", ".grant")):
        assert options.idempotency_level == WRITES
    if scope.endswith(".read"):
        assert options.idempotency_level == READS


def test_no_scope_is_left_over() -> None:
    """Goal: the list above is the list. Method: what methods name."""
    assert sorted({method.GetOptions().Extensions[options_pb2.scope] for method in METHODS}) == SCOPES


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name.removeprefix("tuan_api.v1."))
def test_every_change_has_an_idempotency_key_and_every_list_pages(method: Any) -> None:
    """Goal: repetition is safe, lists are bounded, from the first day. Method: fields of requests and responses.

    DeliverNotice is idempotent on the gateway's own transaction id; batches carry a key per item; a place in a group is an order, with
    the key of an order.
    """
    keyless = {"DeliverNotice", "BatchPlaceOrders", "BatchRequestTickets", "PlaceOrderStream"}
    if method.name in {"OpenGroup", "JoinGroup", "QuickJoinGroup"}:
        assert method.input_type.fields_by_name["order"].message_type.name == "PlaceOrderRequest"
        keyless.add(method.name)
    given, answered = method.input_type.fields_by_name, method.output_type.fields_by_name
    if method.GetOptions().idempotency_level == WRITES and method.name not in keyless:
        assert given["request_id"].number == 1
        assert given["request_id"].GetOptions().Extensions[options_pb2.required]
    else:
        assert "request_id" not in given
    if method.name.startswith("List"):
        assert {"page_size", "page_token"} <= set(given)
        assert "next_page_token" in answered
        assert answered[method.output_type.fields[0].name].is_repeated
    if method.name in ENDS_BY_ITSELF:
        assert method.server_streaming
        assert method.GetOptions().idempotency_level == READS, "what is not resumed has to be harmless to ask again"
        assert [sorted(field.name for field in oneof.fields) for oneof in method.output_type.oneofs] == [
            ["progress", "report"]
        ]
    elif method.server_streaming and not method.client_streaming:
        assert "resume_token" in given
        assert "resume_token" in answered


def test_times_and_money_are_named_and_typed_as_such() -> None:
    """Goal: units in names, no float near money. Method: type and name of every field of every message."""
    timestamp, duration = "google.protobuf.Timestamp", "google.protobuf.Duration"
    for field in fields():
        kind = field.message_type.full_name if field.message_type else ""
        assert field.cpp_type not in (
            descriptor.FieldDescriptor.CPPTYPE_FLOAT,
            descriptor.FieldDescriptor.CPPTYPE_DOUBLE,
        ), field.full_name
        assert (kind == timestamp) == field.name.endswith("_time"), field.full_name
        assert (kind == duration) == field.name.endswith(("_delay", "lag")), field.full_name
        if field.name.endswith("_minor"):
            assert field.type == descriptor.FieldDescriptor.TYPE_INT64, field.full_name
        assert "price" not in field.name or kind == "tuan_api.v1.Money", field.full_name


def test_reasons_are_those_of_the_engine() -> None:
    """Goal: no refusal without a documented reason. Method: names of the enum against the engine's."""
    names = [name.removeprefix("ERROR_REASON_") for name, _ in error_reason_pb2.ErrorReason.items()]
    assert names[0] == "UNSPECIFIED"
    assert sorted(names[1:]) == sorted(reason.name for reason in Reason)


@pytest.fixture(scope="module")
def documented(request: pytest.FixtureRequest) -> Any:
    """protos/error_docs.py and protos/proto_model.py, which `make protos` runs."""
    error_docs, proto_model = (importlib.import_module(name) for name in ("error_docs", "proto_model"))
    return error_docs, proto_model.load()


def test_each_reason_documents_status_and_metadata(documented: Any) -> None:
    """Goal: docs cannot lie. Method: the comment's status against the engine's, its sample's keys against its metadata line."""
    error_docs, api = documented
    for told in error_docs.reasons(api):
        assert Status[told.status] is Reason[told.name].status, told.name
        sample = json.loads(told.sample)
        assert tuple(sample) == told.metadata, told.name
        assert all(isinstance(value, str) for value in sample.values()), told.name


def test_a_reason_without_the_form_is_refused(documented: Any) -> None:
    """Goal: the check above is not blind. Method: comments that miss a line."""
    error_docs, _ = documented
    good = "Meaning.\nStatus: NOT_FOUND\nMetadata: sku\nSample: {}"
    assert error_docs.ReasonDoc.parse("X", good).metadata == ("sku",)
    for line in good.splitlines():
        with pytest.raises(ValueError, match="write the meaning"):
            error_docs.ReasonDoc.parse("X", good.replace(line, "", 1).strip("\n"))


def test_the_error_reference_is_generated_from_the_comments(documented: Any) -> None:
    """Goal: docs/errors.md says what the .proto says. Method: make it anew, compare."""
    error_docs, api = documented
    assert (ROOT / "docs" / "errors.md").read_text("utf-8") == error_docs.page(api)


def test_error_details_fit_into_metadata() -> None:
    """Goal: a refusal stays far below gRPC's 8 KB of metadata. Method: the longest reason with the longest metadata allowed."""
    item = error_reason_pb2.ItemError(
        reason=error_reason_pb2.ERROR_REASON_PAYMENT_SIGNATURE_INVALID,
        message="m" * 1024,
        metadata={f"key_{n}": "v" * 200 for n in range(8)},
    )
    assert len(item.SerializeToString()) < 4096


def test_the_scope_table_of_the_docs_is_true() -> None:
    """Goal: docs/api.md grants what the server asks for. Method: its rows against the descriptors."""
    rows = re.findall(r"^\| (\w+) \| `(\w+)`(?: \(stream\))? \| `([\w.]+)` \|$", API_DOC, re.MULTILINE)
    options = ((method, method.GetOptions().Extensions[options_pb2.scope]) for method in METHODS)
    assert rows == [(method.containing_service.name, method.name, scope) for method, scope in options]


def test_the_python_example_of_the_docs_uses_what_exists() -> None:
    """Goal: docs/api.md can be copied. Method: compile the example; every `client.x.y` and every import exists."""
    (example,) = [fence for fence in fences(ROOT / "docs" / "api.md") if fence.language == "python"]
    tree = ast.parse(example.text)
    client = tuan_client.AsyncClient(tuan_client.ClientConfig("localhost:1"))
    chains = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used = [chain.split(".")[1:] for chain in chains if chain.startswith("client.")]
    assert used
    for names in used:
        place: Any = client
        for name in names:
            place = getattr(place, name)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {alias.name for node in imports for alias in node.names} <= set(tuan_client.__all__)
