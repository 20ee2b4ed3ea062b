"""What an image can do, asked inside it, as its user: `python - <look.py`. Exits 1 where it can't run Kanta."""

# ruff: noqa: INP001 - it is sent into an image by itself

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

FOLDER = Path("/home/site/wwwroot")
# The Functions worker adds it when it starts.
sys.path.append(str(FOLDER))


def main() -> int:
    failures = [*user(), *contents(), *run()]
    for failure in failures:
        tell(f"WRONG: {failure}")
    return 1 if failures else 0


def tell(line: str) -> None:
    sys.stdout.write(f"  {line}\n")


def user() -> list[str]:
    """An ordinary one, who can write to HOME and change nothing of what runs."""
    tell(f"user {os.getuid()}, Python {sys.version.partition(' ')[0]} in {sys.prefix}")
    wrong = ["it runs as root"] if os.getuid() == 0 else []
    wrong += [f"{path} can be written to" for path in (FOLDER, FOLDER / "kanta_core") if os.access(path, os.W_OK)]
    wrong += [f"{path} can't be written to" for path in ("/home", "/tmp") if not os.access(path, os.W_OK)]  # noqa: S108
    return wrong


def contents() -> list[str]:
    """No compiler, and of Kanta what runs."""
    tell(f"folder {' '.join(sorted(path.name for path in FOLDER.iterdir()))}")
    found = [name for name in ("cc", "c++", "gcc", "g++", "clang", "make", "cmake") if shutil.which(name)]
    expected = {"__pycache__", "function_app.py", "host.json", "kanta_core", "migrations"}
    more = {path.name for path in FOLDER.iterdir()} - expected
    uncompiled = [
        path for path in FOLDER.rglob("*.py") if not list((path.parent / "__pycache__").glob(f"{path.stem}.*"))
    ]
    return [f"it has {each}" for each in [*found, *more]] + [f"{path} is not compiled" for path in uncompiled]


def run() -> list[str]:
    """The functions are found, and both engines load, the networks as they were baked."""
    started = time.process_time()
    import function_app  # noqa: PLC0415 - the time it takes is what is told

    functions = [each.get_function_name() for each in function_app.app.get_functions()]
    tell(f"{len(functions)} functions in {time.process_time() - started:.2f} s of processor time")
    started = time.process_time()
    from kanta_core.vision.encoder import engine  # noqa: PLC0415

    engine("onnx")
    tell(f"models loaded in {time.process_time() - started:.2f} s")
    # Converting them is what imports it.
    wrong = ["the networks were converted anew"] if "onnx" in sys.modules else []
    engine("dlib")
    import dlib  # noqa: PLC0415

    tell(f"dlib {dlib.__version__}, AVX {dlib.USE_AVX_INSTRUCTIONS}, BLAS {dlib.DLIB_USE_BLAS}")
    return wrong + ([] if dlib.DLIB_USE_BLAS else ["dlib was built without a BLAS"])


if __name__ == "__main__":
    sys.exit(main())
