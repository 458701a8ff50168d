"""Learns the built-in model from many texts by scikit-learn, in a child process: the import of
scikit-learn alone would hold Python's lock for too long.
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
from iib_core.ai.tokenizer import tokens
from iib_core.errors import ServiceFailed

logger = logging.getLogger(__name__)

DIM = 256
_MAX_WORDS = 30_000
_MANY = 1000


def learn_apart(
    texts: Sequence[str], check: Callable[[], None], silence_s: float = children.SILENCE_S
) -> bytes:
    """The packed model, learned in a child process.

    ``check`` is called several times a second and may raise to cancel. Raises ServiceFailed if the
    process fails or sends no heartbeat for ``silence_s``.
    """
    _require_sklearn()
    try:
        ended = children.call(
            "iib_core.ai.learner:answer",
            json.dumps(list(texts)).encode(),
            check=check,
            silence_s=silence_s,
        )
    except children.Silent as exc:
        raise ServiceFailed(
            f"The process that learns from the prompts sent no heartbeat for {silence_s:g} s and was ended: "
            "start it again."
        ) from exc
    except children.NotStarted as exc:
        raise _unusable(f"no process could be started for it: {exc}") from exc
    if not ended.status:
        return ended.output
    logger.warning(
        "the built-in model could not learn: %s",
        ended.errors.decode("utf-8", "replace") or ended.last_word,
    )
    if ended.errors and ended.status > 0:
        raise _unusable(ended.last_word)
    how = f"The process that learns from the prompts broke off ({ended.last_word})"
    raise ServiceFailed(f"{how}: if memory is short, close other programs, and start it again.")


def answer(given: bytes) -> bytes:
    """The packed model of a JSON list of texts. The child process calls this."""
    return learn(json.loads(given))


def learn(texts: Sequence[str]) -> bytes:
    """The packed model, learned from sorted texts in this process."""
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
    # Few iterations without normalisation: on few processors its QR takes ten times as long as all
    # the rest.
    solver = TruncatedSVD(
        min(DIM, *matrix.shape), n_iter=2, power_iteration_normalizer="none", random_state=0
    ).fit(matrix)
    axes = (solver.components_ * (solver.singular_values_ / solver.singular_values_[0])[:, None]).T
    return pack(list(counter.get_feature_names_out()), counter.idf_, axes)


def pack(vocabulary: Sequence[str], weights: Any, axes: Any) -> bytes:
    """A model in the form in which it is stored."""
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
    """Raise ServiceFailed if scikit-learn is missing, before a process is started in vain."""
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
