"""Positive and negative prompt of a sampler: the texts that its conditioning was made of."""

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
    """The texts on one side of a sampler, in the order in which they are combined, each once, one a line."""
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
    """The texts of a sampler of regions: that of the whole picture, then those of the regions."""
    found: list[str] = []
    for name in _REGIONAL:
        if isinstance(sampler.inputs.get(name), Link):
            found += _collect(trace, sampler.inputs[name], negative, strict=negative)
    return "\n".join(dict.fromkeys(found))[:TEXT_MAX_CHARS]


def loose_prompt(trace: Trace, nodes: Iterable[Node], negative: bool) -> str:
    """The texts of a graph whose sampler is not understood: what is called positive or negative anywhere,
    else all that is encoded.
    """
    own, other = (
        (_NEGATIVE_ENTRIES, _POSITIVE_ENTRIES) if negative else (_POSITIVE_ENTRIES, _NEGATIVE_ENTRIES)
    )
    encoders: list[Node] = []
    seen: set[str] = set()
    for node in nodes:
        if node.has(*own, *other):
            if own_text := prompt(trace, node, negative):
                return own_text
            seen.add(prompt(trace, node, not negative))
        main = node.inputs.get("negative_main_prompt" if negative else "main_prompt")
        if main is not None and (text := trace.text(main, negative)):
            return text
        if "textencode" in node.kind and len(encoders) < TEXTS_MAX:
            encoders.append(node)
    texts = [
        text
        for node in encoders
        if (text := trace.own_text(node, negative, strict=negative)) and text not in seen
    ]
    return "\n".join(dict.fromkeys(texts))[:TEXT_MAX_CHARS]


def _collect(trace: Trace, start: object, negative: bool, strict: bool) -> list[str]:
    """Texts behind a link, depth first, each node once: loops and shared nodes cost nothing."""
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
            # It passes on what comes in at the same place, and only has one wait for the other.
            todo.append((node.inputs.get("value" if link.slot else "signal"), is_strict))
            continue
        chosen = trace.branch(node)
        if isinstance(chosen, Link):
            todo.append((chosen, is_strict))
            continue
        following = _following(node, negative, is_strict)
        text = _encoded(trace, node, negative, is_strict, bool(following))
        if text:
            todo.append((text, is_strict))  # its turn comes after that of the conditioning it is added to
        todo.extend(reversed(following))
    return texts


def _encoded(trace: Trace, node: Node, negative: bool, strict: bool, passes_on: bool) -> str | None:
    """The text that this node encodes itself.

    A node that passes conditioning on has one only if it takes a CLIP as well.
    """
    if passes_on and not node.has("clip", "text_encoders"):
        return None
    return trace.own_text(node, negative, strict)


def _following(node: Node, negative: bool, strict: bool) -> list[tuple[Link, bool]]:
    """The conditioning that a node is made of: the same side where it has both sides, else all of it."""
    same = _NEGATIVE_ENTRIES if negative else _POSITIVE_ENTRIES
    other = _POSITIVE_ENTRIES if negative else _NEGATIVE_ENTRIES
    if node.has("cond1") and node.has("negative"):
        # DualCFGGuider: its second conditioning is that of the pictures to edit, with the negative text.
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
    if (
        found
        or node.has("clip", "text", "prompt", "text_encoders")
        or len(links) != 1
        or links[0][0] in _NOT_TEXT
    ):
        return found
    return [] if links[0][0] in other else [(links[0][1], strict)]


def _is_conditioning(name: str) -> bool:
    """conditioning_1, conditioning_to, cond2, positive, guider, pipe ..."""
    bare = name.rstrip("_0123456789")
    if bare in _CONDITIONING or bare in _REGIONAL or bare in ("context", "base_ctx"):
        return True
    return bare.startswith(("conditioning", "cond_", "positive_", "negative_")) or "pipe" in bare
