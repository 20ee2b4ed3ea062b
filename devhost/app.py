"""The app inside one process: function_app.py loaded as Azure's worker does it, and its functions called."""

import asyncio
import importlib.util
import inspect
import json
import re
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from devhost import bindings

SCRIPT = "function_app.py"
# W3C's header, of the version that there is: a trace's id, the caller's span, and flags.
_TRACEPARENT = re.compile(r"00-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})")


class AppError(Exception):
    """function_app.py can't be loaded: one line, with the place in the code where there is one."""


@dataclass(frozen=True)
class AppFunction:
    """One function: its trigger's binding as function.json has it, and what to call."""

    name: str
    trigger: Mapping[str, Any]
    call: Callable[..., Any]
    arguments: bindings.Arguments

    @property
    def is_async(self) -> bool:
        """Whether calling it gives something to await."""
        return inspect.iscoroutinefunction(self.call)


@dataclass
class _TraceContext(func._abc.TraceContext):  # noqa: SLF001 - azure.functions exports no other base
    trace_parent: str = ""
    trace_state: str = ""
    attributes: Any = None


@dataclass
class Context(func.Context):
    """What a function's `context` argument gets: one invocation."""

    function_name: str = ""
    function_directory: str = ""
    invocation_id: str = ""
    thread_local_storage: Any = None
    trace_context: Any = None
    retry_context: Any = None


def load(root: Path) -> dict[str, AppFunction]:
    """The functions of root/function_app.py by name. Raises AppError."""
    module = _import(root / SCRIPT)
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        raise AppError(f"{SCRIPT} must hold one FunctionApp, and holds {len(apps)}")
    try:
        functions = [_function(each) for each in apps[0].get_functions()]
    except (TypeError, ValueError) as error:
        raise AppError(f"{SCRIPT}: {error}") from error
    return {function.name: function for function in functions}


def new_context(function: AppFunction, root: Path, headers: Mapping[str, str] | None = None) -> Context:
    """A new invocation of `function` with an id of its own, in the trace that a request names, or a new one."""
    invocation, storage = str(uuid.uuid4()), threading.local()
    storage.invocation_id = invocation
    given = _TRACEPARENT.fullmatch((headers or {}).get("traceparent", ""))
    trace_id, flags = (given["trace"], given["flags"]) if given else (uuid.uuid4().hex, "00")
    trace = _TraceContext(
        trace_parent=f"00-{trace_id}-{uuid.uuid4().hex[:16]}-{flags}",
        trace_state=(headers or {}).get("tracestate", "") if given else "",
        attributes={},
    )
    return Context(function.name, str(root), invocation, storage, trace)


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.exists():
        raise AppError(f"there is no {SCRIPT} in {path.parent}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except SystemExit as error:
        raise AppError(f"{SCRIPT} ended the process while it was imported (status {error.code})") from error
    except Exception as error:
        raise AppError(f"{SCRIPT} can't be imported: {_last_line(error, path.parent)}") from error
    return module


def _last_line(error: Exception, root: Path) -> str:
    """The error's own line, and the innermost place in the app's own code that led to it."""
    if isinstance(error, SyntaxError):
        place = f"{error.filename}:{error.lineno}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
        inside = [frame for frame in own if "site-packages" not in frame.filename] or frames
        place = f"{inside[-1].filename}:{inside[-1].lineno}"
    text = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    return f"{text} ({place.removeprefix(f'{root}/')})"


def _function(function: func.Function) -> AppFunction:
    name = function.get_function_name() or ""
    listed: list[dict[str, Any]] = json.loads(function.get_function_json())["bindings"]
    trigger = next(each for each in listed if str(each["type"]).endswith("Trigger"))
    others = [each for each in listed if each is not trigger and each["type"] != "http"]
    if others:
        raise ValueError(f"function {name} has a {others[0]['type']} binding, which the dev host lacks")
    call = function.get_user_function()
    return AppFunction(name, trigger, call, bindings.Arguments(name, call, trigger))


class Runner:
    """Calls functions that are no HTTP functions, each in the calling thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def run(self, function: AppFunction, payload: Mapping[str, Any]) -> None:
        """Raises what the function raises."""
        arguments = function.arguments.build(payload, new_context(function, self._root))
        if function.is_async:
            asyncio.run(function.call(**arguments))
        else:
            function.call(**arguments)
