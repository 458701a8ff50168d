"""The page and its files."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
from pathlib import Path
from urllib.parse import urljoin

import pytest
from PIL import Image

from iib_core.routes.shared import page_files

pytestmark = pytest.mark.stack

FOLDER = Path(__file__).parents[2] / "javascript" / "gallery"
SOURCES = page_files.read(FOLDER)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_page_comes_with_links_that_lead_to_its_files(serve, library, slash):
    served = serve(library)
    answer = served.client.get(slash)
    assert answer.headers["content-type"].startswith("text/html") and "<html" in answer.text
    assert (
        "script-src" in answer.headers["content-security-policy"]
        or "default-src 'self'" in answer.headers["content-security-policy"]
    )
    links = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert links and not any(link.startswith(("/", "http")) for link in links)
    for link in links:
        found = served.client.get(urljoin(str(answer.url), link))
        assert found.status_code == 200 and "immutable" in found.headers["cache-control"]
    module = next(link for link in links if link.endswith("main.mjs"))
    assert (
        served.client.get(urljoin(str(answer.url), module))
        .headers["content-type"]
        .startswith("text/javascript")
    )


def test_the_page_begins_with_few_files(serve, library):
    answer = serve(library).client.get("")
    links = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert len(links) == len(set(links)) <= 8
    assert sum(link.endswith(".css") for link in links) == 1


def test_every_module_is_in_one_of_the_files_with_what_it_exports():
    """Those without code, and the languages that are loaded one at a time, are not."""
    texts = {
        name: content.decode()
        for name, content in SOURCES.items()
        if name.endswith(".mjs") and not name.startswith("vendor/")
    }
    joined = [
        page_files.PAGE.current().files[name].decode()
        for name in ("early.mjs", "main.mjs", "later.mjs")
    ]
    parts = [part for text in joined for part in re.split(r"^modules\['", text, flags=re.M)[1:]]
    bodies = dict(part.split("']", 1) for part in parts)
    assert len(bodies) == len(parts), "a module is there twice"
    for name, text in texts.items():
        exported = set(
            re.findall(r"^export (?:async )?(?:function\*?|class|const) (\w+)", text, re.M)
        )
        if not exported and (name.startswith("i18n/") or "export {};" in text):
            continue
        last = bodies[name].rindex("\nreturn {")
        assert set(re.findall(r"\w+", bodies[name][last:])) >= exported, name


def test_modules_can_be_joined():
    """What is joined are constants, so a module may export nothing that changes."""
    for name, content in SOURCES.items():
        if name.endswith(".mjs") and not name.startswith("vendor/"):
            code = re.sub(r"/\*.*?\*/", "", content.decode(), flags=re.S)
            assert not re.search(r"^export (let|var|\*|{(?! *};))", code, re.M), name
            assert not re.search(r"^import ['\"]", code, re.M), name


@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
def test_the_files_are_compressed_for_those_who_take_it(serve, library, encoding):
    served = serve(library)
    address = re.search(r'src="([^"]+/main.mjs)"', served.client.get("").text)[1]
    answer = served.client.get(address, headers={"Accept-Encoding": encoding})
    assert answer.headers.get("content-encoding", "identity") == encoding.split(",")[0]
    assert answer.content == page_files.PAGE.current().files["main.mjs"]
    assert answer.headers["vary"] == "accept-encoding"
    again = served.client.get(
        address, headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_the_root_leads_to_the_page(serve, library):
    served = serve(library)
    assert "<html" in served.client.get(served.url + "/", follow_redirects=True).text


def test_the_pages_files_validate(serve, library):
    served = serve(library)
    link = urljoin(
        str(served.client.get("").url),
        re.findall(r'href="([^"]+\.css)"', served.client.get("").text)[0],
    )
    etag = served.client.get(link).headers["etag"]
    assert served.client.get(link, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("secret", ["", "a long secret"])
@pytest.mark.parametrize(
    "name",
    [
        "..%2findex.html",
        "%2e%2e/%2e%2e/pyproject.toml",
        "..\\..\\pyproject.toml",
        "//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "main.mjs%00",
        "nothing.mjs",
        "",
    ],
)
def test_nothing_else_comes_out_of_the_static_route(serve, library, name, secret):
    served = serve(library, secret_key=secret)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    build = re.search(r"static/(\w+)/", served.client.get("", headers=headers).text)[1]
    address = f"{served.url}/infinite_image_browsing/static/{build}/{name}"
    assert served.client.get(address, headers=headers).status_code in (400, 404)
    assert served.client.get(address).status_code in ((401, 404) if secret else (400, 404))


def test_a_page_of_an_older_version_gets_no_newer_modules(serve, library):
    assert serve(library).get("/static/0123456789ab/main.mjs").status_code == 404


@pytest.mark.parametrize(
    ("origins", "policy"),
    [
        ((), "'self'"),
        (
            ("https://a.example", "https://*.b.example"),
            "'self' https://a.example https://*.b.example",
        ),
    ],
)
def test_a_frame_of_another_site_shows_neither_the_page_nor_the_login_unless_it_is_listed(
    serve, library, origins, policy
):
    for settings in ({}, {"secret_key": "correct horse"}):
        answer = serve(library, frame_origins=origins, **settings).client.get(
            "", headers={"Accept": "text/html"}
        )
        assert (
            answer.headers["content-security-policy"].split("frame-ancestors ")[1].split(";")[0]
            == policy
        )


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_page_can_be_installed_and_begins_at_itself(serve, library, slash):
    served = serve(library)
    page = str(served.client.get(slash).url)
    link = re.search(r'rel="manifest" href="([^"]+)"', served.client.get(slash).text)
    address = urljoin(page, link[1])
    answer = served.client.get(address)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert urljoin(address, manifest["start_url"]) == page.rstrip("/") + "/"
    assert urljoin(address, manifest["scope"]) == page.rstrip("/") + "/"
    assert "<html" in served.client.get(urljoin(address, manifest["start_url"])).text
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        drawn = served.client.get(urljoin(address, icon["src"]))
        assert drawn.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            with Image.open(io.BytesIO(drawn.content)) as picture:
                assert f"{picture.width}x{picture.height}" == icon["sizes"]
                corner = picture.convert("RGBA").getpixel((0, 0))
            assert corner[3] == (255 if icon.get("purpose") == "maskable" else 0)


@pytest.mark.parametrize("secret", ["", "a long secret"])
def test_the_service_worker_keeps_the_files_of_this_build(serve, library, secret):
    served = serve(library, secret_key=secret)
    if secret:
        assert served.client.get("/service-worker.js").status_code == 401
        served.client.headers["Authorization"] = f"Bearer {secret}"
    page = served.client.get("/")
    answer = served.client.get("/service-worker.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert page_files.PAGE.current().name in answer.text and "__" not in answer.text
    files = re.search(r"JSON\.parse\('(.+)'\)", answer.text)[1]
    for name in json.loads(files):
        kept = served.client.get(f"/static/{page_files.PAGE.current().name}/{name}")
        assert kept.status_code == 200 and name.endswith((".mjs", ".js", ".css"))
    begun = re.findall(r'(?:src|href)="static/[^/]+/([^"]+)"', page.text)
    assert {name for name in begun if name.endswith(("js", "css"))} <= set(json.loads(files))


@pytest.fixture
def copied(tmp_path):
    """A page whose files a test may change, and its folder."""
    folder, program = tmp_path / "gallery", tmp_path / "program"
    shutil.copytree(FOLDER, folder)
    program.mkdir()
    (program / "core.py").write_text("")
    return page_files.Page(folder, program), folder


def test_a_changed_file_is_seen_at_the_next_reload_and_an_open_page_goes_on_with_its_own(copied):
    page, folder = copied
    before = page.current()
    assert page.current() is before
    module = folder / "ui" / "button.mjs"
    module.write_text(module.read_text() + "\nconst newKnob = 1;\n")
    after = page.current()
    assert after.name != before.name
    assert b"newKnob" in after.files["main.mjs"] and b"newKnob" not in before.files["main.mjs"]
    assert gzip.decompress(after.packed["main.mjs"]) == after.files["main.mjs"]
    assert page.find(before.name) is before and page.find(after.name) is after


@pytest.mark.parametrize("name", ["style/tile.css", "theme.js", "index.html", "i18n/de.mjs"])
def test_any_changed_file_changes_every_address(copied, name):
    page, folder = copied
    before = page.current()
    with open(folder / name, "ab") as file:
        file.write(b"\n")
    assert page.current().name != before.name


def test_the_same_files_have_the_same_addresses(copied):
    page, folder = copied
    before = page.current()
    (folder / "main.mjs").touch()
    assert page.current().name == before.name


def test_files_that_cannot_be_joined_leave_the_page_as_it_was(copied, caplog):
    page, folder = copied
    before = page.current()
    (folder / "ui" / "button.mjs").rename(folder / "ui" / "knob.mjs")
    assert page.current() is before
    assert "ui/button.mjs" in caplog.text
    (folder / "ui" / "knob.mjs").rename(folder / "ui" / "button.mjs")
    assert page.current().name == before.name


def test_a_program_that_is_updated_while_it_runs_keeps_its_page(copied):
    page, folder = copied
    before = page.current()
    (folder.parent / "program" / "core.py").write_text("new = True\n")
    (folder / "theme.js").write_text("// of another version\n")
    assert page.current() is before
