"""NovelAI: JSON in PNG ``Comment`` (V1 to V4.5); in WebP EXIF and in the alpha channel ("stealth")
it is wrapped in JSON.
"""

from __future__ import annotations

import re
from typing import Any

from iib_core.metadata.containers.embedded import Embedded
from iib_core.metadata.info import GenerationInfo
from iib_core.metadata.values import (
    as_dict,
    as_float,
    as_int,
    as_list,
    as_name,
    as_text,
    clean,
    load_object,
    named,
    others,
    place,
)

_TITLES = frozenset({"NovelAI generated image", "AI generated image", "AI augmented image"})
_SOURCE = re.compile(r"(.*\S)\s+([0-9A-F]{8})\Z")
_HIDDEN = (
    "signed_hash",
    "extra_passthrough_testing",
    "reference_image_multiple",
    "director_reference_images",
)
_KNOWN = (
    "prompt",
    "uc",
    "steps",
    "sampler",
    "noise_schedule",
    "scale",
    "seed",
    "width",
    "height",
    "v4_prompt",
    "v4_negative_prompt",
)


def parse(embedded: Embedded) -> GenerationInfo | None:
    """The values of ``Comment``; ``Source`` has the model and its hash."""
    found = _wrapped(embedded) or _plain(embedded)
    if found is None:
        return None
    fields, found_in = found
    comment = load_object(fields.get("Comment")) or {}
    model, model_hash = _model(fields.get("Source", ""))
    return GenerationInfo(
        prompt=_prompt(comment, "prompt", "v4_prompt")
        or (fields.get("Description", "").strip("\0 \n") if comment.get("steps") else ""),
        negative_prompt=_prompt(comment, "uc", "v4_negative_prompt"),
        infotext=clean(fields.get("Comment", "")),
        source="NovelAI",
        steps=as_int(comment.get("steps")),
        sampler=as_name(comment.get("sampler")),
        scheduler=as_name(comment.get("noise_schedule")),
        cfg_scale=as_float(comment.get("scale")),
        seed=as_int(comment.get("seed")),
        width=as_int(comment.get("width")),
        height=as_int(comment.get("height")),
        model=model,
        model_hash=model_hash,
        parameters=others(comment, _KNOWN + _HIDDEN) | _characters(comment),
        found_in=found_in,
    )


def _plain(embedded: Embedded) -> tuple[dict[str, str], str] | None:
    """The PNG chunks, if the software or the title is NovelAI's: other programs use ``Comment``
    too.
    """
    software, title, comment = (
        named(embedded, "Software"),
        named(embedded, "Title", "DocumentName"),
        named(embedded, "Comment"),
    )
    if not (
        (software and software.value.startswith("NovelAI"))
        or (title and title.value in _TITLES and comment)
    ):
        return None
    fields = {text.keyword: text.value for text in reversed(embedded.texts)}
    if "Source" not in fields and software and software.value != "NovelAI":
        fields["Source"] = software.value
    where = comment or software or title
    return fields, place(embedded, where) if where else ""


def _wrapped(embedded: Embedded) -> tuple[dict[str, str], str] | None:
    """The chunks inside one JSON text."""
    for text in embedded.texts:
        if '"Comment"' not in text.value or '"Software"' not in text.value:
            continue
        fields = load_object(text.value)
        if fields and as_text(fields.get("Software")).startswith("NovelAI"):
            return {key: as_text(value) for key, value in fields.items()}, place(embedded, text)
    return None


def _prompt(comment: dict[str, Any], plain: str, structured: str) -> str:
    return as_text(comment.get(plain)) or as_text(
        as_dict(as_dict(comment.get(structured)).get("caption")).get("base_caption")
    )


def _characters(comment: dict[str, Any]) -> dict[str, str]:
    """The V4 prompts of characters, under the names 'Character 1 prompt' etc."""
    found: dict[str, str] = {}
    for key, name in (("v4_prompt", "prompt"), ("v4_negative_prompt", "negative prompt")):
        captions = as_list(as_dict(as_dict(comment.get(key)).get("caption")).get("char_captions"))
        for number, caption in enumerate(captions, 1):
            text = as_text(as_dict(caption).get("char_caption"))
            if text:
                found[f"Character {number} {name}"] = text
    return found


def _model(source: str) -> tuple[str | None, str | None]:
    split = _SOURCE.match(source.strip("\0 "))
    return (split[1], split[2]) if split else (as_name(source), None)
