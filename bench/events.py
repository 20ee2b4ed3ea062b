"""Events to group whose people are known: LFW, Yale, and weddings made of LFW's faces."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.encoders import encoder
from bench.pairs import person
from bench.photos import lfw, yale
from bench.verification import centre_face
from kanta_core.domain.faces import Face
from kanta_core.people.groups.grouping import Faces

# Faces of a person that are enough to say where its middle is, and how its faces scatter around that.
_MIDDLE, _SCATTER = 3, 5
_MOVED = 0.7
_OTHERS = 20
_FACES_A_PHOTO = (1, 1, 2, 2, 3, 4, 5, 8, 15, 30)


@dataclass(frozen=True, slots=True)
class Event:
    faces: Faces
    people: NDArray[np.str_]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The embeddings at unit length."""
        lengths = np.linalg.norm(self.faces.embeddings, axis=1, keepdims=True)
        return np.asarray(self.faces.embeddings / lengths, np.float32)

    def only(self, chosen: NDArray[np.bool_]) -> Event:
        its = self.faces
        faces = Faces(its.embeddings[chosen], its.qualities[chosen], its.photos[chosen])
        return Event(faces, self.people[chosen])


def fitted_on(name: str) -> bool:
    """Whether things are fitted on this person of LFW: if the first byte of the name's SHA-256 is even."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


@cache
def lfw_event() -> Event | None:
    """The own face of each of LFW's photos, None where they are not at hand. Encoding 7,171 takes minutes."""
    photos = lfw()
    if photos is None:
        return None
    kanta = encoder()
    return _event(photos, lambda data: centre_face(kanta, data), person)


@cache
def yale_event() -> Event | None:
    """The faces of Yale's distinct photos, None where they are not at hand."""
    photos = yale()
    if photos is None:
        return None
    kanta = encoder()
    distinct = {name: data for data, name in {data: name for name, data in sorted(photos.items())}.items()}
    return _event(
        distinct, lambda data: next(iter(kanta.encode(data).faces), None), lambda name: name.split(".")[0]
    )


def _event(photos: Mapping[str, bytes], find: Callable[[bytes], Face | None], who: Callable[[str], str]) -> Event:
    found = [(who(name), face) for name, data in sorted(photos.items()) if (face := find(data)) is not None]
    embeddings = np.array([face.embedding for _, face in found], np.float32)
    qualities = np.array([face.quality for _, face in found], np.float32)
    return Event(Faces(embeddings, qualities, np.arange(len(found))), np.array([name for name, _ in found]))


def wedding(of: Event, seed: int, *, guests: int = 120, strangers: int = 80, photos: int = 600) -> Event:
    """A made-up wedding of the people of a real event: some in half of the photos, most in few, strangers in one.

    A guest's faces are scattered around a real person's middle as other real people's faces are around theirs; a
    stranger is a real face. Up to thirty people are in a photo, each once.
    """
    chance = np.random.default_rng(seed)
    middles, scatter = people_of(of)
    middles = chance.permutation(middles)[:guests]
    counts = Counter(of.people.tolist())
    once = of.faces.embeddings[[counts[name] == 1 for name in of.people.tolist()]]
    waiting = chance.permutation(once)[:strangers]
    often = 1 / np.arange(1, len(middles) + 1) ** 0.8
    faces, people, photo = [], [], []
    for number in range(photos):
        many = min(int(chance.choice(_FACES_A_PHOTO)), len(middles))
        for guest in chance.choice(len(middles), size=many, replace=False, p=often / often.sum()).tolist():
            faces.append(middles[guest] + scatter[chance.integers(len(scatter))])
            people.append(f"guest {guest}")
            photo.append(number)
        if number * len(waiting) // photos < (number + 1) * len(waiting) // photos:
            stranger = number * len(waiting) // photos
            faces.append(waiting[stranger])
            people.append(f"stranger {stranger}")
            photo.append(number)
    return _made_up(of, np.array(faces), np.array(people), np.array(photo))


def crowd(of: Event, count: int, people: int) -> Event:
    """As many faces, each in a photo of its own, of as many people who look as far apart as those of a real event.

    Where the real people are too few, others are made up: each is a real one moved by the difference of two more.
    """
    chance = np.random.default_rng(count + people)
    middles, scatter = people_of(of)
    if people <= len(middles):
        middles = chance.permutation(middles)[:people]
    else:
        one, two, three = (middles[chance.integers(len(middles), size=people)] for _ in range(3))
        middles = one + _MOVED * (two - three)
    who = chance.permutation(np.arange(count) % people)
    faces = middles[who] + scatter[chance.integers(len(scatter), size=count)]
    return _made_up(of, faces, who.astype(np.str_), np.arange(count))


def _made_up(of: Event, faces: NDArray[np.float32], people: NDArray[np.str_], photos: NDArray[np.intp]) -> Event:
    qualities = np.full(len(faces), float(np.median(of.faces.qualities)), np.float32)
    return Event(Faces(faces.astype(np.float32), qualities, photos), people)


def others(event: Event) -> NDArray[np.float64]:
    """Of each face the mean squared distance to its twenty nearest other people: their faces' mean, (n,)."""
    vectors = event.vectors
    names, numbers = np.unique(event.people, return_inverse=True)
    means = np.zeros((len(names), vectors.shape[1]))
    np.add.at(means, numbers, vectors)
    distances = 2.0 - 2.0 * vectors @ (means / np.bincount(numbers)[:, None]).T
    distances[np.arange(len(vectors)), numbers] = np.inf
    most = min(_OTHERS, len(names) - 1)
    return np.asarray(np.sort(distances, axis=1)[:, :most].mean(axis=1), np.float64)


def people_of(of: Event) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Its people's middles, and how faces lie around the middle of theirs: float32, (people, 128), (n, 128)."""
    middles, scatter = [], []
    for name, count in sorted(Counter(of.people.tolist()).items()):
        faces = of.faces.embeddings[of.people == name]
        if count >= _MIDDLE:
            middles.append(faces.mean(axis=0))
        if count >= _SCATTER:
            # A middle of few faces is nearer to them than the true one.
            scatter.append((faces - faces.mean(axis=0)) * np.sqrt(count / (count - 1)))
    return np.array(middles, np.float32), np.concatenate(scatter).astype(np.float32)
