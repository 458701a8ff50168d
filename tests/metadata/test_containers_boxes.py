"""Containers of nested boxes: AVIF, HEIF, JPEG XL, MP4, QuickTime, WebM and Matroska."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from iib_core.metadata import containers

from .conftest import box, element, full_box, tiff

XMP = "<x:xmpmeta>猫</x:xmpmeta>"
FTYP = box(b"ftyp", b"isom\0\0\2\0isommp42")


def _read(data: bytes) -> containers.Embedded:
    return containers.read_file(io.BytesIO(data))


def _found(data: bytes) -> list[tuple[str, str, str]]:
    return [(text.keyword, text.value, text.where) for text in _read(data).texts]


def _data(value: bytes, kind: int = 1) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0) + value)


def _meta(handler: bytes, *children: bytes, quicktime: bool = False) -> bytes:
    content = full_box(b"hdlr", bytes(4) + handler + bytes(13)) + b"".join(children)
    return box(b"meta", content if quicktime else bytes(4) + content)


def _tkhd(width: int, height: int) -> bytes:
    return box(
        b"trak", full_box(b"tkhd", bytes(72) + struct.pack(">II", width << 16, height << 16))
    )


MVHD = full_box(b"mvhd", bytes(8) + struct.pack(">II", 600, 1500) + bytes(80))


class TestMp4:
    @pytest.mark.parametrize("mdat_first", [True, False])
    def test_ilst(self, mdat_first: bool) -> None:
        freeform = box(
            b"----",
            full_box(b"mean", b"com.apple.iTunes")
            + full_box(b"name", b"workflow")
            + _data(b'{"nodes":[]}'),
        )
        items = (
            box(b"\xa9cmt", _data("猫".encode()))
            + box(b"desc", _data("日本".encode("utf-16-be"), 2))
            + freeform
            + box(b"covr", _data(b"\xff\xd8", 13))
        )
        moov = box(
            b"moov",
            MVHD
            + _tkhd(0, 0)
            + _tkhd(832, 480)
            + box(b"udta", _meta(b"mdir", box(b"ilst", items))),
        )
        mdat = box(b"mdat", bytes(100_000))
        data = FTYP + (mdat + moov if mdat_first else moov + mdat)
        assert _found(data) == [
            ("comment", "猫", "mp4:ilst"),
            ("description", "日本", "mp4:ilst"),
            ("workflow", '{"nodes":[]}', "mp4:ilst"),
        ]
        found = _read(data)
        assert (
            found.container,
            found.width_px,
            found.height_px,
            found.duration_s,
            found.error,
        ) == (
            "mp4",
            832,
            480,
            2.5,
            "",
        )

    @pytest.mark.parametrize("quicktime", [True, False])
    def test_keys(self, quicktime: bool) -> None:
        keys = full_box(
            b"keys",
            struct.pack(">I", 2)
            + box(b"mdta", b"prompt")
            + box(b"mdta", b"com.apple.quicktime.comment"),
        )
        items = box(
            b"ilst",
            box(struct.pack(">I", 2), _data(b"hello"))
            + box(struct.pack(">I", 1), _data(b"{}"))
            + box(struct.pack(">I", 9), _data(b"lost")),
        )
        meta = _meta(b"mdta", keys, items, quicktime=quicktime)
        data = box(b"ftyp", b"qt  \0\0\2\0qt  ") + box(
            b"moov", meta if quicktime else box(b"udta", meta)
        )
        assert _found(data) == [("comment", "hello", "mp4:mdta"), ("prompt", "{}", "mp4:mdta")]
        assert _read(data).container == "mov"

    def test_user_data_without_meta(self) -> None:
        text = "猫".encode()
        children = (
            box(b"\xa9cmt", struct.pack(">HH", len(text), 0x55C4) + text)
            + box(b"\xa9nam", b"bare")
            + box(b"cprt", bytes(4) + b"\x15\xc7me\0")
        )
        assert _found(FTYP + box(b"moov", box(b"udta", children))) == [
            ("comment", "猫", "mp4:udta"),
            ("title", "bare", "mp4:udta"),
            ("copyright", "me", "mp4:udta"),
        ]

    def test_uuid_boxes(self) -> None:
        xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP.encode())
        signed = box(
            b"uuid",
            bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
            + bytes(4)
            + b"manifest\0"
            + bytes(8)
            + b"store",
        )
        found = _read(FTYP + signed + xmp)
        assert (found.c2pa, found.text("XMP")) == (b"store", XMP)
        assert (
            _read(FTYP + box(b"moov", box(b"udta", box(b"XMP_", XMP.encode())))).text("XMP") == XMP
        )

    def test_long_box_and_open_end(self) -> None:
        moov = box(b"moov", MVHD)
        long = struct.pack(">I4sQ", 1, b"mdat", 16 + 50) + bytes(50)
        assert _read(FTYP + long + moov[:0] + struct.pack(">I", 0) + moov[4:]).duration_s == 2.5

    def test_damaged_track_does_not_hide_the_tags(self) -> None:
        bad = box(b"trak", struct.pack(">I", 3) + b"tkhd")
        moov = box(
            b"moov",
            bad + box(b"udta", _meta(b"mdir", box(b"ilst", box(b"\xa9cmt", _data(b"kept"))))),
        )
        found = _read(FTYP + moov)
        assert found.text("comment") == "kept" and "wrong length" in found.error

    def test_cut(self) -> None:
        found = _read((FTYP + box(b"moov", MVHD + box(b"udta", bytes(100))))[:-50])
        assert found.duration_s == 2.5 and "ends" in found.error

    def test_nesting_has_an_end(self) -> None:
        data = b""
        for _ in range(500):
            data = box(b"udta", data)
        assert _read(FTYP + box(b"moov", data)).container == "mp4"


def _heif(
    items: list[tuple[bytes, bytes, bytes]], brand: bytes = b"avif", in_idat: bool = False
) -> bytes:
    """A file of items (type, content type, content), numbered from 1; its size is 512x512, with a
    smaller thumbnail before it.
    """
    ftyp = box(b"ftyp", brand + bytes(4) + brand + b"mif1")
    entries = b"".join(
        full_box(
            b"infe",
            struct.pack(">HH", n, 0)
            + kind
            + b"\0"
            + (content_type + b"\0" if content_type else b""),
            2,
        )
        for n, (kind, content_type, _) in enumerate(items, 1)
    )
    iinf = full_box(b"iinf", struct.pack(">H", len(items)) + entries)
    ipco = box(
        b"ipco",
        full_box(b"ispe", struct.pack(">II", 64, 64))
        + full_box(b"ispe", struct.pack(">II", 512, 384)),
    )
    ipma = full_box(b"ipma", struct.pack(">I", 1) + struct.pack(">HB", 1, 1) + b"\x82")
    body = b"".join(content for _, _, content in items)

    def meta(base: int) -> bytes:
        at, rows = base, b""
        for n, (_, _, content) in enumerate(items, 1):
            rows += struct.pack(">HHHHII", n, 1 if in_idat else 0, 0, 1, at, len(content))
            at += len(content)
        iloc = full_box(b"iloc", b"\x44\0" + struct.pack(">H", len(items)) + rows, 1)
        idat = box(b"idat", body) if in_idat else b""
        content = (
            full_box(b"pitm", struct.pack(">H", 1)) + iinf + iloc + box(b"iprp", ipco + ipma) + idat
        )
        return full_box(b"meta", content)

    start = 0 if in_idat else len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(start) + (b"" if in_idat else box(b"mdat", body))


@pytest.mark.parametrize("in_idat", [False, True])
@pytest.mark.parametrize(("brand", "container"), [(b"avif", "avif"), (b"heic", "heif")])
def test_heif_items(brand: bytes, container: str, in_idat: bool) -> None:
    block = tiff({0x010F: (2, b"Prompt: {}\0")})
    items = [
        (b"av01", b"", bytes(20)),
        (b"Exif", b"", bytes(4) + block),
        (b"mime", b"application/rdf+xml", XMP.encode()),
    ]
    found = _read(_heif(items, brand, in_idat))
    assert [(text.keyword, text.value) for text in found.texts] == [
        ("Make", "Prompt: {}"),
        ("XMP", XMP),
    ]
    assert (found.container, found.width_px, found.height_px, found.exif, found.error) == (
        container,
        512,
        384,
        block,
        "",
    )


def test_heif_item_outside_the_file() -> None:
    data = _heif([(b"av01", b"", bytes(20)), (b"mime", b"application/rdf+xml", XMP.encode())])
    assert _read(data[: -len(XMP.encode())]).error


def _bits(*fields: tuple[int, int]) -> bytes:
    value = at = 0
    for number, count in fields:
        value |= number << at
        at += count
    return b"\xff\x0a" + value.to_bytes(16, "little")


class TestJxl:
    CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")

    @pytest.mark.parametrize(
        ("stream", "size"),
        [
            (_bits((1, 1), (7, 5), (1, 3)), (64, 64)),
            (_bits((1, 1), (7, 5), (0, 3), (15, 5)), (128, 64)),
            (_bits((0, 1), (1, 2), (1215, 13), (0, 3), (1, 2), (831, 13)), (832, 1216)),
            (_bits((0, 1), (1, 2), (1079, 13), (5, 3)), (1920, 1080)),
        ],
    )
    def test_size(self, stream: bytes, size: tuple[int, int]) -> None:
        for data in (
            stream,
            self.CONTAINER + box(b"jxlc", stream),
            self.CONTAINER + box(b"jxlp", bytes(4) + stream),
        ):
            found = _read(data)
            assert (found.container, found.width_px, found.height_px) == ("jxl", *size)

    def test_boxes(self) -> None:
        block = tiff({0x0131: (2, b"Draw Things\0")})
        data = (
            self.CONTAINER
            + box(b"Exif", bytes(4) + block)
            + box(b"xml ", XMP.encode())
            + box(b"jumb", b"store")
        )
        found = _read(data)
        assert [(text.keyword, text.value) for text in found.texts] == [
            ("Software", "Draw Things"),
            ("XMP", XMP),
        ]
        assert found.c2pa == box(b"jumb", b"store")

    def test_packed_box(self) -> None:
        try:
            import brotli
        except ImportError:
            assert "brotli" in _read(self.CONTAINER + box(b"brob", b"xml \x8b\0\x80\x03")).error
            return
        assert (
            _read(self.CONTAINER + box(b"brob", b"xml " + brotli.compress(XMP.encode()))).text(
                "XMP"
            )
            == XMP
        )
        assert "unpacked" in _read(self.CONTAINER + box(b"brob", b"xml garbage, no stream")).error


def _simple(name: bytes, value: bytes, *nested: bytes) -> bytes:
    return element(0x67C8, element(0x45A3, name) + element(0x4487, value) + b"".join(nested))


class TestMatroska:
    HEAD = element(0x1A45DFA3, element(0x4282, b"webm"))
    INFO = element(
        0x1549A966,
        element(0x2AD7B1, b"\x0f\x42\x40")
        + element(0x7BA9, b"my title")
        + element(0x4489, struct.pack(">d", 2500.0)),
    )
    TRACKS = element(
        0x1654AE6B,
        element(0xAE, element(0xE0, element(0xB0, b"\x03\x40") + element(0xBA, b"\x01\xe0"))),
    )
    TAGS = element(
        0x1254C367,
        element(
            0x7373,
            element(0x63C0, b"")
            + _simple(b"COMMENT", b"x" * 138_000)
            + _simple(b"A", b"1", _simple(b"PROMPT", "猫".encode())),
        ),
    )

    @staticmethod
    def cluster(size: int = 5000) -> bytes:
        return element(0x1F43B675, element(0xE7, b"\0") + element(0xA3, bytes(size)))

    def check(self, data: bytes) -> containers.Embedded:
        found = _read(data)
        assert [(text.keyword, len(text.value)) for text in found.texts] == [
            ("title", 8),
            ("COMMENT", 138_000),
            ("PROMPT", 1),
            ("A", 1),
        ]
        assert (found.container, found.width_px, found.height_px, found.duration_s) == (
            "webm",
            832,
            480,
            2.5,
        )
        return found

    def test_tags_behind_the_clusters(self) -> None:
        assert not self.check(
            self.HEAD
            + element(0x18538067, self.INFO + self.TRACKS + self.cluster() * 3 + self.TAGS)
        ).error

    def test_index_saves_the_walk(self) -> None:
        clusters = b"".join(self.cluster(200) for _ in range(30_000))
        head_size = len(
            element(
                0x114D9B74, element(0x4DBB, element(0x53AB, bytes(4)) + element(0x53AC, bytes(8)))
            )
        )
        at = head_size + len(self.INFO + self.TRACKS + clusters)
        index = element(
            0x114D9B74,
            element(
                0x4DBB,
                element(0x53AB, b"\x12\x54\xc3\x67") + element(0x53AC, at.to_bytes(8, "big")),
            ),
        )
        assert not self.check(
            self.HEAD + element(0x18538067, index + self.INFO + self.TRACKS + clusters + self.TAGS)
        ).error

    def test_unknown_sizes(self) -> None:
        open_cluster = (
            b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + element(0xE7, b"\0") + element(0xA3, bytes(300))
        )
        self.check(
            self.HEAD
            + b"\x18\x53\x80\x67\x01"
            + b"\xff" * 7
            + self.INFO
            + self.TRACKS
            + open_cluster * 3
            + self.TAGS
        )

    def test_matroska_and_cut_file(self) -> None:
        data = element(0x1A45DFA3, element(0x4282, b"matroska")) + element(
            0x18538067, self.INFO + self.TRACKS + self.cluster()
        )
        found = _read(data[:-100])
        assert (found.container, found.text("title")) == (
            "mkv",
            "my title",
        ) and "ends" in found.error

    def test_nesting_has_an_end(self) -> None:
        tag = _simple(b"deep", b"1")
        for _ in range(200):
            tag = _simple(b"level", b"1", tag)
        found = _read(self.HEAD + element(0x18538067, element(0x1254C367, element(0x7373, tag))))
        assert found.text("deep") is None and found.text("level") == "1"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    ("name", "options", "keywords"),
    [
        ("a.mp4", [], {"comment"}),
        ("b.mp4", ["-movflags", "use_metadata_tags+faststart"], {"comment", "prompt", "workflow"}),
        ("c.mov", ["-movflags", "use_metadata_tags"], {"comment", "prompt", "workflow"}),
        ("d.mov", [], {"comment"}),
        ("e.mkv", [], {"COMMENT", "PROMPT", "WORKFLOW"}),
    ],
)
def test_what_ffmpeg_writes(
    tmp_path: Path, name: str, options: list[str], keywords: set[str]
) -> None:
    path = tmp_path / name
    values = {"comment": "猫 " + "x" * 3000, "prompt": '{"1": "é"}', "workflow": '{"nodes": []}'}
    tags = [part for key, value in values.items() for part in ("-metadata", f"{key}={value}")]
    source = ["-f", "lavfi", "-i", "color=size=64x48:duration=0.5:rate=4"]
    subprocess.run(
        ["ffmpeg", "-v", "error", *source, *tags, *options, "-c:v", "mpeg4", str(path)],
        check=True,
        timeout=60,
    )
    found = containers.read(path)
    assert {key: found.text(key) for key in keywords} == {
        key: values[key.lower()] for key in keywords
    }
    assert (found.container, found.width_px, found.height_px, found.error) == (
        path.suffix[1:],
        64,
        48,
        "",
    )
    assert found.duration_s == pytest.approx(0.5, abs=0.26)


SVG = (
    '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
    "{size}><metadata>{content}</metadata><rect/></svg>"
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<![CDATA[\n{"workflow": "a<b"}\n]]>', '{"workflow": "a<b"}'),
        ("{&quot;a&quot;: 1}", '{"a": 1}'),
        ("<rdf:RDF>x</rdf:RDF>", "<rdf:RDF>x</rdf:RDF>"),
    ],
)
def test_svg(content: str, expected: str) -> None:
    found = _read(SVG.format(size='width="64px" height="48.0"', content=content).encode())
    assert [(text.keyword, text.value, text.where) for text in found.texts] == [
        ("metadata", expected, "svg:metadata")
    ]
    assert (found.container, found.width_px, found.height_px) == ("svg", 64, 48)


def test_svg_size_from_its_view_box() -> None:
    found = _read(SVG.format(size='viewBox="0 0 320 200" width="100%"', content="").encode())
    assert (found.width_px, found.height_px) == (320, 200)


@pytest.mark.parametrize(
    ("data", "container", "value"),
    [
        ("猫, 1girl\nSteps: 20".encode(), "text", "猫, 1girl\nSteps: 20"),
        (b"\xef\xbb\xbfcat", "text", "cat"),
        (b"\xff\xfec\0a\0t\0", "text", "cat"),
        ("a cat, best".encode("utf-16-le"), "text", "a cat, best"),
        (b"caf\xe9 au lait", "text", "café au lait"),
        (b"a long enough line of text\0\n" * 2, "text", "a long enough line of text\0\n" * 2),
        (b"<!DOCTYPE html><html></html>", "html", "<!DOCTYPE html><html></html>"),
    ],
)
def test_plain_text(data: bytes, container: str, value: str) -> None:
    found = _read(data)
    assert (found.container, [text.value for text in found.texts]) == (container, [value])
