"""Midjourney (V4 to V7): PNG ``Description``, ``Author``, ``Creation Time``, or the same
description in XMP. The parameters follow the prompt.
"""

from __future__ import annotations

import re

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_int, clean, named, place

_JOB = re.compile(r"Job ID:\s{0,9}([0-9a-f-]{32,36})", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?:\A|\s)--([A-Za-z]+)(?:[ \t]+((?:(?!\s--[A-Za-z]).)*))?", re.DOTALL)


_KEYWORDS = frozenset({"description", "imagedescription", "comment"})


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The prompt and the arguments of a description with a job id."""
    described = [text for text in embedded.texts if text.keyword.lower() in _KEYWORDS]
    text = next((text for text in described if "Job ID:" in text.value), None)
    job = _JOB.search(text.value) if text else None
    if text is None or job is None:
        return None
    written = clean(text.value[: job.start()])
    first = _ARGUMENT.search(written)
    arguments = {name.lower(): value.strip() for name, value in _ARGUMENT.findall(written)}
    author = named(embedded, "Author")
    return GenerationInfo(
        prompt=(written[: first.start()] if first else written).strip(),
        negative_prompt=arguments.pop("no", ""),
        infotext=clean(text.value),
        source="Midjourney",
        seed=as_int(arguments.get("seed")),
        model=_model(arguments),
        parameters=arguments
        | {"Job ID": job[1]}
        | ({"Author": clean(author.value)} if author else {}),
        found_in=place(embedded, text),
    )


def _model(arguments: dict[str, str]) -> str | None:
    version = arguments.get("v") or arguments.get("version")
    if version:
        return f"v{version}"
    niji = arguments.get("niji")
    return None if niji is None else f"niji {niji}".strip()
