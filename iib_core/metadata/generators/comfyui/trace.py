"""Traces values, texts and branches of a graph back through links: primitives, switches, reroutes,
string and text nodes.

Nodes are recognised by the names of their inputs, because there are thousands of classes. Only
conventions that many of them share are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from iib_core.metadata import limits
from iib_core.metadata.generators.comfyui.graph import Graph, Link, Node
from iib_core.metadata.values import as_float, as_int, clean, first_not_none

DEPTH_MAX = 50
VISITS_MAX = 10_000
_CHARS_A_VISIT = 4096
TEXT_MAX_CHARS = 300_000
DELIMITER_MAX_CHARS = 1000

_BOOLEAN_NAMES = (
    "switch",
    "boolean",
    "condition",
    "bool",
    "boolean_value",
    "cond",
    "toggle",
    "if",
    "value",
    "state",
    "select",
)
_BOOLEAN_BRANCHES = (
    ("on_true", "on_false"),
    ("true", "false"),
    ("if_true", "if_false"),
    ("tt_value", "ff_value"),
    ("true_value", "false_value"),
    ("input_true", "input_false"),
    ("value_true", "value_false"),
    ("when_true", "when_false"),
    ("ontrue", "onfalse"),
    ("yes", "no"),
)
_INDEX_NAMES = (
    "select",
    "index",
    "input",
    "selected",
    "selector",
    "switch",
    "choice",
    "which",
    "selected_input",
    "selected_index",
)
_VALUE_NAMES = (
    "value",
    "int",
    "float",
    "number",
    "seed",
    "noise_seed",
    "text",
    "string",
    "a",
    "input",
    "any",
    "anything",
    "source",
    "any_input",
)
_BUNDLE_NAMES = ("base_ctx", "context", "pipe", "basic_pipe", "ctx_01")
_PASSING_NAMES = (
    "any",
    "anything",
    "input",
    "value",
    "source",
    "*",
    "",
    "any_input",
    "data",
    "any_1",
    "any_01",
    "conditioning",
    "model",
    "latent",
)
_TEXT_NAMES = (
    "populated_text",
    "text",
    "prompt",
    "string",
    "value",
    "text_g",
    "text_l",
    "clip_g",
    "clip_l",
    "t5xxl",
    "llama",
    "user_prompt",
    "wildcard_text",
    "wildcard_prompt",
    "string_field",
    "multiline_text",
    "input_text",
    "positive_prompt",
    "text_input",
    "str",
    "input_string",
    "prompt_text",
    "tags",
    "caption",
    "content",
    "opt_text",
    "body",
    "result",
    "output",
    "input",
    "any",
    "source",
    "anything",
    "text_0",
    "text2",
    "string_1",
    "preview",
    "Text",
    "lyrics",
)
_POSITIVE_NAMES = (
    "positive",
    "text_positive",
    "positive_prompt",
    "prompt_positive",
    "positive_text",
    "pos_text",
    "pos",
    "positive_g",
    "positive_l",
)
_NEGATIVE_NAMES = (
    "negative",
    "text_negative",
    "negative_prompt",
    "prompt_negative",
    "negative_text",
    "neg_text",
    "neg",
    "negative_g",
    "negative_l",
)
_ENCODER_PARTS = (
    ("text_g", "text_l"),
    ("clip_l", "clip_g", "t5xxl"),
    ("clip_l", "t5xxl"),
    ("clip_l", "clip_g", "t5xxl", "llama"),
)
_JOINING = re.compile(
    r"concat|join|combine|append|stringfunction|merge|textadd|addtext|stringadd|addstring|promptcomposer"
)
_TEXT_NODE = re.compile(r"text|prompt|string|encode|wildcard|style")
_JOINED_NAME = re.compile(
    r"(?:text|string|str|prompt|input|value|line)?[ _]?(?:[a-h]|\d{1,2})\Z", re.IGNORECASE
)
_SIDED_NAME = re.compile(r"(?:\A|_)(positive|negative)(?:_|\Z)")
_PICKING = re.compile(
    r"(?:switch|select|pick|get|item|choose)\w{0,40}(?:index|list|item)|list(?:select|pick|item|get|index)|index(?:switch|select)"
)
_LETTERS = "ABCDEFGHIJ"
# Inputs in which a node that displays a text stores it, in the API form or in the workflow beside
# it.
_SHOWN_NAMES = (
    "shown_text",
    "text_0",
    "text2",
    "preview",
    "preview_text",
    "display_text",
    "displaytext",
)
# Nodes in which a language model writes the text: their inputs are instructions for it, not a
# prompt.
_WRITER = re.compile(
    r"textgenerat|generatetext|florence|ollama|llm|gpt(?!image)|gemini(?!\w{0,12}(?:image|banana))|claude|anthropic|qwen\d*vl|vlm|llava|moondream|deepseek|chat|joycaption|captioner"
    r"|imagecaption|describe|interrogat|tagger|prompt(?:enhanc|expan|rewrit|refin|upsampl|extend)|magicprompt|zengineer|internvl|minicpm|groq|lmstudio|deepdanbooru"
    r"|enhance\w{0,8}prompt|gemma|smolvlm|superprompt|languagemodel|textmodel|aiprompt|promptai"
)
_NOT_A_WRITER = re.compile(r"textencode|loader|show|sampler|conditioning|image(?:node|api|edit)")
_WRITTEN_NAMES = (
    "response",
    "generated_text",
    "generated_prompt",
    "enhanced_prompt",
    "output_text",
    "answer",
    "result",
    "populated_text",
    "last_output",
)
_IDEA_NAMES = (
    "user_prompt",
    "idea",
    "user_input",
    "user_text",
    "query",
    "prompt",
    "text",
    "input_text",
    "input_prompt",
    "string",
    "text_input",
    "input",
    "positive",
    "prompt_text",
    "value",
)
_INSTRUCTION = re.compile(
    r"\b(?:you are|act as|your (?:task|job|role)|expand (?:this|the|it|my|upon|on)|rewrite|never ask|do "
    r"not|don't (?:ask|include|add)|respond|output only"
    r"|only output|describe (?:this|the|in|what)|as an expert|prompt engineer"
    r"|(?:generate|write|create|give me) (?:an?|the) (?:\w{1,20} )?(?:prompt|caption|description)"
    r"|(?:enhance|improve|refine|translate|convert|caption|analy[sz]e) "
    r"(?:this|the|my|it)|instructions?:|user(?:'s)? (?:prompt|input|idea))",
    re.IGNORECASE,
)
_INSTRUCTION_MAX_CHARS = 4000
_DELIMITER_NAMES = ("delimiter", "separator", "delimeter", "sep", "joiner", "join_with")


class Trace:
    """Traces one graph.

    The numbers of visits and the depth are limited, so that any graph, also one with loops, takes
    limited work.

    Raises limits.TooSlow if the time of the file is up.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._visits = limits.Budget(VISITS_MAX)
        self._depth = 0
        # The types of the visited nodes in which a model wrote a text, in their order.
        self.writers: dict[str, None] = {}

    def node(self, link: Any) -> Node | None:
        """The node to which a link leads; None if ``link`` is no Link, or a limit is reached."""
        if not isinstance(link, Link) or self._depth > DEPTH_MAX or self._visits.left < 0:
            return None
        found = self.graph.get(link.node)
        self._visits.spend(found.weight if found else 1)
        return found

    def branch(self, node: Node) -> Any:
        """The input that a switch passes on; None if the node is not a switch."""
        lowered = node.lowered
        for true_name, false_name in _BOOLEAN_BRANCHES:
            if true_name in lowered or false_name in lowered:
                state = self._boolean(lowered)
                if state is None:
                    return None
                return lowered.get(true_name if state else false_name)
        kind = node.kind
        if "switch" not in kind and "select" not in kind and "pickfrom" not in kind:
            return None
        index = next(
            (self.number(lowered[name], name) for name in _INDEX_NAMES if name in lowered), None
        )
        if index is not None:
            return node.numbered.get(index)
        return next(iter(node.numbered.values()), None)

    def _boolean(self, lowered: Mapping[str, Any]) -> bool | None:
        for name in _BOOLEAN_NAMES:
            if name in lowered:
                value = self.value(lowered[name], name)
                if isinstance(value, str):
                    return value.strip().lower() in ("true", "on", "yes", "1", "enable", "enabled")
                return bool(value) if value is not None else None
        return None

    def value(self, written: Any, name: str = "") -> Any:
        """The plain value of an input called ``name``, traced through links. None if it is known
        only when the graph runs.
        """
        if not isinstance(written, Link):
            return _unwrapped(written)
        node = self.node(written)
        if node is None:
            return None
        self._depth += 1
        try:
            return self._output_value(node, name)
        finally:
            self._depth -= 1

    def _output_value(self, node: Node, name: str) -> Any:
        """The value that a node outputs to an input called ``name``."""
        chosen = self.branch(node)
        if chosen is not None:
            return self.value(chosen, name)
        if name in ("width", "height") and node.has("scale_by"):
            return self._scaled(node, name)
        for candidate in (name, *_VALUE_NAMES):
            if candidate in node.inputs:
                found = self.value(node.inputs[candidate], name)
                if found is not None:
                    return found
        plain = [
            value
            for value in node.inputs.values()
            if isinstance(value, (int, float, str)) and not isinstance(value, bool)
        ]
        if len(plain) == 1:
            return plain[0]
        links = [link for _name, link in node.links]
        if len(links) == 1 and not plain:
            return self.value(links[0], name)
        bundles = (node.inputs.get(bundle) for bundle in _BUNDLE_NAMES)
        bundle = next((value for value in bundles if isinstance(value, Link)), None)
        return self.value(bundle, name) if bundle else None

    def _scaled(self, node: Node, name: str) -> int | None:
        """An edge of the picture that a node scales by a factor."""
        edge, factor = (
            as_float(self.value(node.inputs.get(key), key if key != "image" else name))
            for key in ("image", "scale_by")
        )
        return round(edge * factor) if edge and factor else None

    def number(self, written: Any, name: str = "") -> int | None:
        """An integer input."""
        return as_int(self.value(written, name))

    def first_int(self, node: Node, *names: str) -> int | None:
        """The first of these inputs that is an integer."""
        values = (self.value(node.inputs[name], name) for name in names if name in node.inputs)
        return first_not_none(map(as_int, values))

    def first_float(self, node: Node, *names: str) -> float | None:
        """The first of these inputs that is a number."""
        values = (self.value(node.inputs[name], name) for name in names if name in node.inputs)
        return first_not_none(map(as_float, values))

    def first_name(self, node: Node, *names: str) -> str | None:
        """The first of these inputs that is a non-empty text, in the node itself or traced by a
        link.
        """
        for name in names:
            value = self.value(node.inputs[name], name) if name in node.inputs else None
            if isinstance(value, str) and value.strip() and value.lower() != "none":
                return clean(value)
        return None

    def text(self, written: Any, negative: bool = False, strict: bool = False) -> str | None:
        """The text of an input.

        ``strict``: use only inputs called negative, because the node serves both sides.
        """
        if isinstance(written, str):
            return clean(written[:TEXT_MAX_CHARS])
        node = self.node(written)
        if node is None:
            return None
        self._depth += 1
        try:
            return self._output_text(node, negative, strict)
        finally:
            self._depth -= 1

    def _output_text(self, node: Node, negative: bool, strict: bool) -> str | None:
        """The text that a node outputs."""
        chosen = self.branch(node)
        if chosen is not None:
            return self.text(chosen, negative, strict)
        if is_writer(node):
            return self._written(node)
        displayed = (node.inputs.get(name) for name in _SHOWN_NAMES)
        shown = next((text for text in displayed if isinstance(text, str) and text.strip()), None)
        if shown is not None and node.links:
            return self._shown(node, shown, negative)
        if _PICKING.search(node.kind) and node.has("index"):
            return self._picked(node, negative)
        if not strict and _JOINING.search(node.kind):
            joined = self._joined(node, negative)
            if joined is not None:
                return joined
        text = self.own_text(node, negative, strict)
        return (
            self._replaced(node, text)
            if text and node.has("find") and node.has("replace")
            else text
        )

    def _written(self, node: Node) -> str | None:
        """The text that a model wrote, if the node stored it; else the idea that it was given,
        without the instructions.
        """
        self.writers.setdefault(node.type)
        for name in _WRITTEN_NAMES:
            if isinstance(node.inputs.get(name), str) and node.inputs[name].strip():
                return clean(node.inputs[name][:TEXT_MAX_CHARS])
        parts = (
            part
            for name in _IDEA_NAMES
            if name in node.inputs
            for part in self._parts(node.inputs[name])
        )
        ideas = [part for part in parts if not _INSTRUCTION.search(part[:_INSTRUCTION_MAX_CHARS])]
        return _limited_join("\n", dict.fromkeys(ideas)) or None

    def _parts(self, written: Any) -> list[str]:
        """The texts that are joined for an input, in their order; or its only text."""
        node = self.node(written)
        if node is not None and _JOINING.search(node.kind):
            names = [name for name in node.inputs if _JOINED_NAME.match(name)]
            return self._texts(node, names, negative=False)
        text = self.text(written)
        return [text] if text and text.strip() else []

    def _shown(self, node: Node, shown: str, negative: bool) -> str:
        """The text that a node displayed, if a model wrote it; else the text of its input, because
        the displayed one may be from the previous run.
        """
        writer_count = len(self.writers)
        texts = (self.text(link, negative) for _name, link in node.links)
        text = next(filter(None, texts), None)
        if text is None or len(self.writers) > writer_count:
            return clean(shown[:TEXT_MAX_CHARS])
        return text

    def _picked(self, node: Node, negative: bool) -> str | None:
        """The text that is selected by its index: among the inputs A, B, C, or in a list from one
        of them.
        """
        index = self.number(node.inputs["index"], "index") or 0
        letters = [node.inputs[letter] for letter in _LETTERS if letter in node.inputs]
        letters = letters or [link for _name, link in node.links][:1]
        if len(letters) > 1:
            return self.text(letters[index], negative) if 0 <= index < len(letters) else None
        parts = self._parts(letters[0]) if letters else []
        return parts[index] if -len(parts) <= index < len(parts) else next(iter(parts), None)

    def _replaced(self, node: Node, text: str) -> str:
        """The output of a node that replaces text; the input if the output would be too long."""
        find, replacement = (
            self.value(node.inputs["find"], "find"),
            self.text(node.inputs["replace"]),
        )
        if not isinstance(find, str) or not find or replacement is None:
            return text
        length = len(text) + text.count(find) * len(replacement)
        self._visits.spend(min(length, TEXT_MAX_CHARS) // _CHARS_A_VISIT)
        return text.replace(find, replacement) if length <= TEXT_MAX_CHARS else text

    def own_text(self, node: Node, negative: bool, strict: bool = False) -> str | None:
        """The text in a node itself or from one of its text inputs."""
        for parts in () if strict else _ENCODER_PARTS:
            if all(part in node.inputs for part in parts):
                return "\n".join(dict.fromkeys(self._texts(node, parts, negative)))
        for name in _text_names(negative, strict):
            if name in node.inputs:
                text = self.text(node.inputs[name], negative)
                if text is not None:
                    return text
        sided = self._sided(node, negative)
        return sided if strict or sided is not None else _only_prose(node)

    def _sided(self, node: Node, negative: bool) -> str | None:
        """The text of an input whose name contains its side: ``linguistic_positive``,
        ``negative_main_prompt``.
        """
        side = "negative" if negative else "positive"
        for name, value in node.inputs.items():
            match = _SIDED_NAME.search(name)
            if not match or match[1] != side or not isinstance(value, (str, Link)):
                continue
            text = self.text(value, negative)
            if text:
                return text
        return None

    def _texts(self, node: Node, names: Iterable[str], negative: bool) -> list[str]:
        found = (self.text(node.inputs[name], negative) for name in names)
        return [text for text in found if text]

    def _joined(self, node: Node, negative: bool) -> str | None:
        """The texts that a node joins, with its delimiter."""
        names = [name for name in node.inputs if _JOINED_NAME.match(name)]
        if not names:
            return None
        delimiters = (
            self.value(node.inputs[name], name) for name in _DELIMITER_NAMES if name in node.inputs
        )
        delimiter = next(delimiters, None)
        if not isinstance(delimiter, str):
            delimiter = _default_delimiter(node)
        texts = self._texts(node, names, negative)
        joined = _limited_join(delimiter.replace("\\n", "\n"), texts) if texts else None
        self._visits.spend(len(joined or "") // _CHARS_A_VISIT)
        return joined

    def passing(self, node: Node, names: Iterable[str]) -> Link | None:
        """The link that a node passes on: the first of the named inputs that is a link, or its only
        link.
        """
        chosen = self.branch(node)
        if isinstance(chosen, Link):
            return chosen
        for name in (*names, *_PASSING_NAMES):
            value = node.inputs.get(name)
            if isinstance(value, Link):
                return value
        links = [link for _name, link in node.links]
        return links[0] if len(links) == 1 else None


def is_writer(node: Node) -> bool:
    """Whether a language or vision model writes the text of a node."""
    return bool(_WRITER.search(node.kind)) and not _NOT_A_WRITER.search(node.kind)


def _default_delimiter(node: Node) -> str:
    if node.inputs.get("tidy_tags") == "yes":
        return ", "
    return "" if "stringfunction" in node.kind else " "


def _only_prose(node: Node) -> str | None:
    """The only sentence in a text node with unknown inputs; None if it has none or several."""
    if not _TEXT_NODE.search(node.kind):
        return None
    prose = [
        value for value in node.inputs.values() if isinstance(value, str) and " " in value.strip()
    ]
    return clean(prose[0]) if len(prose) == 1 else None


def _unwrapped(value: Any) -> Any:
    """The value of a widget that is an object: {"content": "name"}, {"__value__": 5}."""
    if isinstance(value, dict):
        for key in ("__value__", "content", "value"):
            if key in value:
                return value[key]
    return value


def _limited_join(delimiter: str, texts: Iterable[str]) -> str:
    """The texts joined, up to ``TEXT_MAX_CHARS``; texts beyond are not read."""
    delimiter = delimiter[:DELIMITER_MAX_CHARS]
    kept: list[str] = []
    room = TEXT_MAX_CHARS
    for text in texts:
        kept.append(text)
        room -= len(text) + len(delimiter)
        if room <= 0:
            break
    return delimiter.join(kept)[:TEXT_MAX_CHARS]


def _text_names(negative: bool, strict: bool) -> tuple[str, ...]:
    if negative:
        return _NEGATIVE_NAMES if strict else _NEGATIVE_NAMES + _TEXT_NAMES
    return _POSITIVE_NAMES + _TEXT_NAMES
