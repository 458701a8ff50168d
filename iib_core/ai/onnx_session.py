"""Sessions of onnxruntime, in the processes of models: nothing else imports it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

CPU = "CPUExecutionProvider"
# Providers that run a model on a graphics card or a processor for it, the first that is there first.
_FASTER = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "MIGraphXExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
    "OpenVINOExecutionProvider",
)


def open_session(path: str, sha256: str, threads: int, providers: Sequence[str] = (CPU,)) -> Any:
    """The model of a file in memory. Raises ValueError where the file is another than the one that
    was verified.
    """
    import onnxruntime

    with open(path, "rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{path} has another content than before")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=list(providers))


def open_fastest(path: str, sha256: str, threads: int) -> Any:
    """As ``open_session``, by a provider of ``_FASTER`` where one is there and takes the model."""
    import onnxruntime

    there = onnxruntime.get_available_providers()
    for provider in (name for name in _FASTER if name in there):
        try:
            return open_session(path, sha256, threads, (provider, CPU))
        except ValueError:
            raise
        except Exception:  # noqa: BLE001  each provider has errors of its own: no driver, no memory
            continue
    return open_session(path, sha256, threads)
