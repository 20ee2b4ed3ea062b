"""`python -m bench.reference.propose <photos.zip> <folder>`: candidates for the reference, to be looked at.

Writes `candidates.json` and, for each photo, a picture with the candidates' numbers on it: green where two
families of detectors agree, orange where one stands alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.boxes import Box, overlap
from bench.photos import full_size
from bench.reference.detectors import Detector, Pixels, installed

_ENDINGS = (".jpg", ".jpeg", ".png")
# Two detections of one face, of one detector or of two.
_SAME = 0.35
# Whose box is taken where several agree: dlib's own first, the convention being its.
_BEST_BOX = ("hog", "cnn", "blazeface", "centerface")
_PICTURE_SIDE = 1_500


@dataclass(slots=True)
class Candidate:
    """One place where at least one family of detectors sees a face; `scores` is the best of each family."""

    box: Box
    scores: dict[str, float] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(prog="propose", description=__doc__)
    parser.add_argument("photos", type=Path, help="a zip of photos")
    parser.add_argument("folder", type=Path, help="where the candidates and pictures are written")
    parser.add_argument("--without", nargs="*", default=[], metavar="DETECTOR", help="detectors to leave out")
    arguments = parser.parse_args()
    detectors, lacking = installed()
    for sentence in lacking:
        print(sentence)
    detectors = {name: detect for name, detect in detectors.items() if name not in arguments.without}
    arguments.folder.mkdir(parents=True, exist_ok=True)
    proposed = {}
    with zipfile.ZipFile(arguments.photos) as photos:
        for name in sorted(photos.namelist()):
            if not name.lower().endswith(_ENDINGS):
                continue
            data = photos.read(name)
            pixels = full_size(data)
            candidates = _candidates(pixels, detectors, label=name)
            label = Path(name).stem
            _picture(pixels, candidates).save(arguments.folder / f"{label}.png")
            proposed[hashlib.sha256(data).hexdigest()] = {
                "label": label,
                "size": [pixels.shape[1], pixels.shape[0]],
                "candidates": [{"box": [round(v) for v in one.box], "scores": one.scores} for one in candidates],
            }
            (arguments.folder / "candidates.json").write_text(json.dumps(proposed, indent=1))


def _candidates(pixels: Pixels, detectors: dict[str, Detector], label: str) -> list[Candidate]:
    """From left to right; every box of a face in one candidate."""
    merged: list[Candidate] = []
    times = []
    for name in (name for name in _BEST_BOX if name in detectors):
        started = time.perf_counter()
        proposals = detectors[name](pixels)
        times.append(f"{name} {1000 * (time.perf_counter() - started):.0f} ms")
        for proposal in sorted(proposals, key=lambda proposal: -proposal.score):
            same = max(merged, key=lambda one: overlap(one.box, proposal.box), default=None)
            if same is None or overlap(same.box, proposal.box) < _SAME:
                merged.append(same := Candidate(proposal.box))
            same.scores[name] = max(round(proposal.score, 2), same.scores.get(name, -9.0))
    print(f"{label}: {len(merged)} candidates; {', '.join(times)}", flush=True)
    return sorted(merged, key=lambda one: (one.box[0], one.box[1]))


def _picture(pixels: Pixels, candidates: list[Candidate]) -> Image.Image:
    scale = _PICTURE_SIDE / max(pixels.shape[:2])
    picture = Image.fromarray(pixels).resize((round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(18)
    for number, one in enumerate(candidates):
        left, top, width, height = (v * scale for v in one.box)
        colour = "lime" if len(one.scores) > 1 else "orange"
        draw.rectangle((left, top, left + width, top + height), outline=colour, width=2)
        draw.text((left + 3, top + 1), str(number), fill=colour, font=font, stroke_width=2, stroke_fill="black")
    return picture


if __name__ == "__main__":
    main()
