"""The fields of the query language: one table, name -> how its value becomes a criterion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from iib_core.errors import InvalidRequest
from iib_core.search import values
from iib_core.search.criteria import (
    And,
    BeginsWith,
    Between,
    Criterion,
    HasTagNamed,
    HasText,
    IsMedia,
    IsMissing,
    Matches,
    Not,
    Or,
    TextField,
)

_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Field:
    """A field: how its value becomes a criterion, and an example for the error message and tests."""

    parse: Callable[[str], Criterion]
    example: str


def parse_field(name: str, value: str) -> Criterion:
    """The criterion of ``name:value``.

    Raises InvalidRequest for an unknown field, naming all, and for an invalid value.
    """
    field = FIELDS.get(name)
    if field is None:
        raise InvalidRequest(
            f"Unknown field '{name[:50]}'. The fields are "
            f"{', '.join(f'{known}:' for known in FIELDS)}. To search for the text itself, put it in "
            "quotes."
        )
    return field.parse(value)


def _text(field: TextField) -> Callable[[str], Criterion]:
    return lambda value: HasText(value, field)


def _any(value: str) -> Criterion:
    """Path and text, and the tags that plain words look at."""
    return Or((HasText(value, "any"), HasText(value)))


def _tag(category: str) -> Callable[[str], Criterion]:
    """A part of the name is enough: users rarely type the whole name of a model."""
    return lambda value: HasTagNamed(value, category, part=True)


def _range(column: str, parse: Callable[[str], values.Interval]) -> Callable[[str], Criterion]:
    return lambda value: Between(column, *parse(value))


def _size(value: str) -> Criterion:
    width, height = values.parse_size(value)
    return And((Between("width_px", width, width), Between("height_px", height, height)))


def _rating(value: str) -> Criterion:
    """0 means files without a rating."""
    low, high = values.parse_int_range(value)
    if low is not None and low > 0:
        return Between("rating", low, high)
    return And() if high is None else Not(Between("rating", high + 1))


def _media(value: str) -> Criterion:
    if value.lower() not in ("image", "video", "audio"):
        raise InvalidRequest(f"'{value[:50]}' is not a type: write type:image, type:video or type:audio.")
    return IsMedia(value.lower())


def _missing(value: str) -> Criterion:
    if value.lower() not in _YES:
        raise InvalidRequest(
            f"'{value[:50]}' is neither yes nor no: write missing:yes for files that are gone from the disk."
        )
    return IsMissing(_YES[value.lower()])


FIELDS: Mapping[str, Field] = {
    "prompt": Field(_text("prompt"), 'prompt:"red fox"'),
    "negative": Field(_text("negative"), "negative:blurry"),
    "workflow": Field(_text("workflow"), "workflow:ksampler"),
    "any": Field(_any, "any:blurry"),
    "model": Field(_tag("model"), "model:dreamshaper"),
    "hash": Field(lambda value: BeginsWith("model_hash", value), "hash:879db523c3"),
    "sampler": Field(_tag("sampler"), 'sampler:"Euler a"'),
    "lora": Field(_tag("lora"), "lora:detail"),
    "seed": Field(_range("seed", values.parse_int_range), "seed:42"),
    "steps": Field(_range("steps", values.parse_int_range), "steps:20..30"),
    "cfg": Field(_range("cfg_scale", values.parse_number_range), "cfg:<=7.5"),
    "size": Field(_size, "size:512x768"),
    "width": Field(_range("width_px", values.parse_int_range), "width:>=1024"),
    "height": Field(_range("height_px", values.parse_int_range), "height:>=1024"),
    "ratio": Field(_range("ratio", values.parse_ratio_range), "ratio:16:9"),
    "source": Field(_tag("source"), "source:comfyui"),
    "tag": Field(lambda value: HasTagNamed(value), 'tag:"long hair"'),
    "rating": Field(_rating, "rating:>=4"),
    "album": Field(lambda value: HasTagNamed(value, "album"), 'album:"best of 2025"'),
    "name": Field(_text("name"), "name:00042"),
    "path": Field(_text("path"), "path:txt2img"),
    "type": Field(_media, "type:video"),
    "date": Field(_range("mtime_ns", values.parse_date_range), "date:2025-03"),
    "bytes": Field(_range("size_bytes", values.parse_bytes_range), "bytes:>5MB"),
    "missing": Field(_missing, "missing:yes"),
    "re": Field(Matches, "re:/fox.*snow/"),
}
