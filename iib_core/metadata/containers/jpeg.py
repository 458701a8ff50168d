"""JPEG: APP1 (Exif, XMP), APP11 (C2PA), APP13 (IPTC), COM and the frame's size.

Sources: ITU-T T.81 annex B; XMP specification part 3, 1.1.3 for packets above 64 kB; ISO 19566-5
for JUMBF in APP11.
"""

from __future__ import annotations

import struct

from .source import MAX_CHUNKS, Draft, Source
from .text import decode
from .tiff import read_exif

_SOF = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_SOS, _EOI, _COM, _APP1, _APP11, _APP13 = 0xDA, 0xD9, 0xFE, 0xE1, 0xEB, 0xED
_EXIF, _XMP, _XMP_MORE = (
    b"Exif\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
)
_PHOTOSHOP = b"Photoshop 3.0\0"
_IPTC_RESOURCE = 0x0404
_IPTC_NAMES = {
    5: "Title",
    25: "Keywords",
    40: "Instructions",
    80: "Artist",
    105: "Headline",
    116: "Copyright",
    120: "Caption",
}
_MAX_GARBAGE_BYTES = 64 * 1024


def walk(source: Source, draft: Draft) -> None:
    """Fill ``draft`` from a JPEG."""
    draft.container = "jpeg"
    parts = _Parts()
    pos = 2
    for _ in range(MAX_CHUNKS):
        header = source.at(pos, 4)
        if len(header) < 4:
            draft.note("the file ends before the picture begins")
            break
        marker = header[1]
        if header[0] != 0xFF or marker == 0:
            pos = _next_marker(source, draft, pos)
            continue
        if marker == 0xFF or marker in _STANDALONE:
            pos += 1 if marker == 0xFF else 2
            continue
        if marker in (_SOS, _EOI):
            break
        size = (header[2] << 8) | header[3]
        if marker in _SOF:
            frame = source.at(pos + 4, 5)
            if len(frame) == 5:
                draft.height_px, draft.width_px = struct.unpack(">xHH", frame)
        elif marker in (_APP1, _APP11, _APP13, _COM) and draft.spend(size, "a JPEG segment"):
            parts.take(marker, source.at(pos + 4, size - 2), draft)
        pos += max(size, 2) + 2
    parts.finish(draft)


def _next_marker(source: Source, draft: Draft, pos: int) -> int:
    draft.note("a segment has a wrong length")
    data = source.at(pos, _MAX_GARBAGE_BYTES)
    at = data.find(b"\xff", 1)
    while 0 <= at < len(data) - 1 and data[at + 1] < 0xC0:
        at = data.find(b"\xff", at + 1)
    return pos + at if at > 0 else source.size


class _Parts:
    """Collects segments that are parts of one text and may be spread over the file."""

    def __init__(self) -> None:
        self.xmp: dict[bytes, list[tuple[int, bytes]]] = {}
        self.boxes: dict[bytes, list[tuple[int, bytes]]] = {}

    def take(self, marker: int, data: bytes, draft: Draft) -> None:
        if marker == _COM:
            draft.add("comment", decode(data.rstrip(b"\0")), "COM")
        elif marker == _APP13:
            if data.startswith(_PHOTOSHOP):
                _read_photoshop(data, len(_PHOTOSHOP), draft)
        elif marker == _APP11:
            # "JP", the number of the box, the number of the packet, then a part of the box. Each
            # packet repeats the 8 byte header of the box.
            if data[:2] == b"JP" and len(data) >= 16:
                self.boxes.setdefault(data[2:4], []).append(
                    (int.from_bytes(data[4:8], "big"), data[8:])
                )
        elif data.startswith(_EXIF):
            read_exif(data[5:], draft)
        elif data.startswith(_XMP):
            draft.add("XMP", decode(data[len(_XMP) :]), "XMP")
        elif data.startswith(_XMP_MORE) and len(data) >= len(_XMP_MORE) + 40:
            guid, offset = data[len(_XMP_MORE) :][:32], data[len(_XMP_MORE) + 36 :][:4]
            self.xmp.setdefault(guid, []).append(
                (int.from_bytes(offset, "big"), data[len(_XMP_MORE) + 40 :])
            )

    def finish(self, draft: Draft) -> None:
        for pieces in self.xmp.values():
            draft.add("XMP", decode(b"".join(data for _, data in sorted(pieces))), "XMP")
        stores = [draft.c2pa]
        for packets in self.boxes.values():
            packets.sort()
            first = packets[0][1]
            header = 16 if first[:4] == b"\0\0\0\1" else 8
            stores += [first, *(data[header:] for _, data in packets[1:])]
        draft.c2pa = b"".join(stores)


def _read_photoshop(data: bytes, pos: int, draft: Draft) -> None:
    """Read image resources: signature, number, padded name, size, padded data."""
    while data[pos : pos + 4] == b"8BIM" and pos + 12 <= len(data):
        number = int.from_bytes(data[pos + 4 : pos + 6], "big")
        pos += 6 + ((data[pos + 6] + 2) & ~1)
        size = int.from_bytes(data[pos : pos + 4], "big")
        if number == _IPTC_RESOURCE:
            read_iptc(data[pos + 4 : pos + 4 + size], draft)
        pos += 4 + ((size + 1) & ~1)


def read_iptc(data: bytes, draft: Draft) -> None:
    """Read captions and similar texts of an IPTC-IIM block (record 2)."""
    pos = 0
    while pos + 5 <= len(data) and data[pos] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", data, pos + 1)
        if size & 0x8000:  # the extended form for values above 32 kB, which no caption needs
            return
        if record == 2 and number in _IPTC_NAMES:
            draft.add(_IPTC_NAMES[number], decode(data[pos + 5 : pos + 5 + size]), "APP13:iptc")
        pos += 5 + size
