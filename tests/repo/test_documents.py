"""Documents cannot lie: their commands run, their examples hold, their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from importlib.metadata import EntryPoint
from pathlib import Path

import grpc
import pytest

from tests.repo.tree import ROOT, SOURCE_ROOTS, config_list, fences, files, make_targets
from tuan.registry import ENTRY_POINT_GROUP, from_entry_points
from tuan_api.v1 import order_pb2, order_pb2_grpc
from tuan_rules import SourceFile, check, render_text

README = ROOT / "README.md"

#: Who runs each target of the Makefile, or the very command behind it: a file and what must stand in it. A new target
#: without an entry fails, so does an entry whose test has gone.
EXERCISED_BY = {
    "help": ("tests/repo/test_makefile.py", '_make("help")'),
    "check": (".ci/run", "make check"),
    "test": (".ci/run", "make test"),
    "demo": ("tests/e2e/test_demo.py", "def test_"),
    "serve": ("tests/e2e/test_serve.py", "def test_"),
    "bench": ("tests/e2e/test_bench.py", "def test_"),
    "replay": ("tests/e2e/test_replay.py", "def test_"),
    "chaos": ("tests/chaos", "TUAN_CAMPAIGN"),
    "protos": ("tests/repo/test_protos.py", "generate"),
    "clean": ("tests/repo/test_makefile.py", '"clean"'),
}

SHELL = ("sh", "bash", "console")
#: `text` is a picture.
LANGUAGES = {*SHELL, "python", "tuan", "text"}

MARKDOWN = list(files(suffix=".md"))


def _commands(path: Path) -> list[str]:
    """The command lines of a document's shell blocks, without prompts and comments."""
    lines = [line for fence in fences(path) if fence.language in SHELL for line in fence.text.splitlines()]
    return [command for line in lines if (command := re.sub(r"(^|\s)#.*", "", line.removeprefix("$ ")).strip())]


def test_blocks_of_the_readme_are_of_a_kind_that_is_tested() -> None:
    """Goal: no example escapes the tests below. Method: every fenced block names one of the languages they handle."""
    assert {fence.language for fence in fences(README)} <= LANGUAGES


def test_commands_of_the_readme_are_make_targets() -> None:
    """Goal: what the README tells a stranger to type works. Method: each command line is a target of the Makefile."""
    commands = _commands(README)
    assert commands
    assert [line for line in commands if line.split()[0] != "make" or line.split()[1] not in make_targets()] == []


class _SellsEverything(order_pb2_grpc.OrderServiceServicer):
    """Speaks the API and places every order at one fen."""

    def __init__(self) -> None:
        self.seen: list[order_pb2.PlaceOrderRequest] = []

    def _place(self, request: order_pb2.PlaceOrderRequest) -> order_pb2.PlaceOrderResult:
        self.seen.append(request)
        placed = order_pb2.PlacedOrder(order_id=f"order-{len(self.seen)}", ack_level=order_pb2.ACK_LEVEL_SQL)
        placed.total.currency_code, placed.total.amount_minor = request.currency_code, 1
        placed.expire_time.GetCurrentTime()
        return order_pb2.PlaceOrderResult(placed=placed)

    def PlaceOrder(self, request, context):
        return order_pb2.PlaceOrderResponse(result=self._place(request))

    def BatchPlaceOrders(self, request, context):
        return order_pb2.BatchPlaceOrdersResponse(results=map(self._place, request.requests))

    def PlaceOrderStream(self, request_iterator, context):
        for batch in request_iterator:
            results = map(self._place, batch.requests)
            yield order_pb2.PlaceOrderStreamResponse(batch_id=batch.batch_id, results=results)


@pytest.fixture
def shop() -> Iterator[tuple[_SellsEverything, str]]:
    """A server on a free port, and its address."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    servicer = _SellsEverything()
    order_pb2_grpc.add_OrderServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield servicer, f"localhost:{port}"
    server.stop(None).wait()


def test_client_example_of_the_readme_runs(shop: tuple[_SellsEverything, str]) -> None:
    """Goal: what a backend team copies works. Method: run each Python block, in an interpreter of its own, against a server
    that speaks the API; the order arrives as written, and the example prints it."""
    servicer, address = shop
    blocks = [fence.text for fence in fences(README) if fence.language == "python"]
    assert blocks
    for block in blocks:
        assert "localhost:50051" in block
        code = f"import sys; sys.path[:0] = {[str(ROOT / top) for top in SOURCE_ROOTS]!r}\n"
        run = subprocess.run(
            [sys.executable, "-c", code + block.replace("localhost:50051", address)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert "order-1: 1 minor units" in run.stdout
    (order,) = servicer.seen
    assert (order.buyer_id, order.lines[0].sku, order.lines[0].quantity) == ("buyer-7", "S1001", 2)


def test_rule_example_of_the_readme_checks() -> None:
    """Goal: what a merchant copies is right. Method: check each block with the vocabulary of the built-in plugins; not even
    a warning."""
    points = [
        EntryPoint(*line.split(" = "), group="tuan") for line in config_list("options.entry_points", ENTRY_POINT_GROUP)
    ]
    vocabulary = from_entry_points(points).vocabulary()
    blocks = [SourceFile(f"README.md:{fence.line}", fence.text) for fence in fences(README) if fence.language == "tuan"]
    assert blocks
    for block in blocks:
        result = check([block], vocabulary)
        assert result.package is not None, render_text(result.diagnostics, [block])
        assert result.diagnostics == (), render_text(result.diagnostics, [block])


def test_targets_named_in_documents_exist() -> None:
    """Goal: no document names a target that has gone. Method: every `make x` in backticks is in the Makefile."""
    named = {
        (path.name, target)
        for path in MARKDOWN
        for target in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))
    }
    assert {entry for entry in named if entry[1] not in make_targets()} == set()


@pytest.mark.parametrize("target", make_targets())
def test_target_is_exercised(target: str) -> None:
    """Goal: no target rots. Method: the table above names who runs it, and that place still says so."""
    place, text = EXERCISED_BY[target]
    path = ROOT / place
    assert path.exists(), f"{place} should run `make {target}`, or name in EXERCISED_BY what does"
    sources = files(path, ".py") if path.is_dir() else [path]
    assert any(text in source.read_text(encoding="utf-8") for source in sources), (
        f"{place} does not run `make {target}`"
    )


def test_table_names_no_target_that_has_gone() -> None:
    """Goal: the table stays true. Method: compare it with the Makefile."""
    assert set(EXERCISED_BY) == set(make_targets())


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Goal: no dead link inside the repository. Method: every relative link of every document names a file or folder."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_decisions_are_listed_and_whole() -> None:
    """Goal: a decision can be found and weighed. Method: the index names each page by its number; each page has its three
    parts, as headings or as the bold first words of a paragraph, in this order."""
    folder = ROOT / "docs/adr"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"^\| \[\d{4}\]\((.+?)\)", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == pages
    for name in pages:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {name[:4]}: "), f"{name}: begin with `# {name[:4]}: ` and the decision in a line"
        parts = re.findall(r"^(?:## |\*\*)(Context|Decision|What it costs|Cost)\b", text, re.MULTILINE)
        assert parts in (["Context", "Decision", "What it costs"], ["Context", "Decision", "Cost"]), name
