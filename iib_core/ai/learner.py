"""What the built-in model learns from many texts, by scikit-learn, in a process of its own.

The process reads texts as JSON from its input and writes the packed model to its output. It ends with whoever started it: its input is closed then.
"""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iib_core.ai.words import tokens
from iib_core.errors import ServiceFailed

logger = logging.getLogger(__name__)

DIM = 256
_MAX_WORDS = 30_000
_MANY = 1000
_POLL_S = 0.2
_CODE = "from iib_core.ai.learner import main; main()"


def learn_apart(texts: Sequence[str], check: Callable[[], None]) -> bytes:
    """The packed model. ``check`` is called several times a second and may raise to end it. Raises ServiceFailed where scikit-learn cannot be used."""
    _require_sklearn()
    process = _start()
    given: bytes | None = json.dumps(list(texts)).encode()
    try:
        while True:
            try:
                data, errors = process.communicate(given, timeout=_POLL_S)
                break
            except subprocess.TimeoutExpired:
                given = None  # it is remembered
                check()
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode:
        lines = errors.decode("utf-8", "replace").strip().splitlines() or ["it ended without a word"]
        logger.warning("the built-in model could not learn: %s", "\n".join(lines))
        raise _unusable(lines[-1])
    return data


def learn(texts: Sequence[str]) -> bytes:
    """The packed model of sorted texts, learned here and now."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(analyzer=_list_tokens, sublinear_tf=True, min_df=2 if len(texts) > _MANY else 1, max_features=_MAX_WORDS, dtype=np.float32)
    matrix = counter.fit_transform(texts)
    # Few steps without normalisation: its QR takes ten times as long as all the rest where processors are few.
    solver = TruncatedSVD(min(DIM, *matrix.shape), n_iter=2, power_iteration_normalizer="none", random_state=0).fit(matrix)
    axes = (solver.components_ * (solver.singular_values_ / solver.singular_values_[0])[:, None]).T
    return pack(list(counter.get_feature_names_out()), counter.idf_, axes)


def pack(vocabulary: Sequence[str], weights: Any, axes: Any) -> bytes:
    """A model as it is stored."""
    file = io.BytesIO()
    words = np.frombuffer(json.dumps(list(vocabulary)).encode(), dtype=np.uint8)
    np.savez_compressed(file, vocabulary=words, weights=np.asarray(weights, dtype=np.float32), axes=np.asarray(axes, dtype=np.float16))
    return file.getvalue()


def main() -> None:
    """What the process does."""
    if hasattr(os, "nice"):
        os.nice(10)
    sys.stdout.buffer.write(learn(json.loads(sys.stdin.buffer.read())))


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
    return ServiceFailed(f"The package scikit-learn cannot be used ({reason}): install it, or set OPENAI_API_KEY to use a service.", is_lasting=True)


def _start() -> subprocess.Popen[bytes]:
    folder = str(Path(__file__).resolve().parents[2])
    # Where packages are found here they shall be found there: a host puts folders of its own on the path.
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *filter(None, sys.path)]), "PYTHONIOENCODING": "utf-8"}
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    command = [sys.executable, "-W", "ignore", "-c", _CODE]
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, cwd=folder, creationflags=flags)
    except OSError as exc:
        raise _unusable(f"no process could be started for it: {exc.strerror or exc}") from exc
