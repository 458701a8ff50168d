"""The text index: folded text, its trigrams, and what they are asked for. ``documents.py`` writes it.

SQLite's FTS5 with the trigram tokenizer, contentless and without positions: it names candidates,
which are then rechecked on the text itself. Text is folded here and not by the tokenizer, whose own
folding does not know that ``ß`` is ``ss``.

A file's indexed text has two parts. *Words*: the name, the prompt, the names of models and LoRAs,
or the whole text where no prompt was understood. *Rest*: everything else that the file says. Folded
text has no capital letters from A to Z, so the rest is written in these: its trigrams differ from
those of the words, and one index answers for either part, or for both. Trigrams without such
letters are shared, and only name more candidates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from iib_core.db import postgresql_own
from iib_core.db.sqlite import is_sqlite

# Ends every indexed text, so that each of its characters begins a trigram: a needle of one or two
# characters is found as the beginning of one.
_TAIL = "\n\n"
_GRAM = 3
_NOWHERE = "\x01\x02\x01"
_MAX_GRAMS = 6
_MAX_SHORT_GRAMS = 150
_MAX_PARTS = 40
# Trigrams of a long needle that are ranked, files that are sampled for that, and shares that a
# connection caches.
_MAX_RANKED = 60
_SAMPLED = 4000
_MAX_SHARES = 20_000
# Where fewer match on PostgreSQL, which needs not read them all, more are sampled.
_FEW, _SAMPLED_MORE = 40, 32_000
_NOT_WORTH_IT = 0.0001
# About how many files make an expression frequent. Fewer on PostgreSQL, whose index reads every text that
# it names, and others too, if a walk soon passes enough of them.
_MANY, _MANY_READ = 20_000, 800
_LEAST_SHARE = 0.002
# About what it takes to walk past a file, to ask about all files, and on PostgreSQL to walk past one and
# ask about it, and to ask about each of all; microseconds.
_WALK_US, _ASK_US = 0.25, 15_000.0
_WALK_READ_US, _ASK_EACH_US = 0.45, 0.15
# Characters of the prompt on both sides of its borders that are repeated in the rest, so that a
# text across a border is found: as many as normalization may join to one.
_BORDER = 16


class Wanted(NamedTuple):
    """A folded text that a file must contain. ``in_words``: its words contain it; else any part."""

    text: str
    in_words: bool = False


class Body(NamedTuple):
    """What of a file is indexed, beside its name: columns of ``image_body``.

    ``names``: of models and LoRAs, one a line. None: the row was indexed before there were two
    parts, and all of its text counts as words.
    """

    text: str
    prompt_at: int
    prompt_chars: int
    names: str | None

    @property
    def is_whole(self) -> bool:
        """Whether words are looked for in the whole text."""
        return self.names is None or not self.prompt_chars


def fold(text: str) -> str:
    """``text`` in the form that is compared: composed (NFC) and case-folded, so that ``STRASSE``
    equals ``straße``.

    Characters that the database cannot store become a question mark (lone surrogates) or a
    replacement character (NUL).
    """
    folded = text.lower() if text.isascii() else _fold_unicode(text)
    return folded.replace("\0", "\ufffd")


def _fold_unicode(text: str) -> str:
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    return unicodedata.normalize("NFC", composed.casefold())


def as_text(value: str) -> str:
    """``value`` in a form that the database can store: lone surrogates become question marks, one
    for one.
    """
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


class Parts(NamedTuple):
    """The indexed text of a file, folded."""

    words: str
    rest: str

    @property
    def joined(self) -> str:
        """Both as one text, with the rest in capital letters."""
        return self.words + _capital(self.rest)


def indexed(name: str, body: Body) -> Parts:
    """What is indexed of a file. The folder is not part of it: ``search/names.py`` compares folders."""
    if body.names is None:
        return Parts(fold(f"{name}\n{body.text}") + _TAIL, "")
    if body.is_whole:
        return Parts(fold(f"{name}\n{body.text}\n{body.names}") + _TAIL, "")
    end = body.prompt_at + body.prompt_chars
    prompt = body.text[body.prompt_at : end]
    rest = body.text
    if body.prompt_chars > 2 * _BORDER:
        rest = f"{body.text[: body.prompt_at + _BORDER]}\n{body.text[end - _BORDER :]}"
    return Parts(fold(f"{name}\n{prompt}\n{body.names}") + _TAIL, fold(rest) + _TAIL)


def _capital(text: str) -> str:
    """A folded text as the rest has it: its Latin letters in upper case, as in no folded text."""
    return text.upper() if text.isascii() else text.encode().upper().decode()


def match_all(conn: Connection, needles: Iterable[Wanted]) -> str | None:
    """An expression that the indexed text of every file with all ``needles`` matches; None if the
    index cannot narrow them down.

    It contains the few rarest trigrams: a trigram costs as much as it is frequent, and the recheck
    compares the whole needle anyway.
    """
    wanted = [needle for needle in dict.fromkeys(needles) if needle.text]
    if not is_sqlite(conn):
        return " AND ".join(map(_match_gram, wanted[:_MAX_PARTS])) or None
    parts = rarest(conn, wanted)
    for needle in wanted[:_MAX_PARTS]:
        # Beside trigrams a short ASCII needle only costs time: nearly every text contains it.
        if len(needle.text) < _GRAM and not (parts and needle.text.isascii()):
            parts += _match_short(conn, needle)
    return " AND ".join(parts[:_MAX_PARTS]) or None


def rarest(conn: Connection, needles: Iterable[Wanted]) -> list[str]:
    """Expressions for the trigrams of ``needles`` that the fewest files have, rarest first, as many
    as narrow the result down noticeably.
    """
    offsets = {
        _match_gram(Wanted(needle.text[offset : offset + _GRAM], needle.in_words)): (number, offset)
        for number, needle in enumerate(needles)
        for offset in range(len(needle.text) - _GRAM + 1)
    }
    ranked = sorted(_sample(conn, list(offsets)[:_MAX_RANKED]).items(), key=lambda item: item[1])
    chosen: list[str] = []
    share_left = 1.0
    for gram, share in ranked:
        number, offset = offsets[gram]
        # The neighbouring trigram of a chosen one excludes hardly any more files.
        if any(
            number == other and abs(offset - beside) <= 1
            for other, beside in map(offsets.__getitem__, chosen)
        ):
            continue
        if len(chosen) >= _MAX_GRAMS or (chosen and share_left * (1 - share) < _NOT_WORTH_IT):
            break
        chosen.append(gram)
        share_left *= share
    return chosen


def _sample(conn: Connection, grams: Sequence[str]) -> dict[str, float]:
    """What ``estimate_share`` says of each trigram's expression; of one alone nothing is asked."""
    if len(grams) <= 1:
        return dict.fromkeys(grams, 1.0)
    return {gram: estimate_share(conn, gram) for gram in grams}


def estimate_share(conn: Connection, expression: str) -> float:
    """The share of documents that match an expression, among those of some thousand files in the
    middle of the library.

    Shares are cached until the library has doubled.
    """
    newest = int(conn.exec_driver_sql("SELECT max(id) FROM image").scalar() or 0)
    shares: dict[tuple[int, str], float] = conn.info.setdefault("iib_shares", {})
    if len(shares) > _MAX_SHARES:
        shares.clear()
    key = (newest.bit_length(), expression)
    if key not in shares:
        shares[key] = _sample_share(conn, expression, newest)
    return shares[key]


def _sample_share(conn: Connection, expression: str, newest: int) -> float:
    sampled = _SAMPLED
    matching = _count_around(conn, expression, newest // 2, sampled)
    if matching < _FEW and not is_sqlite(conn):
        sampled = max(_SAMPLED, min(newest, _SAMPLED_MORE))
        matching = _count_around(conn, expression, newest // 2, sampled)
    return matching / _count_documents(conn, newest, sampled)


def _count_around(conn: Connection, expression: str, middle: int, sampled: int) -> int:
    first = max(0, middle - sampled // 2)
    return _count_matching(conn, expression, first, first + sampled)


def _count_documents(conn: Connection, newest: int, sampled: int) -> int:
    """The documents of the sampled files, of which several may share one; cached as shares are."""
    if not is_sqlite(conn):
        return sampled
    documents: dict[int, int] = conn.info.setdefault("iib_documents", {})
    size = newest.bit_length()
    if size not in documents:
        first = max(0, newest // 2 - sampled // 2)
        query = "SELECT coalesce(sum(files - 1), 0) FROM shared_document WHERE id BETWEEN ? AND ?"
        saved = conn.exec_driver_sql(query, (first, first + sampled)).scalar_one()
        documents[size] = sampled - saved
    return documents[size]


def _count_matching(conn: Connection, expression: str, first: int, last: int) -> int:
    if not is_sqlite(conn):
        return postgresql_own.count_matching(conn, expression, first, last)
    query = "SELECT count(*) FROM image_fts WHERE image_fts MATCH ? AND rowid BETWEEN ? AND ?"
    return int(conn.exec_driver_sql(query, (expression, first, last)).scalar_one())


def is_frequent(conn: Connection, share: float, files: int) -> bool:
    """Whether an expression that about this share of the files match is frequent: rechecking files in
    order then fills a page in less time than reading all that the index names.
    """
    if is_sqlite(conn):
        return share * files > _MANY
    return share * files > _MANY_READ and share >= _LEAST_SHARE


def estimate_times_us(conn: Connection, files: int) -> tuple[float, float]:
    """About how long it takes to walk past a file, and to ask the index about all ``files``."""
    return (_WALK_US, _ASK_US) if is_sqlite(conn) else (_WALK_READ_US, files * _ASK_EACH_US)


def _match_gram(gram: Wanted) -> str:
    """The expression for a trigram in the words, or in either part."""
    return _either([gram.text] if gram.in_words else [gram.text, _capital(gram.text)])


def _match_short(conn: Connection, needle: Wanted) -> list[str]:
    """The expression for a needle of one or two characters: any trigram of the library that begins
    with it; empty if there are too many to help.
    """
    grams: list[str] = []
    for text in dict.fromkeys(
        [needle.text] if needle.in_words else [needle.text, _capital(needle.text)]
    ):
        first, end = text, text[:-1] + _next(text[-1])
        # One look-up for each trigram: one query for all would read the list of rows of each.
        while row := conn.exec_driver_sql(
            "SELECT term FROM image_fts_terms WHERE term >= ? AND term < ? LIMIT 1", (first, end)
        ).first():
            grams.append(row[0])
            first = row[0] + "\0"
            if len(grams) > _MAX_SHORT_GRAMS:
                return []
    return [_either(grams or [_NOWHERE])]


def _either(grams: Iterable[str]) -> str:
    """One of these trigrams, as an expression."""
    quoted = [quote(gram) for gram in dict.fromkeys(grams)]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"


def quote(gram: str) -> str:
    """A trigram as a string of FTS5's query syntax."""
    return '"' + gram.replace('"', '""') + '"'


def _next(character: str) -> str:
    """The next character, skipping the surrogates."""
    code = ord(character) + 1
    return chr(0xE000 if 0xD800 <= code <= 0xDFFF else min(code, 0x10FFFF))
