"""Generates the parts of the Python client that follow from the .proto files: values, errors, and a method for each RPC.

    python clients/python/generate_client.py                 write them (`make protos` does)
    python clients/python/generate_client.py --out FOLDER    write them elsewhere (the test that compares them)

Generated, so that the client can never lag behind the API or spell a field differently; the parts with judgement in them
(batching, retries, connections) are written by hand beside them. The output is formatted by ruff.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "tuan_client"
sys.path[:0] = [str(PACKAGE.parent), str(PACKAGE.parents[2] / "protos")]

import emit_services  # noqa: E402 - needs the path set above
import emit_values  # noqa: E402
import proto_model  # noqa: E402

HEADER = "# Generated from the .proto files by `make protos`. Change those, not this.\n"


def modules(api: proto_model.Api) -> dict[str, str]:
    """Path within the package -> source of every generated module."""
    made = {"errors.py": emit_values.errors(api)}
    for stem, source in emit_values.values(api).items():
        made[f"values/{stem}.py"] = source
    for service in api.services:
        made[f"aio/{service.module}.py"] = emit_services.asynchronous(api, service)
        made[f"sync/{service.module}.py"] = emit_services.synchronous(api, service)
    return {path: tidy(HEADER + source) for path, source in made.items()}


def tidy(source: str) -> str:
    """Sorted imports and the house's format, without any that are not used."""
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--quiet", "--fix", "--select", "I,F401,UP"], ["format", "--quiet"]):
        shape = ["--stdin-filename", str(PACKAGE / "generated.py"), "-"]
        done = subprocess.run([*ruff, *command, *shape], input=source, capture_output=True, text=True, check=False)
        if not done.stdout:
            sys.exit(f"{done.stderr}\n{source}")
        source = done.stdout
    return source


def main() -> None:
    """Parse the command line and write the modules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=PACKAGE, help="folder to write to (default: the package)")
    out: Path = parser.parse_args().out
    made = modules(proto_model.load())
    for path, source in made.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(source, "utf-8")
    sys.stdout.write(f"{len(made)} client modules in {out}\n")


if __name__ == "__main__":
    main()
