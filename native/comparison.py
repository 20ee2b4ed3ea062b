"""Two dlibs beside each other: the same faces, and how much faster."""

from __future__ import annotations

import json
import math
import statistics
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from native.errors import Refusal
from native.programs import ask

# Of each of an embedding's 128 numbers.
TOLERANCE: Final = 1e-5
# Less is what a busy machine makes up.
LEAST_GAIN: Final = 1.05
MENDING: Final = "make clean, then make again, mends this environment"
_TRIAL: Final = Path(__file__).parent / "trial.py"
_TRIAL_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one dlib found: boxes by photo, 128 numbers a face, and processor milliseconds by round."""

    version: str
    openblas: bool
    boxes: list[list[tuple[int, int, int, int]]]
    embeddings: list[list[float]]
    hog_ms: tuple[float, ...]
    resnet_ms: tuple[float, ...]

    @property
    def hog(self) -> float:
        """Processor milliseconds to search a photo, the median of the rounds."""
        return statistics.median(self.hog_ms)

    @property
    def resnet(self) -> float:
        """Processor milliseconds to embed a face, the median of the rounds."""
        return statistics.median(self.resnet_ms)

    def and_again(self, other: Trial) -> Trial:
        """The same with the rounds of a later trial."""
        rounds = self.hog_ms + other.hog_ms, self.resnet_ms + other.resnet_ms
        return Trial(self.version, self.openblas, self.boxes, self.embeddings, *rounds)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The dlib in use beside the one that was built."""

    used: Trial
    built: Trial

    @property
    def difference(self) -> float:
        """The largest between two numbers of an embedding; infinite where the faces are others, or no numbers."""
        if self.used.boxes != self.built.boxes:
            return math.inf
        gaps = [
            abs(a - b)
            for ours, theirs in zip(self.used.embeddings, self.built.embeddings, strict=True)
            for a, b in zip(ours, theirs, strict=True)
        ]
        return math.inf if any(map(math.isnan, gaps)) else max(gaps, default=0.0)

    @property
    def gain(self) -> float:
        """How much faster a photo with one face is searched and its face embedded."""
        return (self.used.hog + self.used.resnet) / (self.built.hog + self.built.resnet)

    def objection(self) -> str | None:
        """Why the built one is not to be used, if so."""
        if self.used.boxes != self.built.boxes:
            return "it finds other faces than the one in use"
        if not self.used.embeddings:
            return "the photos it was tried on show no faces"
        if self.difference > TOLERANCE:
            return f"its embeddings differ by {self.difference:.1e}, more than {TOLERANCE:.0e}"
        if self.gain < LEAST_GAIN:
            return f"it is no faster ({self.gain:.2f} × the speed of the one in use)"
        return None

    def table(self) -> list[str]:
        """Lines for a person."""
        faces, photos = len(self.used.embeddings), len(self.used.boxes)
        title = f"processor time, one thread, {photos} photos, {faces} faces"
        rows = [
            ("HOG, ms a photo", self.used.hog, self.built.hog),
            ("ResNet, ms a face", self.used.resnet, self.built.resnet),
        ]
        width = max(len(title), *(len(name) for name, _, _ in rows))
        lines = [f"{title:<{width}}  {'in use':>8}  {'built':>8}  {'faster':>8}"]
        for name, used, built in rows:
            lines.append(f"{name:<{width}}  {used:8.1f}  {built:8.1f}  {used / built:7.1f}×")
        return [*lines, f"{'largest difference of an embedding':<{width}}  {self.difference:28.1e}"]


def compare(folder: Path, photos: Sequence[Path], environment: Mapping[str, str], *, turns: int = 2) -> Comparison:
    """The dlib installed and the one unpacked in `folder`, in turns, so that both see the same busy machine."""
    used, built = try_out(None, photos, environment), try_out(folder, photos, environment)
    for _ in range(1, turns):
        used = used.and_again(try_out(None, photos, environment))
        built = built.and_again(try_out(folder, photos, environment))
    return Comparison(used, built)


def try_out(
    folder: Path | None, photos: Sequence[Path], environment: Mapping[str, str], *, rounds: int = 3
) -> Trial:
    """The dlib unpacked in `folder`, or the one installed, at work on `photos`; Refusal where it does not work."""
    where = f"the dlib in {folder}" if folder else "the dlib in use"
    arguments = [str(folder.absolute()) if folder else "", str(rounds), *map(str, photos)]
    command = [sys.executable, "-P", "-W", "ignore", str(_TRIAL), *arguments]
    try:
        answer = ask(command, {**environment, "OPENBLAS_NUM_THREADS": "1"}, patience=_TRIAL_SECONDS)
    except TimeoutError as error:
        raise Refusal(f"{where} took too long: {error}") from error
    if answer.status != 0:
        said = answer.errors.strip().splitlines()
        raise Refusal(
            f"{where} does not work here: {said[-1] if said else f'it ended with status {answer.status}'}"
        )
    told = json.loads(answer.output)
    return Trial(
        version=told["version"],
        openblas=told["openblas"],
        boxes=[[(left, top, right, bottom) for left, top, right, bottom in faces] for faces in told["boxes"]],
        embeddings=told["embeddings"],
        hog_ms=tuple(told["hog_ms"]),
        resnet_ms=tuple(told["resnet_ms"]),
    )


def unpack(wheel: Path, folder: Path) -> Path:
    """`folder`, with what `wheel` holds; it can go first on sys.path."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder
