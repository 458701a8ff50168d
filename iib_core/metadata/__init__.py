"""Metadata: how a picture or video was generated, read from its file by ``read(path)``."""

from __future__ import annotations

from iib_core.metadata import prompts, tags
from iib_core.metadata.info import GenerationInfo, Lora
from iib_core.metadata.reader import read, read_embedded
from iib_core.metadata.tags import DerivedTag, derive_tags


def forget() -> None:
    """Give back the memory of words that repeat in a library, after many files were read."""
    prompts.forget()
    tags.forget()


__all__ = ["DerivedTag", "GenerationInfo", "Lora", "derive_tags", "forget", "read", "read_embedded"]
