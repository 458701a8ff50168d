"""The fields of the query language: one table, name -> how its value becomes a criterion."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from iib_core.db.rows import HAS, LORA, NODE
from iib_core.db.scores import AESTHETIC, NSFW
from iib_core.errors import InvalidRequest
from iib_core.mediatypes import MEDIA_EXTENSIONS
from iib_core.metadata import samplers, schedulers
from iib_core.metadata.values import tag_name
from iib_core.search import named_values, values
from iib_core.search.criteria import (
    PARAMETERS,
    And,
    BeginsWith,
    Between,
    Criterion,
    EndsWith,
    HasExactCopy,
    HasMachineTag,
    HasParameter,
    HasScore,
    HasTagNamed,
    HasText,
    InFolderNamed,
    InStack,
    IsMedia,
    IsMissing,
    Matches,
    Not,
    Or,
    Shows,
    TextField,
)

# Fields whose values can begin with a name: ``param:"Clip skip">1``, ``lora:detail>0.6``.
NAMING_FIELDS = ("lora", "param", "autotag")
# Names of ours in the index; see ``db/parameters.py``.
_HAVING: Mapping[str, Criterion] = {
    **{
        name: HasParameter((HAS,), text=name, whole=True)
        for name in ("prompt", "negative", "workflow")
    },
    "tags": HasTagNamed("", "custom", part=True),
    "album": HasTagNamed("", "album", part=True),
    "rating": Between("rating", 1),
    "model": HasTagNamed("", "model", part=True),
    "lora": HasTagNamed("", "lora", part=True),
    "seed": Between("seed", 0),
}
_SAME_TYPE: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("jpg", "jpeg"), ("jpg", "jpeg")),
    **dict.fromkeys(("tif", "tiff"), ("tif", "tiff")),
}
_STACK = re.compile(
    r"prompt-(?P<prompt>[0-7][0-9a-f]{15})|seed-(?P<seed>[0-9]{1,20})|"
    r"batch-(?P<run>[0-7][0-9a-f]{15})-(?P<first>-?[0-9]{1,13})-(?P<last>-?[0-9]{1,13})",
    re.I,
)
_SHAPES = ("portrait", "landscape", "square")
_TYPES = tuple(sorted(extension[1:] for extension in MEDIA_EXTENSIONS))
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Field:
    """A field: how its value becomes a criterion, and an example for the error message and tests.

    ``in_zone``: the same for a value that depends on the client's time zone. ``choices``: its only
    values, or those that are worth a suggestion.
    """

    parse: Callable[[str], Criterion]
    example: str
    in_zone: Callable[[str, tzinfo | None], Criterion] | None = None
    choices: tuple[str, ...] = ()


def parse_field(name: str, value: str, zone: tzinfo | None = None) -> Criterion:
    """The criterion of ``name:value``; ``zone``: the time zone of dates, None for this machine's.

    Raises InvalidRequest for an unknown field, naming all, and for an invalid value.
    """
    field = FIELDS.get(name)
    if field is None:
        raise InvalidRequest(
            f"Unknown field '{name[:50]}'. The fields are "
            f"{', '.join(f'{known}:' for known in FIELDS)}. To search for the text itself, put it in "
            "quotes."
        )
    return field.in_zone(value, zone) if field.in_zone else field.parse(value)


def _whole(value: str) -> tuple[str, bool]:
    """The value behind ``=``, and whether there is that sign: then it must be all of the text."""
    if len(value) > 1 and value.startswith("="):
        return value[1:], True
    return value, False


def _always_whole(parse: Callable[[str], Criterion]) -> Callable[[str], Criterion]:
    """Of a value that must be whole anyway, ``=`` says nothing new."""
    return lambda value: parse(_whole(value)[0])


def _text(field: TextField) -> Callable[[str], Criterion]:
    def parse(value: str) -> Criterion:
        text, whole = _whole(value)
        return HasText(text, field, whole)

    return parse


def _any(value: str) -> Criterion:
    """Path and text, and the tags that plain words look at; after ``=`` one of them as a whole."""
    text, whole = _whole(value)
    if not whole:
        return Or((HasText(text, "any"), HasText(text)))
    fields: tuple[TextField, ...] = ("path", "name", "prompt", "negative", "workflow")
    texts = tuple(HasText(text, field, whole=True) for field in fields)
    return Or((*texts, HasTagNamed(text), HasTagNamed(text, "album")))


def _tag(category: str) -> Callable[[str], Criterion]:
    """A part of the name is enough: users rarely type the whole name of a model. After ``=`` it
    must be the whole name.
    """
    return lambda value: _named(value, category)


def _named(value: str, category: str) -> Criterion:
    name_of = samplers.name_of if category == "sampler" else tag_name
    name, whole = _whole(value)
    return HasTagNamed(name_of(name), category, part=not whole)


def _custom_tag(value: str) -> Criterion:
    """A whole name, with the tags below it in the tree; without them after ``=``."""
    name, whole = _whole(value)
    return HasTagNamed(name, below=not whole)


def _lora(value: str) -> Criterion:
    """``detail``, or ``detail>0.6`` with its weight."""
    name, weight = named_values.split(value)
    if not name or not values.is_number_range(weight):
        return _named(named_values.unquoted(value), "lora")
    return HasParameter((LORA,), *values.parse_number_range(weight), text=name)


def _parameter(value: str) -> Criterion:
    """``Shift``, ``Shift>3``, ``"Hires upscale":1.5..2``, ``Version:v1.10``."""
    name, wanted = named_values.split(value)
    if not name:
        raise InvalidRequest(
            f"'{value[:50]}' names no parameter: write param:Shift, param:Shift>3 or "
            'param:"Hires upscaler":latent.'
        )
    return _parameter_of((name,), wanted)


def _parameter_of(names: tuple[str, ...], wanted: str) -> Criterion:
    """A number or a range of them; any other text is looked for in the parameter, or is all of it
    after ``=``.
    """
    if not wanted:
        return HasParameter(names)
    if values.is_number_range(wanted):
        return HasParameter(names, *values.parse_number_range(wanted))
    if wanted.startswith("="):
        return HasParameter(names, text=named_values.unquoted(wanted[1:].strip()), whole=True)
    if wanted[0] in "<>≤≥":
        values.parse_number_range(wanted)  # raises: only numbers can be compared
    return HasParameter(names, text=named_values.unquoted(wanted))


def _number_of(field: str) -> Callable[[str], Criterion]:
    names = PARAMETERS[field]
    return lambda value: HasParameter(names, *values.parse_number_range(value))


def _score(value: str) -> Criterion:
    """What the file states counts, and what a model thinks where it states nothing."""
    names, limits = PARAMETERS["score"], values.parse_number_range(value)
    judged = And((Not(HasParameter(names)), HasScore(AESTHETIC, *limits)))
    return Or((HasParameter(names, *limits), judged))


def _machine_tag(value: str) -> Criterion:
    """``long hair``, or ``long hair>0.8`` with how sure the model is."""
    value, _ = _whole(value)
    name, confidence = named_values.split(value)
    if not name or not values.is_number_range(confidence):
        return HasMachineTag(_whole(named_values.unquoted(value))[0])
    return HasMachineTag(name, *values.parse_number_range(confidence))


def _text_of(
    parameter: str, name_of: Callable[[str], str] = lambda text: text
) -> Callable[[str], Criterion]:
    """``name_of``: the name that the index has for what users write."""

    def parse(value: str) -> Criterion:
        text, whole = _whole(value)
        return HasParameter((parameter,), text=name_of(text), whole=whole)

    return parse


def _folder(value: str) -> Criterion:
    """A part of the folder's path, with either slash on Windows."""
    part, whole = _whole(value)
    return InFolderNamed(part.replace("/", os.sep), whole=whole)


def _path(value: str) -> Criterion:
    """A part of the path, with either slash on Windows."""
    return _text("path")(value.replace("/", os.sep))


def _hash(value: str) -> Criterion:
    digits, whole = _whole(value)
    return BeginsWith("model_hash", digits, whole)


def _extension(value: str) -> Criterion:
    """One or several, as in ``png|webp``; jpg and jpeg are one."""
    wanted = [part.strip().lstrip("*.").lower() for part in re.split(r"[|,]", value)]
    ends: dict[str, None] = {}
    for extension in filter(None, wanted):
        if not extension.isascii():
            raise InvalidRequest(f"'{value[:50]}' is no file type: write ext:png or ext:jpg|webp.")
        ends.update(
            dict.fromkeys(f".{spelling}" for spelling in _SAME_TYPE.get(extension, (extension,)))
        )
    if not ends:
        raise InvalidRequest("ext: give a file type such as ext:png or ext:jpg|webp.")
    return EndsWith(tuple(ends))


def _aspect(value: str) -> Criterion:
    """One or several, as in ``portrait|16:9``."""
    choices = tuple(
        Between("ratio", *values.parse_ratio_range(part.strip())) for part in value.split("|")
    )
    return choices[0] if len(choices) == 1 else Or(choices)


def _has(value: str) -> Criterion:
    criterion = _HAVING.get(value.lower())
    if criterion is None:
        raise InvalidRequest(
            f"'{value[:50]}' is nothing to have: write has: with {', '.join(_HAVING)}."
        )
    return criterion


def _copies(value: str) -> Criterion:
    if value.lower() == "exact":
        return HasExactCopy()
    if value.lower() not in _YES:
        raise InvalidRequest(
            f"'{value[:50]}' is neither yes nor no: write dup:yes for files of which there is an exact copy."
        )
    return HasExactCopy() if _YES[value.lower()] else Not(HasExactCopy())


def _range(column: str, parse: Callable[[str], values.Interval]) -> Callable[[str], Criterion]:
    return lambda value: Between(column, *parse(value))


def _date_field(column: str, example: str) -> Field:
    def parse(value: str, zone: tzinfo | None = None) -> Criterion:
        return Between(column, *values.parse_date_range(value, zone))

    return Field(parse, example, parse, ("today", "yesterday"))


def _size(value: str) -> Criterion:
    width, height = values.parse_size(value)
    return And((Between("width_px", width, width), Between("height_px", height, height)))


def _rating(value: str) -> Criterion:
    """0 means files without a rating."""
    low, high = values.parse_int_range(value)
    if (low is not None and low > 0) or (high is not None and high < 0):
        return Between("rating", low, high)
    return And() if high is None else Not(Between("rating", high + 1))


def _media(value: str) -> Criterion:
    if value.lower() not in ("image", "video", "audio"):
        raise InvalidRequest(
            f"'{value[:50]}' is not a type: write type:image, type:video or type:audio."
        )
    return IsMedia(value.lower())


def _missing(value: str) -> Criterion:
    if value.lower() not in _YES:
        raise InvalidRequest(
            f"'{value[:50]}' is neither yes nor no: write missing:yes for files that are gone from the disk."
        )
    return IsMissing(_YES[value.lower()])


def _stack(value: str) -> Criterion:
    """One stack, as the timeline names it."""
    match = _STACK.fullmatch(value)
    if match is None or int(match["seed"] or 0) >= 2**64:
        raise InvalidRequest(
            f"'{value[:50]}' names no stack: use the names that a timeline with stacks gives."
        )
    if match["seed"]:
        return InStack("seed", int(match["seed"]))
    if match["prompt"]:
        return InStack("prompt", int(match["prompt"], 16))
    return InStack("batch", int(match["run"], 16), int(match["first"]), int(match["last"]))


FIELDS: Mapping[str, Field] = {
    "prompt": Field(_text("prompt"), 'prompt:"red fox"'),
    "negative": Field(_text("negative"), "negative:blurry"),
    "workflow": Field(_text("workflow"), "workflow:ksampler"),
    "any": Field(_any, "any:blurry"),
    "model": Field(_tag("model"), "model:dreamshaper"),
    "hash": Field(_hash, "hash:879db523c3"),
    "sampler": Field(_tag("sampler"), 'sampler:"Euler a"'),
    "lora": Field(_lora, "lora:detail>0.6"),
    "seed": Field(_range("seed", values.parse_int_range), "seed:42"),
    "steps": Field(_range("steps", values.parse_int_range), "steps:20..30"),
    "cfg": Field(_range("cfg_scale", values.parse_number_range), "cfg:<=7.5"),
    "size": Field(_always_whole(_size), "size:512x768"),
    "width": Field(_range("width_px", values.parse_int_range), "width:>=1024"),
    "height": Field(_range("height_px", values.parse_int_range), "height:>=1024"),
    "ratio": Field(
        _always_whole(_range("ratio", values.parse_ratio_range)), "ratio:16:9", choices=_SHAPES
    ),
    "aspect": Field(_always_whole(_aspect), "aspect:portrait|16:9", choices=_SHAPES),
    "mp": Field(_range("megapixels", values.parse_megapixel_range), "mp:>2"),
    "duration": Field(_range("duration_s", values.parse_duration_range), "duration:>10s"),
    "denoise": Field(_number_of("denoise"), "denoise:0.3..0.5"),
    "guidance": Field(_number_of("guidance"), "guidance:3.5"),
    "shift": Field(_number_of("shift"), "shift:>3"),
    "clip": Field(_number_of("clip"), "clip:2"),
    "score": Field(_score, "score:>7"),
    "nsfw": Field(lambda value: HasScore(NSFW, *values.parse_number_range(value)), "nsfw:>0.8"),
    "autotag": Field(_machine_tag, 'autotag:"long hair">0.5'),
    "fps": Field(_number_of("fps"), "fps:>=24"),
    "frames": Field(_number_of("frames"), "frames:>80"),
    "vae": Field(_text_of("VAE"), "vae:ft-mse"),
    "scheduler": Field(_text_of("Scheduler", schedulers.name_of), "scheduler:karras"),
    "node": Field(_text_of(NODE), "node:KSampler"),
    "param": Field(_parameter, 'param:"Denoising strength">0.5'),
    "has": Field(_always_whole(_has), "has:workflow", choices=tuple(_HAVING)),
    "source": Field(_tag("source"), "source:comfyui"),
    "tag": Field(_custom_tag, 'tag:"long hair"'),
    "rating": Field(_rating, "rating:>=4"),
    "rated": Field(_rating, "rated:4..5"),
    "album": Field(
        _always_whole(lambda value: HasTagNamed(value, "album")), 'album:"best of 2025"'
    ),
    "name": Field(_text("name"), "name:00042"),
    "path": Field(_path, "path:txt2img"),
    "folder": Field(_folder, "folder:txt2img"),
    "ext": Field(_always_whole(_extension), "ext:png|webp", choices=_TYPES),
    "type": Field(_always_whole(_media), "type:video"),
    "date": _date_field("mtime_ns", "date:2025-03"),
    "created": _date_field("birth_ns", "created:2025-01..2025-06"),
    "bytes": Field(_range("size_bytes", values.parse_bytes_range), "bytes:>5MB"),
    "look": Field(_always_whole(Shows), 'look:"a red fox in snow"'),
    "dup": Field(_always_whole(_copies), "dup:yes", choices=("yes", "no")),
    "stack": Field(_always_whole(_stack), "stack:prompt-3b1f5a0c9d2e4f68"),
    "missing": Field(_always_whole(_missing), "missing:yes", choices=("yes", "no")),
    "re": Field(Matches, "re:/fox.*snow/"),
}
