"""Encoding finds the faces that are there, the same ones every time, and embeds them as face_recognition does."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from kanta_core.domain.faces import Box
from kanta_core.errors import ImageRefused
from kanta_core.vision.decode import decode
from kanta_core.vision.encoder import FaceEncoder

MAX_PIXELS = 64_000_000

# face_recognition needs setuptools' deprecated pkg_resources, which warns; a process of its own keeps that there.
_REFERENCE = """
import sys, warnings
warnings.simplefilter("ignore")
import face_recognition, numpy
pixels = numpy.load(sys.argv[1])
boxes = [tuple(map(int, box.split(","))) for box in sys.argv[3:]]
found = face_recognition.face_encodings(pixels, known_face_locations=boxes, model="small")
numpy.save(sys.argv[2], numpy.array(found))
"""


@pytest.fixture(scope="module", params=["onnx", "dlib"])
def encoder(request: pytest.FixtureRequest) -> FaceEncoder:
    return FaceEncoder(max_pixels=MAX_PIXELS, engine_name=request.param)


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(width, 0) * max(height, 0)
    return shared / (a.width * a.height + b.width * b.height - shared)


def test_embeddings_equal_those_of_face_recognition_for_the_same_boxes(
    sample_photos: Path, tmp_path: Path, encoder: FaceEncoder
) -> None:
    for name in ("biden.jpg", "obama.jpg", "obama_partial_face.jpg"):
        data = (sample_photos / name).read_bytes()
        photo = decode(data, max_pixels=MAX_PIXELS)
        found = encoder.encode(data).faces
        boxes = [face.box for face in found]
        np.save(tmp_path / "pixels.npy", photo.pixels)
        # face_recognition's order: top, right, bottom, left.
        theirs = [f"{b.y},{b.x + b.width},{b.y + b.height},{b.x}" for b in boxes]
        files = [str(tmp_path / "pixels.npy"), str(tmp_path / "found.npy")]
        subprocess.run([sys.executable, "-c", _REFERENCE, *files, *theirs], check=True, timeout=60)
        expected = np.load(tmp_path / "found.npy")
        assert expected.shape == (len(found), 128)
        assert np.abs(np.array([face.embedding for face in found]) - expected).max() <= 1e-5


def test_the_same_bytes_give_the_same_faces(sample_photos: Path, encoder: FaceEncoder) -> None:
    data = (sample_photos / "obama2.jpg").read_bytes()
    first, second = encoder.encode(data), encoder.encode(data)
    assert [(face.box, face.landmarks, face.score) for face in first.faces] == [
        (face.box, face.landmarks, face.score) for face in second.faces
    ]
    assert np.array_equal(first.faces[0].embedding, second.faces[0].embedding)


def test_two_photos_of_one_person_are_nearer_than_two_people(sample_photos: Path, encoder: FaceEncoder) -> None:
    obama, again, biden = (
        encoder.encode((sample_photos / name).read_bytes()).faces[0].embedding
        for name in ("obama.jpg", "obama2.jpg", "biden.jpg")
    )
    assert np.linalg.norm(obama - again) < 0.5 < np.linalg.norm(obama - biden)


def test_a_crowd_of_thirty_faces_is_found_whole(sample_photos: Path, encoder: FaceEncoder) -> None:
    faces = []
    for name in ("biden.jpg", "obama.jpg", "obama2.jpg"):
        data = (sample_photos / name).read_bytes()
        photo, box = decode(data, max_pixels=MAX_PIXELS), encoder.encode(data).faces[0].box
        margin = box.width // 2
        crop = photo.pixels[
            max(box.y - margin, 0) : box.y + box.height + margin,
            max(box.x - margin, 0) : box.x + box.width + margin,
        ]
        faces.append(np.asarray(Image.fromarray(crop).resize((240, 240))))
    rows = [np.hstack([faces[(row + column) % 3] for column in range(6)]) for row in range(5)]
    found = encoder.encode(png(np.vstack(rows)))
    assert len(found.faces) == 30
    # One in each cell.
    cells = {((f.box.x + f.box.width // 2) // 240, (f.box.y + f.box.height // 2) // 240) for f in found.faces}
    assert len(cells) == 30


def test_boxes_and_landmarks_lie_inside_the_upright_photo(sample_photos: Path, encoder: FaceEncoder) -> None:
    upright = Image.open(sample_photos / "obama.jpg")
    expected = encoder.encode((sample_photos / "obama.jpg").read_bytes())
    # Stored on its side, with a note of how to hold it, as phones do.
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=95, exif=exif)
    found = encoder.encode(out.getvalue())
    assert (found.width, found.height) == upright.size == (expected.width, expected.height)
    assert len(found.faces) == 1
    assert overlap(found.faces[0].box, expected.faces[0].box) > 0.8
    for x, y in found.faces[0].landmarks:
        assert 0 <= x < found.width
        assert 0 <= y < found.height


def test_a_face_cut_by_the_edge_keeps_its_box_inside(sample_photos: Path, encoder: FaceEncoder) -> None:
    photo = decode((sample_photos / "obama.jpg").read_bytes(), max_pixels=MAX_PIXELS)
    box = encoder.encode((sample_photos / "obama.jpg").read_bytes()).faces[0].box
    cut = photo.pixels[:, box.x + box.width // 8 :]
    for face in encoder.encode(png(cut)).faces:
        assert face.box.x >= 0
        assert face.box.x + face.box.width <= cut.shape[1]


def test_a_photo_with_no_face_has_none(encoder: FaceEncoder) -> None:
    random = np.random.default_rng(5)
    clouds = Image.fromarray(random.integers(0, 255, (12, 16, 3), np.uint8)).resize(
        (1600, 1200), Image.Resampling.BICUBIC
    )
    found = encoder.encode(png(np.asarray(clouds)))
    assert (found.width, found.height, found.file_extension, found.faces) == (1600, 1200, "png", ())


def test_every_face_says_how_good_it_is_and_has_a_crop(sample_photos: Path, encoder: FaceEncoder) -> None:
    data = (sample_photos / "obama.jpg").read_bytes()
    (clear,) = encoder.encode(data).faces
    with Image.open(io.BytesIO(data)) as photo:
        soft = photo.convert("RGB").filter(ImageFilter.GaussianBlur(9))
    (poor,) = encoder.encode(png(np.asarray(soft))).faces
    assert 0 <= poor.quality < clear.quality - 0.1
    assert clear.quality <= 1
    with Image.open(io.BytesIO(clear.crop)) as crop:
        assert crop.size == (160, 160)


def test_faces_of_two_engines_are_told_apart(sample_photos: Path) -> None:
    data = (sample_photos / "biden.jpg").read_bytes()
    ours, dlibs = (FaceEncoder(max_pixels=MAX_PIXELS, engine_name=name).encode(data) for name in ("onnx", "dlib"))
    assert ours.encoder != dlibs.encoder
    # The same face nonetheless.
    assert overlap(ours.faces[0].box, dlibs.faces[0].box) > 0.7
    assert np.linalg.norm(ours.faces[0].embedding - dlibs.faces[0].embedding) < 0.3


def test_every_yale_photo_shows_its_one_face(yale_zip: Path, encoder: FaceEncoder) -> None:
    # Three of them are lit from one side only: they must be found, and nothing beside them.
    with zipfile.ZipFile(yale_zip) as photos:
        hard = ["subject01.rightlight.png", "subject05.rightlight.png", "subject11.rightlight.png"]
        names = [name for name in photos.namelist() if name[7:9] in ("01", "05", "11") and "light" in name]
        assert set(hard) <= set(names)
        found = {name: len(encoder.encode(photos.read(name)).faces) for name in names}
    assert set(found.values()) == {1}, found


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 4000), (4000, 1)])
def test_photos_of_odd_sizes_are_encoded(size: tuple[int, int], encoder: FaceEncoder) -> None:
    found = encoder.encode(png(np.zeros((size[1], size[0], 3), np.uint8)))
    assert (found.width, found.height, found.faces) == (*size, ())


def test_what_is_no_photo_is_refused_with_a_reason(encoder: FaceEncoder) -> None:
    with pytest.raises(ImageRefused, match="not a photo in a format"):
        encoder.encode(b"no photo at all")
