"""EXIF with another UserComment.

All other tags stay where they are, because maker notes point at absolute offsets.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from iib_core.errors import UnreadableMedia

from .tiff import TYPE_BYTES, decode_user_comment, entries, tiff_block

_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_LONG, _UNDEFINED = 4, 7
_HEADER = b"UNICODE\0"


class _Slot(NamedTuple):
    """Where one directory stands, and where it is pointed at from."""

    offset: int
    pointer: int


def set_user_comment(exif: bytes, text: str) -> bytes:
    """The block (b"" for a new one; a leading ``Exif\\0\\0`` is kept) with ``text`` in each
    UserComment it has, else in a new one of the Exif IFD.

    Written as AUTOMATIC1111 does: UTF-16 in big endian. "" takes the tag's text away. Raises
    UnreadableMedia where the block is damaged.
    """
    old = tiff_block(exif)
    if exif and not old:
        raise UnreadableMedia("its EXIF block cannot be understood, so it is left as it is")
    prefix = exif[: len(exif) - len(old)]
    edit = _Edit(old or b"MM\0*\0\0\0\x08" + bytes(6))
    edit.set_comment(text)
    return prefix + bytes(edit.block)


class _Edit:
    """A TIFF block that is being changed in place and at its end."""

    def __init__(self, block: bytes) -> None:
        self.block = bytearray(block)
        self.order = "<" if block[:2] == b"II" else ">"
        if len(block) < 8:
            raise UnreadableMedia("its EXIF block is cut off, so it is left as it is")

    def set_comment(self, text: str) -> None:
        root = _Slot(self._number(4), 4)
        self._check(root.offset)
        pointer = self._entry(root.offset, _EXIF_IFD)
        below = _Slot(self._number(pointer + 8), pointer + 8) if pointer else None
        if below:
            self._check(below.offset)
        places = [at for slot in (root, below) if slot and (at := self._entry(slot.offset, _USER_COMMENT))]
        value = _encoded(text, self.order == ">")
        if not places and not value:
            return
        if not places:
            places = [self._add_comment(root, below)]
        self._forget(places)
        for at in places:
            self._store(at, value)

    def _number(self, at: int) -> int:
        return int(struct.unpack_from(self.order + "I", self.block, at)[0])

    def _check(self, offset: int) -> None:
        """Refuse a directory that does not lie inside the block as a whole."""
        _, broken = entries(bytes(self.block), self.order, offset)
        if broken:
            raise UnreadableMedia("its EXIF block is damaged or cut off, so it is left as it is")

    def _count(self, offset: int) -> int:
        return int(struct.unpack_from(self.order + "H", self.block, offset)[0])

    def _entry(self, offset: int, tag: int) -> int:
        """Offset of a tag's 12 bytes in a directory, 0 where it has none."""
        starts = range(offset + 2, offset + 2 + 12 * self._count(offset), 12)
        return next(
            (at for at in starts if struct.unpack_from(self.order + "H", self.block, at)[0] == tag), 0
        )

    def _append(self, data: bytes) -> int:
        if len(self.block) & 1:
            self.block += b"\0"
        at = len(self.block)
        self.block += data
        return at

    def _forget(self, places: list[int]) -> None:
        """Wipe the old texts, and cut off one at the end: editing again and again must not make the
        file grow.
        """
        olds = sorted(((self._number(at + 8), self._size(at), at) for at in places), reverse=True)
        for start, size, at in olds:
            if size > 4:
                end = min(start + size, len(self.block))
                self.block[start:end] = bytes(end - start)
                if end >= len(self.block) - 1 and start > at:
                    del self.block[start:]

    def _size(self, at: int) -> int:
        """Bytes of a tag's value, 0 where its type is unknown; the directory has been checked to
        lie inside the block.
        """
        kind, values = struct.unpack_from(self.order + "HI", self.block, at + 2)
        return TYPE_BYTES.get(kind, 0) * int(values)

    def _store(self, at: int, value: bytes) -> None:
        struct.pack_into(self.order + "HI", self.block, at + 2, _UNDEFINED, len(value))
        if len(value) <= 4:
            self.block[at + 8 : at + 12] = value.ljust(4, b"\0")
        else:
            start = self._append(value)
            struct.pack_into(self.order + "I", self.block, at + 8, start)

    def _add_comment(self, root: _Slot, below: _Slot | None) -> int:
        """Make room for the tag; offset of its 12 bytes.

        The directory that grows moves to the end of the block.
        """
        if below is None:
            moved = self._grow(root, _EXIF_IFD)
            pointer = self._entry(moved, _EXIF_IFD)
            start = self._append(struct.pack(self.order + "HHHIII", 1, _USER_COMMENT, _UNDEFINED, 0, 0, 0))
            struct.pack_into(self.order + "HII", self.block, pointer + 2, _LONG, 1, start)
            return start + 2
        return self._entry(self._grow(below, _USER_COMMENT), _USER_COMMENT)

    def _grow(self, slot: _Slot, tag: int) -> int:
        """Copy a directory to the end with one more, empty tag in its order; the new offset."""
        count = self._count(slot.offset)
        end = slot.offset + 2 + 12 * count
        rows = [bytes(self.block[at : at + 12]) for at in range(slot.offset + 2, end, 12)]
        rows.append(struct.pack(self.order + "HHII", tag, _UNDEFINED, 0, 0))
        rows.sort(key=lambda row: int(struct.unpack_from(self.order + "H", row)[0]))
        following = bytes(self.block[end : end + 4]).ljust(4, b"\0")
        start = self._append(struct.pack(self.order + "H", count + 1) + b"".join(rows) + following)
        struct.pack_into(self.order + "I", self.block, slot.pointer, start)
        return start


def _encoded(text: str, big_endian: bool) -> bytes:
    """The first way of writing that our own reader, which has to guess the order, reads back."""
    if not text:
        return b""
    own = "utf-16-be" if big_endian else "utf-16-le"
    ways = [
        _HEADER + text.encode("utf-16-be"),
        _HEADER + text.encode(own),
        _HEADER + b"\xfe\xff" + text.encode("utf-16-be"),
    ]
    return next((way for way in ways if decode_user_comment(way, big_endian) == text), ways[0])
