"""The Bicep files: that they are Bicep, and that what one says to the other fits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from checks.templates import Template, read

_DECLARED: Final = re.compile(r"^(param|var|resource|module|output) (\w+)", re.MULTILINE)
_OUTPUT: Final = re.compile(r"\b(\w+)!?\.outputs\.(\w+)")
_LOADED: Final = re.compile(r"loadJsonContent\('([^']+)'\)")
_TEXT: Final = re.compile(r"loadTextContent\('([^']+)'\)")
_SIZED: Final = re.compile(r"\bits\.([\w.]+)")
_DEPLOYED: Final = re.compile(r"^deploy (\S+\.bicep)(.*)$", re.MULTILINE)
_SHARED: Final = re.compile(r"^set -- ((?:.*\\\n)*.*)$", re.MULTILINE)
_GIVEN: Final = re.compile(r"\b(\w+)=")
_HOOK: Final = "infra/hooks/release.sh"


def check(root: Path) -> list[str]:
    """What is wrong with the templates of the checkout `root`."""
    templates, findings = read(root)
    by_path = {template.path.resolve(): template for template in templates}
    if not templates:
        return ["infra/ has no Bicep file", *findings]
    for template in templates:
        where = template.path.relative_to(root)
        findings += [f"{where}: {finding}" for finding in _template(template, by_path)]
    if not findings:
        findings += [*_parameters(root, by_path), *_hook(root, by_path), *_needless(root, by_path)]
    return findings


def _template(template: Template, by_path: dict[Path, Template]) -> Iterator[str]:
    yield from _twice(template)
    names = template.named
    for name in sorted(names - template.declared):
        yield f"nothing is called {name}"
    for name in sorted((set(template.parameters) | set(template.parsed.get("variables", {}))) - names):
        yield f"nothing uses {name}"
    for symbol, (path, given) in template.modules.items():
        module = by_path.get(path.resolve())
        if module is None:
            yield f"the module {symbol} is not there or no Bicep: {path.name}"
            continue
        for name in sorted(set(given) - set(module.parameters)):
            yield f"{path.name} has no parameter {name}"
        for name in sorted(module.required - set(given)):
            yield f"the module {symbol} is not given {name}"
        read_of_it = {name for owner, name in _OUTPUT.findall(template.text) if owner == symbol}
        for name in sorted(read_of_it - set(module.outputs)):
            yield f"{path.name} has no output {name}"
    for name in _TEXT.findall(template.text):
        if not (template.path.parent / name).is_file():
            yield f"{name} can't be loaded"
    yield from _sizes(template)


def _twice(template: Template) -> Iterator[str]:
    """pycep keeps the last of two of a name; Bicep has one room for outputs and another for everything else."""
    declared = Counter((kind == "output", name) for kind, name in _DECLARED.findall(template.text))
    for (_, name), times in declared.items():
        if times > 1:
            yield f"{name} is declared {times} times"


def _sizes(template: Template) -> Iterator[str]:
    sets: dict[str, Any] = {}
    for name in _LOADED.findall(template.text):
        try:
            sets[name] = json.loads((template.path.parent / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield f"{name} can't be loaded: {error}"
    shapes = {name: _shape(values) for name, values in sets.items()}
    for name, shape in shapes.items():
        for other, its in shapes.items():
            for missing in sorted(its - shape):
                yield f"{name} lacks {missing}, which {other} has"
    if sets:
        for path in sorted(set(_SIZED.findall(template.text))):
            if path not in set.union(*shapes.values()):
                yield f"no size has {path}"


def _shape(values: object, path: str = "") -> set[str]:
    if not isinstance(values, dict):
        return set()
    paths = set()
    for key, value in values.items():
        paths |= {f"{path}{key}"} | _shape(value, f"{path}{key}.")
    return paths


def _parameters(root: Path, by_path: dict[Path, Template]) -> Iterator[str]:
    """What azd fills in must be what main.bicep asks for."""
    main = by_path[(root / "infra" / "main.bicep").resolve()]
    given = set(json.loads((root / "infra" / "main.parameters.json").read_text(encoding="utf-8"))["parameters"])
    for name in sorted(given ^ set(main.parameters)):
        yield f"main.parameters.json and main.bicep disagree about {name}"


def _hook(root: Path, by_path: dict[Path, Template]) -> Iterator[str]:
    """What the release's hook deploys must be there, and get what it asks for."""
    text = (root / _HOOK).read_text(encoding="utf-8")
    if f"run: {_HOOK}\n" not in (root / "azure.yaml").read_text(encoding="utf-8"):
        yield f"azure.yaml does not run {_HOOK}"
    shared = set(_GIVEN.findall("".join(_SHARED.findall(text))))
    deployed = _DEPLOYED.findall(text)
    if not deployed:
        yield f"{_HOOK} deploys nothing"
    for name, arguments in deployed:
        template = by_path.get((root / "infra" / "release" / name).resolve())
        if template is None:
            yield f"{_HOOK} deploys {name}, which is not there"
            continue
        given = set(_GIVEN.findall(arguments)) | (shared if '"$@"' in arguments else set())
        for missing in sorted(template.required - given):
            yield f"{_HOOK} does not give {missing} to {name}"
        for unknown in sorted(given - set(template.parameters)):
            yield f"{_HOOK} gives {unknown} to {name}, which does not ask for it"


def _needless(root: Path, by_path: dict[Path, Template]) -> Iterator[str]:
    """A template is deployed by azd, by the hook, or as a module; a module's output is read by somebody."""
    hook = (root / _HOOK).read_text(encoding="utf-8")
    roots = {(root / "infra" / "main.bicep").resolve()}
    roots |= {(root / "infra" / "release" / name).resolve() for name, _ in _DEPLOYED.findall(hook)}
    used: dict[Path, set[str]] = {path: set() for path in roots}
    for template in by_path.values():
        read_of = _OUTPUT.findall(template.text)
        for symbol, (path, _) in template.modules.items():
            used.setdefault(path.resolve(), set()).update(name for owner, name in read_of if owner == symbol)
    for path, template in by_path.items():
        if path not in used:
            yield f"nobody deploys {path.name}"
        elif path not in roots:
            for name in sorted(set(template.outputs) - used[path]):
                if f"outputs.{name}." not in hook:
                    yield f"nobody reads the output {name} of {path.name}"
