"""Sound and AVI: Vorbis comments (FLAC, Ogg), ID3v2 (MP3) and the INFO list of RIFF (WAV, AVI).

Sources: RFC 9639 (FLAC), RFC 3533 (Ogg), the Vorbis I comment header, RFC 7845 (Opus), ID3v2.2 to
2.4. ComfyUI's audio savers write ``prompt`` and ``workflow`` there.
"""

from __future__ import annotations

import struct

from .source import MAX_CHUNKS, MAX_TEXT_BYTES, Draft, Source
from .text import decode, decode_utf16

_MAX_COMMENTS = 1000
_MAX_PACKETS = 8
_STREAM_INFO, _VORBIS_COMMENT = 0, 4
_COMMENT_PACKETS = (b"\x03vorbis", b"OpusTags", b"\x81theora")
_ID3_NAMES = {
    b"TIT2": "title",
    b"TT2": "title",
    b"TPE1": "artist",
    b"TP1": "artist",
    b"TSSE": "encoder",
    b"TCOP": "copyright",
}
_ID3_USER, _ID3_COMMENT = (b"TXXX", b"TXX"), (b"COMM", b"COM", b"USLT", b"ULT")
_INFO_NAMES = {
    b"ICMT": "comment",
    b"INAM": "title",
    b"ISFT": "software",
    b"IART": "artist",
    b"ICOP": "copyright",
    b"ISBJ": "description",
    b"IKEY": "keywords",
}


def walk(source: Source, draft: Draft) -> bool:
    """Fill ``draft`` from a sound or an AVI; False if the file is neither."""
    head = source.head
    if head.startswith(b"ID3"):
        draft.container = "mp3"
        end = 10 + _syncsafe(head[6:10])
        _read_id3(source, 0, draft)
        if source.at(end, 4) == b"fLaC":
            _read_flac(source, end, draft)
    elif head.startswith(b"fLaC"):
        _read_flac(source, 0, draft)
    elif head.startswith(b"OggS"):
        draft.container = "ogg"
        _read_ogg(source, draft)
    elif head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI "):
        draft.container = "wav" if head[8:12] == b"WAVE" else "avi"
        _read_riff(source, draft)
    else:
        return False
    return True


def _read_flac(source: Source, pos: int, draft: Draft) -> None:
    draft.container = "flac"
    pos += 4
    for _ in range(MAX_CHUNKS):
        header = source.at(pos, 4)
        if len(header) < 4:
            draft.note("the file ends before the sound begins")
            return
        size = int.from_bytes(header[1:], "big")
        if header[0] & 0x7F == _STREAM_INFO:
            bits = int.from_bytes(source.at(pos + 14, 8), "big")
            rate, samples = bits >> 44, bits & 0xFFFFFFFFF
            draft.duration_s = samples / rate if rate and samples else None
        elif header[0] & 0x7F == _VORBIS_COMMENT and draft.spend(size, "a comment block"):
            _read_vorbis(source.at(pos + 4, size), draft)
        if header[0] & 0x80:
            return
        pos += 4 + size


def _read_vorbis(data: bytes, draft: Draft) -> None:
    """Read a Vorbis comment: the vendor, a count, and texts ``NAME=value``. Lengths are little
    endian.
    """
    pos = 4 + int.from_bytes(data[:4], "little")
    count = int.from_bytes(data[pos : pos + 4], "little")
    pos += 4
    for _ in range(min(count, _MAX_COMMENTS)):
        size = int.from_bytes(data[pos : pos + 4], "little")
        name, separator, value = data[pos + 4 : pos + 4 + size].partition(b"=")
        if separator:
            draft.add(decode(name), decode(value.rstrip(b"\0")), "vorbis")
        pos += 4 + size
        if pos > len(data):
            draft.note("the comments are cut off")
            return


def _read_ogg(source: Source, draft: Draft) -> None:
    """Read the comment header, the second packet of its stream. It may span many pages."""
    pos, pieces, size, packets = 0, list[bytes](), 0, 0
    for _ in range(MAX_CHUNKS):
        header = source.at(pos, 27)
        if len(header) < 27 or header[:4] != b"OggS":
            return
        lacing = source.at(pos + 27, header[26])
        pos += 27 + header[26]
        for length in lacing:
            pieces.append(source.at(pos, length))
            pos, size = pos + length, size + length
            if length == 255 and size <= MAX_TEXT_BYTES:
                continue
            packet = b"".join(pieces)
            name = next((name for name in _COMMENT_PACKETS if packet.startswith(name)), None)
            if name and draft.spend(size, "a comment packet"):
                _read_vorbis(packet[len(name) :], draft)
            pieces, size, packets = [], 0, packets + 1
            if packets >= _MAX_PACKETS:
                return


def _syncsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value


def _read_id3(source: Source, pos: int, draft: Draft) -> None:
    version, flags, size = (
        source.at(pos + 3, 1),
        source.at(pos + 5, 1),
        _syncsafe(source.at(pos + 6, 4)),
    )
    if not version or not flags or not draft.spend(min(size, source.size), "an ID3 tag"):
        return
    major = version[0]
    data = source.at(pos + 10, size)
    if flags[0] & 0x80 and major < 4:
        data = data.replace(b"\xff\0", b"\xff")
    at = 0
    if flags[0] & 0x40:  # an extended header; its length includes itself in version 2.4 only
        at = _syncsafe(data[:4]) if major == 4 else 4 + int.from_bytes(data[:4], "big")
    name_bytes, header_bytes = (3, 6) if major == 2 else (4, 10)
    for _ in range(_MAX_COMMENTS):
        name = data[at : at + name_bytes]
        raw = data[at + name_bytes : at + 2 * name_bytes]
        if not name.strip(b"\0") or len(raw) < name_bytes:
            return
        length = _syncsafe(raw) if major == 4 else int.from_bytes(raw, "big")
        _take_frame(name, data[at + header_bytes : at + header_bytes + length], draft)
        at += header_bytes + length


def _take_frame(name: bytes, data: bytes, draft: Draft) -> None:
    if not data:
        return
    if name in _ID3_NAMES:
        draft.add(_ID3_NAMES[name], _id3_pair(data[0], data[1:])[0], "id3")
    elif name in _ID3_USER:
        keyword, value = _id3_pair(data[0], data[1:])
        draft.add(keyword or "text", value, "id3")
    elif name in _ID3_COMMENT:
        # Three letters of the language follow the encoding.
        _, value = _id3_pair(data[0], data[4:])
        draft.add("comment" if name[:3] == b"COM" else "lyrics", value, "id3")


def _id3_pair(encoding: int, data: bytes) -> tuple[str, str]:
    """(description, value), separated by a NUL; the value is "" if there is only one text."""
    if encoding in (1, 2):
        cut = _end_of_utf16(data)
        return decode_utf16(data[:cut], True), decode_utf16(data[cut + 2 :], True).strip("\0")
    name, _, value = data.partition(b"\0")
    return decode(name), decode(value.rstrip(b"\0"))


def _end_of_utf16(data: bytes) -> int:
    """The offset of the first zero character, or the end."""
    cut = data.find(b"\0\0")
    while cut & 1 and cut >= 0:
        cut = data.find(b"\0\0", cut + 1)
    return cut if cut >= 0 else len(data) & ~1


def _read_riff(source: Source, draft: Draft) -> None:
    pos = 12
    for _ in range(MAX_CHUNKS):
        header = source.at(pos, 12)
        if len(header) < 8:
            return
        kind, size = struct.unpack_from("<4sI", header)
        if (
            kind == b"LIST"
            and header[8:] == b"INFO"
            and draft.spend(min(size, source.size), "an INFO list")
        ):
            _read_info(source.at(pos + 12, size - 4), draft)
        elif kind in (b"id3 ", b"ID3 "):
            _read_id3(source, pos + 8, draft)
        pos += 8 + size + (size & 1)


def _read_info(data: bytes, draft: Draft) -> None:
    pos = 0
    while pos + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, pos)
        draft.add(
            _INFO_NAMES.get(kind) or decode(kind),
            decode(data[pos + 8 : pos + 8 + size].rstrip(b"\0")),
            "riff:INFO",
        )
        pos += 8 + size + (size & 1)
