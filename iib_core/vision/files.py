"""Files of models that see: which models there are, and what is there of each."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from iib_core.ai.file_store import FileStore, ModelFile
from iib_core.errors import InvalidRequest
from iib_core.jobs import Progress
from iib_core.vision import own_models
from iib_core.vision.model_table import MODELS, VisionModel

EXTRA = "iib[vision]"
_NEEDED = ("onnxruntime", "tokenizers")
READY, MISSING, PARTIAL, DAMAGED = "ready", "missing", "partial", "damaged"


@dataclass(frozen=True)
class ModelState:
    """What is there of a model. ``state``: ready, missing, partial (a download was interrupted) or
    damaged; ``reason`` says what to do where it is not ready.

    ``model`` is None for a description that is wrong.
    """

    name: str
    model: VisionModel | None
    state: str
    reason: str = ""
    received_bytes: int = 0


def list_lacking() -> list[str]:
    """The packages that are needed and not installed. Looks for them, and imports nothing."""
    return [name for name in _NEEDED if not _is_installed(name)]


class VisionFiles(FileStore):
    """The models of one data folder. ``models``: the table, another one in tests."""

    def __init__(self, data_dir: str, models: tuple[VisionModel, ...] = MODELS) -> None:
        super().__init__(data_dir)
        self.models = models

    def list_states(self) -> list[ModelState]:
        """All models: those of the table, then those that are described."""
        return [*map(self.state_of, self.models), *self._list_own()]

    def find(self, name: str = "") -> VisionModel | None:
        """The model of that name if it is ready; without a name the first that is."""
        for state in self._each():
            if state.state == READY and name in ("", state.name):
                return state.model
        return None

    def get(self, name: str) -> VisionModel:
        """The model of that name, whatever is there of it. Raises InvalidRequest."""
        states = self.list_states()
        for state in states:
            if state.name == name and state.model is not None:
                return state.model
        known = ", ".join(state.name for state in states)
        raise InvalidRequest(f"There is no model '{name[:80]}': use one of {known}.")

    def state_of(self, model: VisionModel) -> ModelState:
        """What is there of a model of the table."""
        other = self.find_other(model.files)
        if other:
            reason = f"{other} is damaged or another file: remove it."
            return ModelState(model.name, model, DAMAGED, reason)
        missing = self.list_missing(model)
        if not missing:
            return ModelState(model.name, model, READY, "", model.size_bytes)
        received = sum(map(self.count_received, model.files))
        reason = f"Its files are not there: download it, or put them into {self.folder_of(model)}."
        return ModelState(model.name, model, PARTIAL if received else MISSING, reason, received)

    def list_missing(self, model: VisionModel) -> list[ModelFile]:
        """The files that a download would fetch."""
        return [file for file in model.files if self.find_file(file) is None]

    def folder_of(self, model: VisionModel) -> str:
        """Where its files are, or belong."""
        return os.path.join(self.folder, model.name)

    def download(
        self, progress: Progress, model: VisionModel, on_progress: Callable[[int], None]
    ) -> None:
        """Fetch what is missing of a model of the table. ``on_progress`` is called with the bytes
        that are there. Raises ServiceFailed.
        """
        self.fetch(progress, self.list_missing(model), on_progress)

    def remove(self, model: VisionModel) -> None:
        """Delete the files of a model of the table, whole or not."""
        if model.is_own:
            raise InvalidRequest(
                f"{model.name} was put there by hand: remove the folder {self.folder_of(model)}."
            )
        shutil.rmtree(self.folder_of(model), ignore_errors=True)

    def _each(self) -> Iterator[ModelState]:
        yield from map(self.state_of, self.models)
        yield from self._list_own()

    def _list_own(self) -> list[ModelState]:
        taken = {model.name for model in self.models}
        return [self._own(name) for name in own_models.list_folders(self) if name not in taken]

    def _own(self, name: str) -> ModelState:
        try:
            model = own_models.read(self, name)
        except InvalidRequest as exc:
            return ModelState(name, None, DAMAGED, str(exc))
        return ModelState(name, model, READY, "", model.size_bytes)


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
