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
    """The English name of a language; English for an unknown code.

    Accepts codes such as ``zhHans``, ``zh-TW`` and ``de_DE``.
    """
    lowered = code.strip().lower()
    if lowered.startswith("zh") and lowered.endswith(_TRADITIONAL):
        return "Traditional Chinese"
    return _NAMES.get(lowered[:2], "English")
