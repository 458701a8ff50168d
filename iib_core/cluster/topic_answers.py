"""Topics in the form of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iib_core.ai.embeddings import Loaded
from iib_core.ai.titles import Name
from iib_core.cluster import names
from iib_core.cluster.topic_groups import Group

_SAMPLE_CHARS = 200


@dataclass(frozen=True)
class Files:
    """The files of a scope, by path: their text ids and their paths."""

    prompt_ids: NDArray[np.int64]
    paths: Sequence[str]


class Describer:
    """Describes groups of ``files``. ``texts``: the prompts by text id."""

    def __init__(self, files: Files, texts: Mapping[int, str], loaded: Loaded | None) -> None:
        self._files = files
        self._texts = texts
        self._loaded = loaded

    def texts_of(self, group: Group) -> list[str]:
        """The distinct prompts of a group, by text id."""
        return [self._texts[text_id] for text_id in self._ids_of(group) if text_id in self._texts]

    def topic(self, topic_id: str, group: Group, name: Name) -> dict[str, Any]:
        """A topic with its subjects."""
        texts_of = [self.texts_of(subject) for subject in group.subjects]
        subject_names = names.name_topics(texts_of, [subject.name for subject in group.subjects])
        subjects = [
            self._describe(f"{topic_id}.{number}", subject, subject_name)
            for number, (subject, subject_name) in enumerate(zip(group.subjects, subject_names), 1)
        ]
        return {**self._describe(topic_id, group, name), "subjects": subjects}

    def _describe(self, group_id: str, group: Group, name: Name) -> dict[str, Any]:
        return {
            "id": group_id,
            "title": name.title,
            "title_source": name.source,
            "size": len(group.files),
            "keywords": list(name.keywords),
            "sample_prompt": min(self.texts_of(group), default="")[:_SAMPLE_CHARS],
            "score": self._closeness(self._ids_of(group)),
            "paths": [self._files.paths[row] for row in group.files],
        }

    def _ids_of(self, group: Group) -> list[int]:
        return sorted(set(self._files.prompt_ids[group.files].tolist()))

    def _closeness(self, text_ids: Sequence[int]) -> float:
        """The mean cosine similarity of a group's texts to their mean."""
        if self._loaded is None:
            return 0.0
        _, rows = self._loaded.rows_of(np.array(text_ids, dtype=np.int64))
        if not len(rows):
            return 0.0
        return round(float(np.linalg.norm(self._loaded.vectors[rows].mean(axis=0))), 4)
