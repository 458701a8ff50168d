"""What a prompt is about: its subject, told apart from how it is to look and from whose style.

People write the subject first, and medium, artists, engines and quality behind it; or before it, as
in "an oil painting of". Tags (``1girl, blue_hair``) and whole sentences are understood too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from iib_core.ai.boilerplate import is_boilerplate

# Part of the identity of vectors: a change of these rules makes every text be embedded again.
VERSION = 1
_SUBJECT_WORDS = 5
_MAX_PIECES = 40

_ADJECTIVE = (
    r"an?|the|of|one|single|some|very|extremely|ultra|hyper|super|highly|insanely|incredibly|beautiful|"
    r"stunning|gorgeous|detailed|intricate|realistic|hyper-?realistic|photo-?realistic|ultra-?realistic|"
    r"epic|amazing|professional|cinematic|high|best|quality|resolution|close[- ]?up|close|up|full|half|"
    r"body|length|wide|angle|upper|medium|oil|watercolou?r|acrylic|pencil|ink|charcoal|digital|matte|"
    r"concept|fantasy|fine|art|black and white|vintage|colou?r|colou?red|masterpiece|award[- ]winning|"
    r"movie|film|anime|studio|\d ?[dk]|vector|comic book|rough|simple|low ?poly|hd|uhd|raw|editorial|macro"
)
_MEDIUM = (
    r"portraits?|photos?|photographs?|pictures?|images?|paintings?|drawings?|illustrations?|sketch|sketches|"
    r"renders?|renderings?|artworks?|stills?|shots?|screenshots?|scenes?|photography|art|posters?|"
    r"headshots?|close[- ]?ups?|depictions?|views?"
)
_LEAD = re.compile(
    rf"(?:(?:{_ADJECTIVE})\s+)*(?:{_MEDIUM})(?:\s+(?:{_MEDIUM}|commission))*"
    r"\s+(?:of|from|with|depicting|showing|featuring|that shows)\s+(?:(?:an?|the)\s+)?"
)
_SENTENCE = re.compile(
    r"(?:in )?(?:this|the|an?) (?:image|picture|photo|photograph|scene|illustration|painting|drawing)"
    r"(?:,? we see| (?:shows?|features?|depicts?|displays?|captures?|portrays?|presents?|is of))\s+"
    r"(?:(?:an?|the)\s+)?"
)
_TAIL = re.compile(
    r"\s(?:by|in (?:the )?(?:style|manner)|style of|inspired by|trending on|featured (?:on|at)|"
    r"rendered (?:in|by)|shot (?:on|by|with))\b.*"
)
_ARTISTS = re.compile(
    r"\b(?:by|style of|inspired by) ([^\W\d_][\w.'’-]*(?: [\w.'’-]+){0,3}?)"
    r"(?: (?:and|&|trending|in|on|with)\b| ?$)"
)
_SIGNS = re.compile(r"[()\[\]{}<>|\\!*\"“”„‘’#~^=]+")
_SPACES = re.compile(r"\s+")
_NOT_IN_NAMES = frozenset(
    {"a", "an", "the", "in", "on", "at", "over", "under", "with", "of", "and", "to", "his", "her"}
)
_COUNTS = {
    "1girl": "girl",
    "1boy": "boy",
    "1other": "person",
    "2girls": "two girls",
    "2boys": "two boys",
    "multiple girls": "group of girls",
    "multiple boys": "group of boys",
}


@dataclass(frozen=True)
class Subject:
    """``subject``: what a picture is of, in a few words; ``whole``: all that it shows; ``artists``:
    whose style.
    """

    subject: str
    whole: str
    artists: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def find(text: str) -> Subject:
    """What a prompt is about. A prompt of nothing but boilerplate is about that."""
    pieces = [piece for piece in text.lower().split(",") if piece.strip()]
    artists = dict.fromkeys(name for piece in pieces for name in _find_artists(piece))
    shown: list[str] = []
    has_artists = False
    for piece in pieces[:_MAX_PIECES]:
        made = _cut(piece)
        # After "by" and a name, the next pieces are taken for names too, as far as they look like
        # names.
        if has_artists and _looks_like_name(made):
            artists.setdefault(made.removeprefix("and "))
            continue
        has_artists = bool(_find_artists(piece))
        if made and not is_boilerplate(made, theme_only=True):
            shown.append(made)
    shown = list(dict.fromkeys(shown)) or [_SPACES.sub(" ", text.lower()).strip(" ,")]
    return Subject(_first_words(shown), ", ".join(shown), tuple(artists))


def _cut(piece: str) -> str:
    """A piece without signs, artists and what its picture is made of."""
    piece = _SPACES.sub(" ", _SIGNS.sub(" ", piece.replace("_", " "))).strip(" .-:;")
    piece = _COUNTS.get(piece, piece)
    piece = _TAIL.sub("", f" {piece}").strip(" .-:;")
    for lead in (_SENTENCE, _LEAD):
        found = lead.match(piece)
        if found and found.end() < len(piece):
            piece = piece[found.end() :]
    return piece


def _first_words(shown: list[str]) -> str:
    taken: list[str] = []
    for piece in shown:
        taken.append(piece)
        if len(" ".join(taken).split()) >= _SUBJECT_WORDS:
            break
    return ", ".join(taken)


def _find_artists(piece: str) -> list[str]:
    return _ARTISTS.findall(_SPACES.sub(" ", piece.strip()))


def _looks_like_name(piece: str) -> bool:
    words = piece.removeprefix("and ").split()
    if any(word in _NOT_IN_NAMES for word in words):
        return False
    return 2 <= len(words) <= 3 and all(
        word.replace(".", "").replace("-", "").isalpha() for word in words
    )
