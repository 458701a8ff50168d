"""Languages by the codes that clients send."""

from __future__ import annotations

_NAMES = {
    "en": "English",
    "zh": "Simplified Chinese",
    "de": "German",
    "ja": "Japanese",
    "ko": "Korean",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "ru": "Russian",
}
_TRADITIONAL = ("hant", "tw", "hk", "mo")


def name_of(code: str) -> str:
    """The language's English name; English for a code that is not known.

    ``zhHans``, ``zh-TW`` and ``de_DE`` are known too.
    """
    lowered = code.strip().lower()
    if lowered.startswith("zh") and lowered.endswith(_TRADITIONAL):
        return "Traditional Chinese"
    return _NAMES.get(lowered[:2], "English")
