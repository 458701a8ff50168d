"""Metadata: how a picture or video was generated, read from its file by ``read(path)``."""

from __future__ import annotations

from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.reader import read, read_embedded
from iib_core.metadata.tags import DerivedTag, derive_tags

__all__ = ["DerivedTag", "GenerationInfo", "Lora", "derive_tags", "read", "read_embedded"]
