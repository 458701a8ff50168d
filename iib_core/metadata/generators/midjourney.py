"""Midjourney (V4 to V7): PNG ``Description``, ``Author``, ``Creation Time``, or the same
description in XMP; parameters stand behind the prompt.
"""

from __future__ import annotations

import re

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import as_int, clean, named, place

_JOB = re.compile(r"Job ID:\s{0,9}([0-9a-f-]{32,36})", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?:\A|\s)--([A-Za-z]+)(?:[ \t]+((?:(?!\s--[A-Za-z]).)*))?", re.DOTALL)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """Prompt and arguments of a description that names a job."""
    text = next(
        (
            text
            for text in embedded.texts
            if "Job ID:" in text.value
            and text.keyword.lower() in ("description", "imagedescription", "comment")
        ),
        None,
    )
    job = _JOB.search(text.value) if text else None
    if text is None or job is None:
        return None
    written = clean(text.value[: job.start()])
    first = _ARGUMENT.search(written)
    arguments = {name.lower(): value.strip() for name, value in _ARGUMENT.findall(written)}
    author = named(embedded, "Author")
    version = arguments.get("v") or arguments.get("version")
    niji = arguments.get("niji")
    return GenerationInfo(
        prompt=(written[: first.start()] if first else written).strip(),
        negative_prompt=arguments.pop("no", ""),
        infotext=clean(text.value),
        source="Midjourney",
        seed=as_int(arguments.get("seed")),
        model=f"v{version}" if version else f"niji {niji}".strip() if niji is not None else None,
        parameters=arguments | {"Job ID": job[1]} | ({"Author": clean(author.value)} if author else {}),
        found_in=place(embedded, text),
    )
