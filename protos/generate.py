"""Generates the Python stubs of the public API beside their .proto files, and the image that breaking changes are measured by.

    python protos/generate.py                 write the stubs, docs/errors.md and the client (what `make protos` runs)
    python protos/generate.py --out FOLDER    write them elsewhere (the test that compares them with the committed ones)
    python protos/generate.py --release       also make this state the one that later changes must not break

The generator is pinned to the oldest grpcio-tools whose stubs we support (docs/adr/0006-api.md): generated code refuses a
runtime older than its generator, so a new generator would shut out users for nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

GENERATORS = {"grpcio-tools": "1.76.0", "mypy-protobuf": "5.1.0"}
PACKAGE = Path("tuan_api") / "v1"
CLIENT_GENERATOR = ROOT.parent / "clients" / "python" / "generate_client.py"
ERROR_DOCS = ROOT.parent / "docs" / "errors.md"
RELEASED_IMAGE = ROOT / "released.binpb"


def check_generators() -> None:
    """Exits when an installed generator is not the pinned one: its output would differ in every file."""
    for name, wanted in GENERATORS.items():
        if (found := version(name)) != wanted:
            sys.exit(f"{name} is {found}, the stubs are generated with {wanted}: pip install {name}=={wanted}")


def tool_path() -> dict[str, str]:
    """The environment with this interpreter's scripts in front, where the protoc plugins and buf are."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def generate(out: Path) -> list[Path]:
    """Write the stubs of every .proto file under `out`; returns their paths relative to it, sorted."""
    check_generators()
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / PACKAGE).glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        outputs = [f"--{kind}_out={folder}" for kind in ("python", "grpc_python")]
        typed = [f"--{kind}_out=quiet:{folder}" for kind in ("mypy", "mypy_grpc")]
        command = [sys.executable, "-W", "ignore", "-m", "grpc_tools.protoc", f"-I{ROOT}", *outputs, *typed, *sources]
        subprocess.run(command, cwd=ROOT, env=tool_path(), check=True)
        made = [path for path in Path(folder).rglob("*") if path.is_file() and not serves_nothing(path)]
        for path in made:
            target = out / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        return sorted(path.relative_to(folder) for path in made)


def serves_nothing(stub: Path) -> bool:
    """protoc writes a _pb2_grpc file for every .proto, also where it has no service to put in it."""
    if "_pb2_grpc" not in stub.name:
        return False
    source = ROOT / PACKAGE / f"{stub.name.split('_pb2_grpc')[0]}.proto"
    return not any(line.startswith("service ") for line in source.read_text("utf-8").splitlines())


def release() -> None:
    """Keep the present messages and methods, without their comments, as what later changes are compared with."""
    command = ["buf", "build", "--exclude-source-info", "--output", str(RELEASED_IMAGE)]
    subprocess.run(command, cwd=ROOT.parent, env=tool_path(), check=True)


def main() -> None:
    """Parse the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT, help="folder to write to (default: beside the .proto files)")
    parser.add_argument("--release", action="store_true", help="keep this state as the released one")
    options = parser.parse_args()
    out: Path = options.out.resolve()
    made = generate(out)
    if out == ROOT:
        for stale in sorted({path.relative_to(ROOT) for path in (ROOT / PACKAGE).glob("*_pb2*.py*")} - set(made)):
            (ROOT / stale).unlink()
    if options.release:
        release()
    sys.stdout.write(f"{len(made)} stubs in {out}\n")
    if out == ROOT:
        # Imported here: they read the stubs that have just been written.
        import error_docs
        import proto_model

        ERROR_DOCS.write_text(error_docs.page(proto_model.load()), "utf-8")
        subprocess.run([sys.executable, str(CLIENT_GENERATOR)], check=True)


if __name__ == "__main__":
    main()
