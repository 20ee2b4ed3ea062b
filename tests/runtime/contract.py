"""The messages of `worker.proto`, and how one goes over a pipe."""

from __future__ import annotations

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClassesForFiles

_LENGTH = struct.Struct(">I")


def compile_contract(target: Path) -> None:
    """Compiles `worker.proto` into `target`, a FileDescriptorSet."""
    from grpc_tools import protoc  # type: ignore[import-untyped]  # noqa: PLC0415 - untyped; the worker has no need of it

    folder = Path(__file__).parent
    google = Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{folder}", f"-I{google}", "--include_imports", f"--descriptor_set_out={target}"]
    if protoc.main([*arguments, str(folder / "worker.proto")]) != 0:
        raise RuntimeError("worker.proto does not compile")


def messages(compiled: Path) -> Any:  # noqa: ANN401 - the classes are made at run time
    """A namespace with one class for each message of the contract, such as the runtime is given in Azure."""
    files = FileDescriptorSet.FromString(compiled.read_bytes())
    pool = DescriptorPool()
    for file in files.file:
        pool.Add(file)
    classes = GetMessageClassesForFiles([file.name for file in files.file], pool)
    return SimpleNamespace(
        **{name.rpartition(".")[2]: message for name, message in classes.items() if name.count(".") == 1}
    )


def write_message(pipe: IO[bytes], message: Any) -> None:  # noqa: ANN401 - see messages()
    body = message.SerializeToString()
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def read_message(pipe: IO[bytes], kind: Any) -> Any | None:  # noqa: ANN401 - see messages()
    """The next message, or None where the pipe ends."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = pipe.read(length)
    return kind.FromString(body) if len(body) == length else None
