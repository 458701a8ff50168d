"""Thumbnails and originals over HTTP."""

from __future__ import annotations

import concurrent.futures
import io
import os
import struct
import zlib
from urllib.parse import quote

import pytest
from PIL import Image

from tests.conftest import write_png

pytestmark = [pytest.mark.stack, pytest.mark.windows]


def picture(answer) -> Image.Image:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp"), answer.text
    return Image.open(io.BytesIO(answer.content)).convert("RGBA")


def near(found, wanted, tolerance=24) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(found, wanted))


def blank_png(width: int, height: int) -> bytes:
    """A PNG of one colour and of any size, written without its pixels in memory."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )


def test_a_thumbnail_fits_its_box_and_is_never_enlarged(serve, library):
    served = serve(library)
    write_png(library / "wide.png", (400, 100))
    assert picture(
        served.get("/image-thumbnail", path=str(library / "wide.png"), size="128x128")
    ).size == (
        128,
        32,
    )
    assert picture(served.get("/image-thumbnail", path=str(library / "fox.png"))).size == (64, 48)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_upright(serve, library, orientation):
    upright = Image.new("RGB", (120, 80), "blue")
    upright.paste(
        "red", (0, 0, 60, 40)
    )  # the red corner is at the top left if the picture is upright
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = (
        upright if orientation == 1 else upright.transpose(Image.Transpose(inverse[orientation]))
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(library / "turned.jpg", exif=exif, quality=95)
    small = picture(
        serve(library).get("/image-thumbnail", path=str(library / "turned.jpg"), size="60x60")
    )
    assert small.size == (60, 40)
    assert near(small.getpixel((8, 8)), (255, 0, 0)) and near(small.getpixel((50, 30)), (0, 0, 255))


def test_colours_of_every_mode_are_kept(serve, library):
    served = serve(library)
    red = Image.new("RGB", (64, 64), (200, 30, 40))
    red.convert("P", palette=Image.Palette.ADAPTIVE).save(library / "palette.png")
    red.convert("CMYK").save(library / "cmyk.jpg", quality=95)
    Image.new("I;16", (64, 64), 32768).save(library / "grey16.png")
    Image.new("RGBA", (64, 64), (200, 30, 40, 128)).save(library / "alpha.png")
    red.save(
        library / "moving.gif", save_all=True, append_images=[Image.new("RGB", (64, 64), "blue")]
    )
    red.save(
        library / "moving.webp", save_all=True, append_images=[Image.new("RGB", (64, 64), "blue")]
    )
    masked = Image.new("P", (64, 64), 1)
    masked.putpalette([0, 0, 0, 200, 30, 40])
    masked.save(library / "masked.png", transparency=b"\xff\x00")
    colours = {
        name: picture(served.get("/image-thumbnail", path=str(library / name))).getpixel((32, 32))
        for name in (
            "palette.png",
            "cmyk.jpg",
            "grey16.png",
            "alpha.png",
            "moving.gif",
            "moving.webp",
            "masked.png",
        )
    }
    for name in ("palette.png", "cmyk.jpg", "moving.gif", "moving.webp"):
        assert near(colours[name], (200, 30, 40, 255)), (name, colours[name])
    assert near(colours["grey16.png"], (128, 128, 128, 255), 3)
    assert near(colours["alpha.png"], (200, 30, 40, 128))
    assert colours["masked.png"][3] < 10


def test_a_truncated_picture_shows_what_is_there(serve, library):
    noise = Image.effect_noise((400, 400), 90).convert("RGB")
    noise.paste("red", (0, 0, 400, 60))
    for kind in ("png", "jpg"):
        noise.save(library / f"whole.{kind}")
        data = (library / f"whole.{kind}").read_bytes()
        (library / f"cut.{kind}").write_bytes(data[: len(data) // 2])
        small = picture(
            serve(library).get("/image-thumbnail", path=str(library / f"cut.{kind}"), size="64x64")
        )
        assert near(small.getpixel((30, 3)), (255, 0, 0, 255), 60)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff\xe0garbage",
        b"RIFF\0\0\0\0WEBPVP8 ",
    ],
)
def test_what_is_no_picture_is_400(serve, library, content):
    (library / "bad.png").write_bytes(content)
    answer = serve(library).get("/image-thumbnail", path=str(library / "bad.png"))
    assert (answer.status_code, answer.json()["code"]) == (400, "UnreadableMedia")


def test_a_broken_picture_is_no_error_to_who_asks_for_that(serve, library):
    (library / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    served = serve(library)
    bad = str(library / "bad.png")
    answer = served.get("/image-thumbnail", path=bad, unreadable="204")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "etag" not in answer.headers and "immutable" not in answer.headers["cache-control"]
    assert served.get("/image-thumbnail", path=bad).json()["code"] == "UnreadableMedia"
    missing = served.get("/image-thumbnail", path=str(library / "gone.png"), unreadable="204")
    assert missing.status_code == 404


@pytest.mark.posix_only("a file that opens and cannot be read")
@pytest.mark.skipif(
    not os.path.isfile("/proc/self/mem"), reason="this system has no such file in /proc"
)
@pytest.mark.parametrize("route", ["/image-thumbnail", "/video_cover"])
def test_what_opens_and_cannot_be_read_is_told(serve, route):
    answer = serve(access_control="off").get(route, path="/proc/self/mem")
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
    assert answer.json()["detail"].startswith("The file cannot be read: ")


@pytest.mark.parametrize("edge", [13_000, 30_000])
def test_a_picture_that_would_fill_the_memory_is_400(serve, library, edge):
    (library / "bomb.png").write_bytes(blank_png(edge, edge))
    answer = serve(library).get("/image-thumbnail", path=str(library / "bomb.png"))
    assert (answer.status_code, answer.json()["code"]) == (400, "TooLarge")


@pytest.mark.parametrize(
    "size",
    ["0x0", "99999x1", "abc", "", "256", "-1x5", "256x256x256", "٢٥٦x٢٥٦", "15x256", "256x2049"],
)
def test_a_size_that_is_none_is_400(serve, library, size):
    assert (
        serve(library).get("/image-thumbnail", path=str(library / "fox.png"), size=size).status_code
        == 400
    )


def test_one_picture_is_one_cache_entry_whatever_t_is(serve, library):
    served = serve(library)
    tags = {
        served.get("/image-thumbnail", path=str(library / "fox.png"), t=str(t)).headers["etag"]
        for t in range(20)
    }
    cached = [
        name
        for _, _, names in os.walk(os.path.join(served.core.config.data_dir, "cache"))
        for name in names
    ]
    assert len(tags) == 1 and len(cached) == 1


def test_a_changed_picture_gets_a_new_thumbnail(serve, library):
    served = serve(library)
    before = served.get("/image-thumbnail", path=str(library / "fox.png"))
    write_png(library / "fox.png", colour="green")
    after = served.get("/image-thumbnail", path=str(library / "fox.png"))
    assert before.headers["etag"] != after.headers["etag"]
    assert near(picture(after).getpixel((5, 5)), (0, 128, 0, 255))


def test_a_browser_keeps_a_thumbnail_only_under_a_name_that_changes_with_the_file(serve, library):
    served = serve(library)
    date = served.post("/batch_get_files_info", {"paths": [str(library / "fox.png")]}).json()[
        str(library / "fox.png")
    ]["date"]
    first = served.get("/image-thumbnail", path=str(library / "fox.png"), t=str(date))
    assert "immutable" in first.headers["cache-control"]
    assert (
        "no-cache"
        in served.get("/image-thumbnail", path=str(library / "fox.png"), t="1").headers[
            "cache-control"
        ]
    )
    again = served.client.get(
        "/image-thumbnail",
        params={"path": str(library / "fox.png")},
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert again.status_code == 304 and not again.content


def test_many_who_ask_at_once_share_one_decode(serve, library):
    write_png(library / "big.png", (2000, 2000))
    served = serve(library)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: served.get("/image-thumbnail", path=str(library / "big.png")), range(16)
            )
        )
    assert {answer.status_code for answer in answers} == {200} and len(
        {answer.content for answer in answers}
    ) == 1


def test_the_health_check_answers_while_thumbnails_are_made(serve, library):
    served = serve(library)
    for number in range(60):
        write_png(library / f"{number}.png", (1200, 1200))
    answered = 0
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        work = [
            pool.submit(served.get, "/image-thumbnail", path=str(library / f"{n}.png"))
            for n in range(60)
        ]
        while not all(future.done() for future in work):
            assert served.get("/hello").json() == "hello"
            answered += 1
    # In the time of sixty decodes; an answer that had to queue behind them would come twice or so.
    # The benchmark measures the speed.
    assert answered > 10 and all(future.result().status_code == 200 for future in work)


@pytest.mark.parametrize(
    ("headers", "status", "part"),
    [
        ({}, 200, slice(None)),
        ({"Range": "bytes=0-99999"}, 206, slice(None)),
        ({"Range": "bytes=-5"}, 206, slice(-5, None)),
        ({"Range": "bytes=5-"}, 206, slice(5, None)),
        ({"Range": "bytes=10-19"}, 206, slice(10, 20)),
        ({"Range": "bytes=0-0,5-9"}, 200, slice(None)),
        ({"Range": "items=0-1"}, 200, slice(None)),
        ({"Range": "bytes=9-5"}, 200, slice(None)),
        ({"Range": "bytes=-"}, 200, slice(None)),
        ({"Range": "bytes=2000-"}, 416, None),
        ({"Range": "bytes=-0"}, 416, None),
        ({"Range": "bytes=5-9", "If-Range": '"other"'}, 200, slice(None)),
        ({"Range": "bytes=5-9", "If-Range": "Tue, 14 Nov 2023 22:13:20 GMT"}, 206, slice(5, 10)),
        ({"Range": "bytes=5-9", "If-Range": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200, slice(None)),
        ({"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304, None),
        ({"If-Modified-Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200, slice(None)),
        ({"If-Modified-Since": "nonsense"}, 200, slice(None)),
        ({"If-Unmodified-Since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 412, None),
        ({"If-Match": '"other"'}, 412, None),
        ({"If-Match": "*"}, 200, slice(None)),
        ({"If-None-Match": "*"}, 304, None),
        (
            {"If-None-Match": '"other"', "If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT"},
            200,
            slice(None),
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ranges_and_conditions(serve, library, headers, status, part, method):
    data = bytes(range(250)) * 4
    (library / "clip.mp4").write_bytes(data)
    os.utime(library / "clip.mp4", (1_700_000_000, 1_700_000_000))
    answer = serve(library).client.request(
        method, "/file", params={"path": str(library / "clip.mp4")}, headers=headers
    )
    assert answer.status_code == status
    if status in (200, 206):
        assert (
            answer.headers["content-length"] == str(len(data[part]))
            and answer.headers["content-type"] == "video/mp4"
        )
        assert answer.content == (data[part] if method == "GET" else b"")
    if status == 206:
        start = (
            data.index(data[part])
            if len(data[part]) > 5
            else 995
            if "-5" in headers["Range"]
            else 5
        )
        assert (
            answer.headers["content-range"] == f"bytes {start}-{start + len(data[part]) - 1}/1000"
        )
    if status == 416:
        assert answer.headers["content-range"] == "bytes */1000"


def test_an_entity_tag_validates_and_survives_if_range(serve, library):
    served = serve(library)
    params = {"path": str(library / "fox.png")}
    etag = served.client.get("/file", params=params).headers["etag"]
    assert (
        served.client.get(
            "/file", params=params, headers={"If-None-Match": f'"x", W/{etag}'}
        ).status_code
        == 304
    )
    assert (
        served.client.get(
            "/file", params=params, headers={"If-Range": etag, "Range": "bytes=0-3"}
        ).status_code
        == 206
    )
    assert (
        served.client.get(
            "/file", params=params, headers={"If-Range": f"W/{etag}", "Range": "bytes=0-3"}
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    "name",
    ["page.html", "image.svg", "code.js", "notes.txt", "noextension", "style.css", "x.xhtml"],
)
def test_what_a_browser_could_run_is_a_download(serve, library, name):
    (library / name).write_text("<script>alert(1)</script>")
    answer = serve(library).get("/file", path=str(library / name))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert (
        answer.headers["x-content-type-options"] == "nosniff"
        and "html" not in answer.headers["content-type"]
    )


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("a.ts", "video/mp2t"),
        ("a.webm", "video/webm"),
        ("a.avif", "image/avif"),
        ("a.jxl", "image/jxl"),
        ("a.m4a", "audio/mp4"),
        ("A.PNG", "image/png"),
    ],
)
def test_types_are_our_own_table(serve, library, name, mime):
    (library / name).write_bytes(b"x")
    answer = serve(library).get("/file", path=str(library / name))
    assert answer.headers["content-type"] == mime and answer.headers[
        "content-disposition"
    ].startswith("inline")


@pytest.mark.parametrize(
    "name", ["Füchse 猫.png", 'quo"te\r\nX-Evil: 1.png', "../../etc/passwd", "a;b.png"]
)
def test_a_download_may_have_any_name(serve, library, name):
    answer = serve(library).get("/file", path=str(library / "fox.png"), disposition=name)
    assert answer.headers["content-disposition"].endswith(
        "filename*=UTF-8''" + quote(os.path.basename(name), safe="")
    )
    assert "x-evil" not in answer.headers


def test_a_picture_is_found_by_its_name_alone(serve, library, tmp_path):
    """The newest file with this name that a client may see."""
    for folder, colour in (("old", "red"), ("new", "green")):
        (library / folder).mkdir()
        write_png(library / folder / "füchs+#%25 1.png", colour=colour)
    os.utime(library / "old/füchs+#%25 1.png", (1_600_000_000, 1_600_000_000))
    served = serve(library, watch=False)
    served.post("/db/update_image_data", {})
    link = "/img/" + quote("füchs+#%25 1.png", safe="")
    answer = served.client.get(link)
    assert (
        answer.content == (library / "new/füchs+#%25 1.png").read_bytes()
        and answer.headers["content-type"] == "image/png"
    )
    assert served.client.get(link, headers={"Range": "bytes=0-3"}).status_code == 206
    assert served.client.head(link).headers["content-length"] == str(len(answer.content))
    (library / "new/füchs+#%25 1.png").unlink()
    assert served.client.get(link).content == (library / "old/füchs+#%25 1.png").read_bytes()
    for name in (
        "none.png",
        "FOX.png",
        "fox",
        "%2e%2e%2ffox.png",
        "fox.txt",
        "a%00b.png",
        "x" * 3000,
    ):
        assert served.client.get("/img/" + name).status_code == 404
    narrow = serve(library, watch=False, allowed_paths=(str(library / "sub"),))
    narrow.post("/db/update_image_data", {})
    assert (
        narrow.client.get("/img/deep.png").status_code == 200
        and narrow.client.get("/img/fox.png").status_code == 404
    )


def test_a_name_with_a_path_is_the_picture_at_that_path(serve, library):
    """The requested one of several files with the same name."""
    for folder, colour in (("old", "red"), ("new", "green")):
        (library / folder).mkdir()
        write_png(library / folder / "00001.png", colour=colour)
    served = serve(library, access_control="on")
    served.core.index.update()
    for folder in ("old", "new"):
        path = library / folder / "00001.png"
        assert served.get("/img/00001.png", path=str(path)).content == path.read_bytes()
    outside = write_png(library.parent / "00001.png")
    answers = [
        served.get("/img/00001.png", path=path)
        for path in (str(library / "fox.png"), str(library / "old"), "", str(outside))
    ]
    assert [answer.status_code for answer in answers] == [404, 400, 200, 403]


def test_thumbnails_of_folders_are_made_by_a_job(serve, library):
    served = serve(library)
    job_id = served.post(
        "/thumbnails/generate", {"folder_paths": [str(library)], "sizes": ["64x64", "32x32"]}
    ).json()["job_id"]
    assert served.core.jobs.wait(job_id, 20).status == "completed"
    status = served.get(f"/jobs/{job_id}").json()
    assert (status["status"], status["progress"], status["total"]) == ("completed", 1.0, 3)
    assert status["result"] == {"made": 3, "present": 0, "failed": 0, "errors": []}
    assert served.client.post(f"/jobs/{job_id}/cancel").json()["status"] == "completed"
    assert served.get("/jobs/none").status_code == 404
    for body in (
        {"folder_paths": []},
        {"folder_paths": [str(library)], "sizes": ["big"]},
        {"folder_paths": [str(library / "fox.png")]},
    ):
        assert served.post("/thumbnails/generate", body).status_code == 400
    assert (
        served.post(
            "/thumbnails/generate",
            {"folder_paths": [str(library)], "sizes": [f"{n}x{n}" for n in range(16, 30)]},
        ).status_code
        == 400
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_picture_can_be_downloaded_without_its_metadata(serve, library, tmp_path, method):
    write_png(tmp_path / "outside.png")
    served = serve(library, access_control="on")
    fox = library / "fox.png"
    answer = served.client.request(
        method, "/file", params={"path": str(fox), "strip_metadata": "true", "disposition": "x.png"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["content-disposition"].startswith('attachment; filename="x.png"')
    assert 0 < int(answer.headers["content-length"]) < fox.stat().st_size
    if method == "GET":
        assert len(answer.content) == int(answer.headers["content-length"])
        with Image.open(fox) as before, Image.open(io.BytesIO(answer.content)) as after:
            assert before.tobytes() == after.tobytes() and "parameters" not in after.info
    (library / "a.gif").write_bytes(b"GIF89a")
    refused = served.get("/file", path=str(library / "a.gif"), strip_metadata="true")
    assert refused.status_code == 400 and refused.json()["code"] == "UnreadableMedia"
    outside = served.get("/file", path=str(tmp_path / "outside.png"), strip_metadata="true")
    assert outside.status_code == 403
