"""A small client of the Language Server Protocol: a real process, real pipes, messages as an editor would write them."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SOURCES = ("engine", "plugins", "protos", "rules", ".")
DEADLINE_S = 60.0

#: The command itself, with the vocabulary of the tests.
PROGRAM = (
    "import sys; from tests.unit.rules.vocabulary_for_tests import VOCABULARY; from tuan_rules.cli import main; "
    "sys.exit(main(['lsp', *sys.argv[1:]], VOCABULARY))"
)


class LspClient:
    """One session. Notifications of the server are kept until somebody asks for them."""

    def __init__(self, *arguments: str, snippets: bool = False, locale: str = "en") -> None:
        path = os.pathsep.join(str(ROOT / source) for source in SOURCES)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._diagnostics: queue.Queue[dict[str, Any]] = queue.Queue()
        self._errors: list[bytes] = []
        self._count = 0
        for target in (self._read, self._read_errors):
            threading.Thread(target=target, daemon=True).start()
        item = {"completionItem": {"snippetSupport": snippets}}
        self.capabilities = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": None,
                "locale": locale,
                "capabilities": {"textDocument": {"completion": item}},
            },
        )["capabilities"]
        self.notify("initialized", {})

    def request(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """The result of a request. Raises RuntimeError with the server's message for an error."""
        self._count += 1
        message = {"jsonrpc": "2.0", "id": self._count, "method": method}
        self._send(message if params is None else {**message, "params": params})
        answer = self._answers.get(timeout=DEADLINE_S)
        assert answer["id"] == self._count
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """A notification, which has no answer."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def open(self, uri: str, text: str) -> None:
        """Open a document."""
        document = {"uri": uri, "languageId": "tuan", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def at(self, method: str, uri: str, line: int, character: int, **more: object) -> Any:
        """A request about one place; lines from 0, characters in UTF-16 units."""
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        return self.request(f"textDocument/{method}", {**place, **more})

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """What the server next publishes for a document."""
        while True:
            found = self._diagnostics.get(timeout=DEADLINE_S)
            if found["uri"] == uri:
                return list(found["diagnostics"])

    def close(self) -> int:
        """End the session as the protocol says; the exit status of the process."""
        if self.process.poll() is None:
            self.request("shutdown")
            self.notify("exit", {})
        return self.process.wait(timeout=DEADLINE_S)

    @property
    def errors(self) -> str:
        """What the process wrote to its standard error."""
        return b"".join(self._errors).decode()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not length:
                return
            message = json.loads(stream.read(length))
            if message.get("method") == "textDocument/publishDiagnostics":
                self._diagnostics.put(message["params"])
            elif "id" in message and "method" not in message:
                self._answers.put(message)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._errors.append(line)
