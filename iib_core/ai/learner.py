"""What the built-in model learns from many texts, by scikit-learn, in a process of its own: to
import that alone would hold Python's lock.
"""

from __future__ import annotations

import importlib.util
import io
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from iib_core import children
from iib_core.ai.words import tokens
from iib_core.errors import ServiceFailed

logger = logging.getLogger(__name__)

DIM = 256
_MAX_WORDS = 30_000
_MANY = 1000


def learn_apart(
    texts: Sequence[str], check: Callable[[], None], silence_s: float = children.SILENCE_S
) -> bytes:
    """The packed model.

    ``check`` is called several times a second and may raise to end it. Raises ServiceFailed where
    there is none to be had.
    """
    _require_sklearn()
    try:
        ended = children.call(
            "iib_core.ai.learner:answer", json.dumps(list(texts)).encode(), check=check, silence_s=silence_s
        )
    except children.Silent as exc:
        raise ServiceFailed(
            f"The process that learns from the prompts gave no sign of life for {silence_s:g} s and was "
            "ended: start it again."
        ) from exc
    except children.NotStarted as exc:
        raise _unusable(f"no process could be started for it: {exc}") from exc
    if not ended.status:
        return ended.output
    logger.warning(
        "the built-in model could not learn: %s", ended.errors.decode("utf-8", "replace") or ended.last_word
    )
    if ended.errors and ended.status > 0:
        raise _unusable(ended.last_word)
    how = f"The process that learns from the prompts broke off ({ended.last_word})"
    raise ServiceFailed(f"{how}: if memory is short, close other programs, and start it again.")


def answer(given: bytes) -> bytes:
    """The packed model of texts as JSON: what the process does."""
    return learn(json.loads(given))


def learn(texts: Sequence[str]) -> bytes:
    """The packed model of sorted texts, learned here and now."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(
        analyzer=_list_tokens,
        sublinear_tf=True,
        min_df=2 if len(texts) > _MANY else 1,
        max_features=_MAX_WORDS,
        dtype=np.float32,
    )
    matrix = counter.fit_transform(texts)
    # Few steps without normalisation: its QR takes ten times as long as all the rest where
    # processors are few.
    solver = TruncatedSVD(
        min(DIM, *matrix.shape), n_iter=2, power_iteration_normalizer="none", random_state=0
    ).fit(matrix)
    axes = (solver.components_ * (solver.singular_values_ / solver.singular_values_[0])[:, None]).T
    return pack(list(counter.get_feature_names_out()), counter.idf_, axes)


def pack(vocabulary: Sequence[str], weights: Any, axes: Any) -> bytes:
    """A model as it is stored."""
    file = io.BytesIO()
    words = np.frombuffer(json.dumps(list(vocabulary)).encode(), dtype=np.uint8)
    np.savez_compressed(
        file,
        vocabulary=words,
        weights=np.asarray(weights, dtype=np.float32),
        axes=np.asarray(axes, dtype=np.float16),
    )
    return file.getvalue()


def _list_tokens(text: str) -> list[str]:
    return list(tokens(text))


def _require_sklearn() -> None:
    """Told before a process is started for it: the one that serves knows what is installed."""
    try:
        found = importlib.util.find_spec("sklearn")
    except (ImportError, ValueError) as exc:
        raise _unusable(str(exc)) from exc
    if found is None:
        raise _unusable("it is not installed")


def _unusable(reason: str) -> ServiceFailed:
    return ServiceFailed(
        f"The package scikit-learn cannot be used ({reason}): install it, or set OPENAI_API_KEY to use a "
        "service.",
        is_lasting=True,
    )
