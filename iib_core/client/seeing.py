"""Calls about what is in pictures: the models that see and judge them, and searches by content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from iib_core.client import answers
from iib_core.client.calls import Calls, given
from iib_core.client.forms import read_whole


class Seeing(Calls):
    """Models are named as in ``vision_status`` and ``judges``."""

    def vision_status(self) -> answers.VisionStatus:
        """The models that see, and how far the one that is used has looked."""
        return cast(answers.VisionStatus, self._get("/vision/status"))

    def download_vision(self, name: str) -> answers.Started:
        """Begin to download a model, where an earlier download ended."""
        return cast(answers.Started, self._post("/vision/download", name=name))

    def pause_vision_download(self) -> answers.VisionStatus:
        """End the download; what has come is kept."""
        return cast(answers.VisionStatus, self._post("/vision/download/pause"))

    def pause_vision(self) -> answers.VisionStatus:
        """See no more pictures until ``resume_vision``."""
        return cast(answers.VisionStatus, self._post("/vision/pause"))

    def resume_vision(self) -> answers.VisionStatus:
        """See the pictures that have not been seen, in idle time."""
        return cast(answers.VisionStatus, self._post("/vision/resume"))

    def use_vision(self, name: str) -> answers.VisionStatus:
        """Choose the model that sees."""
        return cast(answers.VisionStatus, self._post("/vision/use", name=name))

    def remove_vision(self, name: str) -> answers.VisionStatus:
        """Delete the files of a model and all that it has seen."""
        return cast(answers.VisionStatus, self._post("/vision/remove", name=name))

    def search_by_content(
        self,
        query: str,
        *,
        folders: Sequence[str] = (),
        top_k: int = 50,
        min_score: float | None = None,
        cursor: str = "",
    ) -> answers.MeaningPage:
        """Files that show what the words say, nearest first."""
        body = {"query": query, "folder_paths": list(folders), "top_k": top_k, "cursor": cursor}
        body |= given(min_score=min_score)
        return cast(answers.MeaningPage, self._post("/vision/search", **body))

    def similar_to_picture(
        self, path: str, *, top_k: int = 50, min_score: float | None = None, cursor: str = ""
    ) -> answers.MeaningPage:
        """Files that show the same as a picture of this machine, which the library need not have."""
        query = {"top_k": top_k, "min_score": min_score, "cursor": cursor}
        headers = {"Content-Type": "application/octet-stream"}
        found = self._send("POST", "/vision/similar", query, headers, read_whole(path))
        return cast(answers.MeaningPage, found)

    def judges(self) -> list[answers.Judge]:
        """The models that judge pictures, and how far each is."""
        return _list(self._get("/vision/judges"))

    def turn_judge_on(self, name: str) -> list[answers.Judge]:
        """Let a judge work in idle time."""
        return _list(self._post("/vision/judges/on", name=name))

    def turn_judge_off(self, name: str) -> list[answers.Judge]:
        """Let a judge rest; what it has found stays."""
        return _list(self._post("/vision/judges/off", name=name))

    def forget_judge(self, name: str) -> list[answers.Judge]:
        """Turn a judge off and remove what it has found."""
        return _list(self._post("/vision/judges/forget", name=name))

    def judgement(self, path: str) -> answers.Judgement:
        """The scores of a file, and its machine tags."""
        return cast(answers.Judgement, self._get("/vision/judgement", path=path))


def _list(found: object) -> list[answers.Judge]:
    return cast(answers.Judges, found)["judges"]
