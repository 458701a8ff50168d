"""The positive and negative prompt of a sampler: the texts of its conditioning."""

from __future__ import annotations

from collections.abc import Iterable

from iib_core.metadata.generators.comfyui.graph import Link, Node
from iib_core.metadata.generators.comfyui.trace import TEXT_MAX_CHARS, Trace

TEXTS_MAX = 200

_ENTRIES = (
    "conditioning",
    "cond",
    "cond1",
    "text_embeds",
    "hyvid_embeds",
    "embeds",
    "prompt_embeds",
    "guider",
    "pipe",
    "basic_pipe",
    "pipe_in",
    "context",
    "base_ctx",
    "sdxl_tuple",
    "params",
    "text",
    "prompt",
    "base_basic_pipe",
    "sdxl_pipe",
    "detailer_pipe",
    "script",
)
_POSITIVE_ENTRIES = (
    "positive",
    "pos",
    "positive_conditioning",
    "base_positive",
    "pos_conditioning",
    "positive_embeds",
    "positive_prompt",
    "optional_positive",
)
_NEGATIVE_ENTRIES = (
    "negative",
    "neg",
    "negative_conditioning",
    "base_negative",
    "neg_conditioning",
    "negative_embeds",
    "negative_prompt",
    "optional_negative",
)
_CONDITIONING = frozenset(
    {
        "conditioning",
        "cond",
        "positive",
        "negative",
        "pos",
        "neg",
        "guider",
        "pipe",
        "basic_pipe",
        "text_embeds",
        "base_positive",
        "base_negative",
        "hyvid_cfg",
    }
)
_REGIONAL = ("base_sampler", "mask_sampler", "regional_prompts", "ksampler", "advanced_sampler")
_NOT_TEXT = frozenset({"clip", "model", "vae", "image", "control_net", "latent", "samples"})


def prompt(trace: Trace, sampler: Node, negative: bool) -> str:
    """The texts on one side of a sampler, each once, one a line, in the order in which they are
    combined.
    """
    side = _NEGATIVE_ENTRIES if negative else _POSITIVE_ENTRIES
    regional = _regional(trace, sampler, negative)
    if regional:
        return regional
    for name in (*side, *_ENTRIES):
        if name not in sampler.inputs:
            continue
        value = sampler.inputs[name]
        neutral = name not in side
        if isinstance(value, str):
            if value.strip() and not (neutral and negative):
                return value
            continue
        texts = _collect(trace, value, negative, strict=negative and neutral)
        if texts:
            return "\n".join(dict.fromkeys(texts))[:TEXT_MAX_CHARS]
    return ""


def _regional(trace: Trace, sampler: Node, negative: bool) -> str:
    """The texts of a regional sampler: that of the whole picture, then those of the regions."""
    found: list[str] = []
    for name in _REGIONAL:
        if isinstance(sampler.inputs.get(name), Link):
            found += _collect(trace, sampler.inputs[name], negative, strict=negative)
    return "\n".join(dict.fromkeys(found))[:TEXT_MAX_CHARS]


def loose_prompt(trace: Trace, nodes: Iterable[Node], negative: bool) -> str:
    """The texts of a graph without a known sampler: inputs called positive or negative, or else all
    encoded texts.
    """
    own, other = (
        (_NEGATIVE_ENTRIES, _POSITIVE_ENTRIES)
        if negative
        else (_POSITIVE_ENTRIES, _NEGATIVE_ENTRIES)
    )
    encoders: list[Node] = []
    seen: set[str] = set()
    for node in nodes:
        if node.has(*own, *other):
            own_text = prompt(trace, node, negative)
            if own_text:
                return own_text
            seen.add(prompt(trace, node, not negative))
        main = node.inputs.get("negative_main_prompt" if negative else "main_prompt")
        main_text = None if main is None else trace.text(main, negative)
        if main_text:
            return main_text
        if "textencode" in node.kind and len(encoders) < TEXTS_MAX:
            encoders.append(node)
    texts = (trace.own_text(node, negative, strict=negative) for node in encoders)
    unseen = dict.fromkeys(text for text in texts if text and text not in seen)
    return "\n".join(unseen)[:TEXT_MAX_CHARS]


def _collect(trace: Trace, start: object, negative: bool, strict: bool) -> list[str]:
    """The texts upstream of a link, depth first. Each node is visited once, also in loops."""
    texts: list[str] = []
    seen: set[tuple[str, bool]] = set()
    todo: list[tuple[object, bool]] = [(start, strict)]
    while todo and len(texts) < TEXTS_MAX:
        link, is_strict = todo.pop()
        if isinstance(link, str):
            texts.append(link)
            continue
        node = trace.node(link)
        if node is None or not isinstance(link, Link) or (node.id, is_strict) in seen:
            continue
        seen.add((node.id, is_strict))
        if "zeroout" in node.kind:
            continue
        if "executionorder" in node.kind:
            # It passes each input on to the output at the same position, and only orders the
            # execution.
            todo.append((node.inputs.get("value" if link.slot else "signal"), is_strict))
            continue
        chosen = trace.branch(node)
        if isinstance(chosen, Link):
            todo.append((chosen, is_strict))
            continue
        upstream = _upstream(node, negative, is_strict)
        text = _encoded(trace, node, negative, is_strict, bool(upstream))
        if text:
            todo.append((text, is_strict))  # taken after the conditioning to which it is added
        todo.extend(reversed(upstream))
    return texts


def _encoded(trace: Trace, node: Node, negative: bool, strict: bool, passes_on: bool) -> str | None:
    """The text that a node encodes itself.

    A node that passes conditioning on encodes a text only if it also has a CLIP input.
    """
    if passes_on and not node.has("clip", "text_encoders"):
        return None
    return trace.own_text(node, negative, strict)


def _upstream(node: Node, negative: bool, strict: bool) -> list[tuple[Link, bool]]:
    """(link, strict) of the conditioning inputs of a node: of the same side if it has both, else
    all.
    """
    same = _NEGATIVE_ENTRIES if negative else _POSITIVE_ENTRIES
    other = _POSITIVE_ENTRIES if negative else _NEGATIVE_ENTRIES
    if node.has("cond1") and node.has("negative"):
        # DualCFGGuider: its second conditioning belongs to the pictures to edit, with the negative
        # text.
        name = "negative" if negative else "cond1"
        return [(node.inputs[name], False)] if isinstance(node.inputs.get(name), Link) else []
    sided = [(link, False) for name, link in node.links if name.lower() in same]
    if sided:
        return sided
    if any(isinstance(node.inputs.get(name), str) for name in same):
        return []
    links = [(name.lower(), link) for name, link in node.links]
    found = [
        (link, strict)
        for name, link in links
        if _is_conditioning(name) and name not in other and not name.startswith(other[0])
    ]
    if found or node.has("clip", "text", "prompt", "text_encoders") or len(links) != 1:
        return found
    name, link = links[0]
    return [] if name in _NOT_TEXT or name in other else [(link, strict)]


def _is_conditioning(name: str) -> bool:
    """Whether an input is conditioning: conditioning_1, conditioning_to, cond2, positive, guider,
    pipe ...
    """
    bare = name.rstrip("_0123456789")
    if bare in _CONDITIONING or bare in _REGIONAL or bare in ("context", "base_ctx"):
        return True
    return bare.startswith(("conditioning", "cond_", "positive_", "negative_")) or "pipe" in bare
