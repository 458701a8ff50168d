"""Changes the UserComment of an EXIF block.

All other tags keep their offsets, because maker notes contain absolute offsets.
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
    """The offset of a directory, and the offset of the pointer to it."""

    offset: int
    pointer: int


def set_user_comment(exif: bytes, text: str) -> bytes:
    """The block with ``text`` in each UserComment, or in a new one in the Exif IFD.

    ``exif``: b"" for a new block; a leading ``Exif\\0\\0`` is kept. The text is written in UTF-16, big
    endian, like AUTOMATIC1111 does; "" removes it. Raises UnreadableMedia if the block is damaged.
    """
    old = tiff_block(exif)
    if exif and not old:
        raise UnreadableMedia("its EXIF block cannot be read, so it is left as it is")
    prefix = exif[: len(exif) - len(old)]
    edit = _Edit(old or b"MM\0*\0\0\0\x08" + bytes(6))
    edit.set_comment(text)
    return prefix + bytes(edit.block)


class _Edit:
    """Changes a TIFF block in place and at its end."""

    def __init__(self, block: bytes) -> None:
        self.block = bytearray(block)
        self.order = "<" if block[:2] == b"II" else ">"
        if len(block) < 8:
            raise UnreadableMedia("its EXIF block is cut off, so it is left as it is")

    def set_comment(self, text: str) -> None:
        root = _Slot(self._number(4), 4)
        self._require_complete(root.offset)
        pointer = self._entry(root.offset, _EXIF_IFD)
        below = _Slot(self._number(pointer + 8), pointer + 8) if pointer else None
        if below:
            self._require_complete(below.offset)
        directories = [slot.offset for slot in (root, below) if slot]
        offsets = [self._entry(directory, _USER_COMMENT) for directory in directories]
        comments = [offset for offset in offsets if offset]
        value = _encode(text, self.order == ">")
        if not comments and not value:
            return
        if not comments:
            comments = [self._add_comment(root, below)]
        self._wipe(comments)
        for offset in comments:
            self._store(offset, value)

    def _number(self, at: int) -> int:
        return int(struct.unpack_from(self.order + "I", self.block, at)[0])

    def _require_complete(self, offset: int) -> None:
        """Raise UnreadableMedia for a directory that is not completely inside the block."""
        _, broken = entries(bytes(self.block), self.order, offset)
        if broken:
            raise UnreadableMedia("its EXIF block is damaged or cut off, so it is left as it is")

    def _count(self, offset: int) -> int:
        return int(struct.unpack_from(self.order + "H", self.block, offset)[0])

    def _entry(self, offset: int, tag: int) -> int:
        """The offset of a tag's 12 bytes in a directory; 0 if it does not have the tag."""
        starts = range(offset + 2, offset + 2 + 12 * self._count(offset), 12)
        return next(
            (at for at in starts if struct.unpack_from(self.order + "H", self.block, at)[0] == tag),
            0,
        )

    def _append(self, data: bytes) -> int:
        if len(self.block) & 1:
            self.block += b"\0"
        at = len(self.block)
        self.block += data
        return at

    def _wipe(self, comments: list[int]) -> None:
        """Overwrite the old texts with zeros, and remove one at the end of the block, so that
        repeated edits do not make the file grow.

        ``comments``: offsets of the tags.
        """
        values = sorted(
            ((self._number(tag + 8), self._size(tag), tag) for tag in comments), reverse=True
        )
        for start, size, tag in values:
            if size > 4:
                end = min(start + size, len(self.block))
                self.block[start:end] = bytes(end - start)
                if end >= len(self.block) - 1 and start > tag:
                    del self.block[start:]

    def _size(self, at: int) -> int:
        """The size of a tag's value in bytes; 0 if its type is unknown. The tag must be inside the
        block.
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
        """Add an empty UserComment. Returns the offset of its 12 bytes.

        The directory that gets a tag is moved to the end of the block.
        """
        if below is None:
            moved = self._grow(root, _EXIF_IFD)
            pointer = self._entry(moved, _EXIF_IFD)
            start = self._append(
                struct.pack(self.order + "HHHIII", 1, _USER_COMMENT, _UNDEFINED, 0, 0, 0)
            )
            struct.pack_into(self.order + "HII", self.block, pointer + 2, _LONG, 1, start)
            return start + 2
        return self._entry(self._grow(below, _USER_COMMENT), _USER_COMMENT)

    def _grow(self, slot: _Slot, tag: int) -> int:
        """Copy a directory to the end of the block, with an additional empty tag. Returns the new
        offset.
        """
        count = self._count(slot.offset)
        end = slot.offset + 2 + 12 * count
        rows = [bytes(self.block[at : at + 12]) for at in range(slot.offset + 2, end, 12)]
        rows.append(struct.pack(self.order + "HHII", tag, _UNDEFINED, 0, 0))
        rows.sort(key=lambda row: int(struct.unpack_from(self.order + "H", row)[0]))
        following = bytes(self.block[end : end + 4]).ljust(4, b"\0")
        start = self._append(struct.pack(self.order + "H", count + 1) + b"".join(rows) + following)
        struct.pack_into(self.order + "I", self.block, slot.pointer, start)
        return start


def _encode(text: str, big_endian: bool) -> bytes:
    """The first encoding that our own reader, which guesses the byte order, decodes correctly."""
    if not text:
        return b""
    block_order = "utf-16-be" if big_endian else "utf-16-le"
    encoded = [
        _HEADER + text.encode("utf-16-be"),
        _HEADER + text.encode(block_order),
        _HEADER + b"\xfe\xff" + text.encode("utf-16-be"),
    ]
    return next(
        (data for data in encoded if decode_user_comment(data, big_endian) == text), encoded[0]
    )
