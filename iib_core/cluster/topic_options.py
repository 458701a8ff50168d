"""How topics are found."""

from __future__ import annotations

from dataclasses import dataclass, field

from iib_core.ai.embed_options import BATCH_SIZE, MAX_CHARS
from iib_core.ai.provider import LOCAL
from iib_core.ai.scope import Scope
from iib_core.errors import InvalidRequest

_MIN_SIZE = 3
_MAX_NOISE_THRESHOLD, _STRICTER = 0.97, 0.02


@dataclass(frozen=True)
class TopicOptions:
    """How topics are found.

    ``threshold``: lowest mean cosine similarity within a topic; None: topics have two levels, and
    the threshold of their subjects is found from the library. ``min_cluster_size``: smallest number
    of files in a topic; None: three. ``assign_noise_threshold``: a file in no topic joins the most
    similar topic from this similarity on; None: a little above ``threshold``. ``title_model``:
    ``local`` for titles of distinctive terms. Topics of a scope with ``files`` are not cached.
    """

    scope: Scope = field(default_factory=Scope)
    model: str = LOCAL
    threshold: float | None = None
    min_cluster_size: int | None = None
    assign_noise_threshold: float | None = None
    title_model: str = LOCAL
    lang: str = "en"
    force_embed: bool = False
    force_title: bool = False
    use_title_cache: bool = True
    batch_size: int = BATCH_SIZE
    max_chars: int = MAX_CHARS

    def validate(self) -> None:
        """Raise InvalidRequest for a number out of range."""
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise InvalidRequest("threshold: give a number above 0 and at most 1.")
        if self.assign_noise_threshold is not None and not 0 < self.assign_noise_threshold <= 1:
            raise InvalidRequest("assign_noise_threshold: give a number above 0 and at most 1.")
        if self.min_cluster_size is not None and self.min_cluster_size < 1:
            raise InvalidRequest("min_cluster_size: give a number above zero.")

    @property
    def min_size(self) -> int:
        """The smallest number of files in a topic."""
        return _MIN_SIZE if self.min_cluster_size is None else self.min_cluster_size

    def noise_threshold(self, threshold: float) -> float:
        """The similarity from which on a file in no topic joins the most similar one, for topics
        that were found with ``threshold``.
        """
        if self.assign_noise_threshold is not None:
            return self.assign_noise_threshold
        return min(_MAX_NOISE_THRESHOLD, threshold + _STRICTER)

    @property
    def is_cached(self) -> bool:
        """Whether the result is stored and may be taken from the cache."""
        return self.scope.files is None
