"""Links of the older extension's page, which agents hand to people."""

from __future__ import annotations

import json
from urllib.parse import quote, urljoin

import pytest

from iib_core.routes.shared import links

pytestmark = pytest.mark.stack

FOLDERS = {"txt2img": "/out/txt2img-images", "extras": "/out/extras-images"}


def pane(kind: str, **props: object) -> dict[str, str]:
    return {"action": "pane", "type": kind, "props": json.dumps(props)}


def term_of(tag_id: int) -> str:
    return {1: 'tag:"long hair"', 2: 'model:"fox"', 3: 'tag:"wolf"'}.get(tag_id, "")


@pytest.mark.parametrize(
    ("parameters", "address"),
    [
        ({"action": "view", "path": "/out/a b.png"}, "/folder//out?open=a%20b.png"),
        ({"action": "view", "path": r"C:\out\a.png"}, "/folder/C:%5Cout?open=a.png"),
        ({"action": "open", "path": "/out/x"}, "/folder//out/x"),
        (
            {"action": "open", "path": "txt2img", "mode": "walk"},
            "/folder//out/txt2img-images?walk=1",
        ),
        ({"action": "open", "path": "extra", "mode": "scanned"}, "/folder//out/extras-images"),
        (pane("fuzzy-search", substr="sunset"), "/library?q=%22sunset%22"),
        (
            pane("fuzzy-search", substr="a(b|c)/d", isRegex=True),
            r"/library?q=re%3A%2Fa%28b%7Cc%29%5C%2Fd%2F",
        ),
        (
            pane("fuzzy-search", substr='the "fox"', pathOnly=True),
            "/library?q=path%3A%22the%20%5C%22fox%5C%22%22",
        ),
        (pane("fuzzy-search", substr="fox", searchScope="/out"), "/library?q=%22fox%22&in=%2Fout"),
        (
            pane("fuzzy-search", substr="fox", searchScope="/a,/b"),
            "/library?q=%22fox%22%20path%3A%22%2Fa%22%20OR%20path%3A%22%2Fb%22",
        ),
        (pane("fuzzy-search", substr="fox", mediaType="image"), "/library?q=%22fox%22&media=image"),
        (pane("fuzzy-search", substr="fox", mediaType="all"), "/library?q=%22fox%22"),
        (pane("fuzzy-search"), "/library"),
        (pane("tag-search"), "/tags"),
        (
            pane("tag-search-matched-image-grid", selectedTagIds={"and_tags": [1, 2]}),
            "/library?q=tag%3A%22long%20hair%22%20model%3A%22fox%22",
        ),
        (
            pane(
                "tag-search-matched-image-grid",
                selectedTagIds={"or_tags": [1, 3, 9], "not_tags": [2]},
            ),
            "/library?q=tag%3A%22long%20hair%22%20OR%20tag%3A%22wolf%22%20-model%3A%22fox%22",
        ),
        (
            pane("img-sli", left={"fullpath": "/out/a.png"}, right={"fullpath": "/in/b.png"}),
            "/folder//out?compare=%2Fout%2Fa.png&compare=%2Fin%2Fb.png",
        ),
        (pane("local", path="/out", mode="walk"), "/folder//out?walk=1"),
        (
            pane("local", path="/out", targetFile="/out/a.png", openPreview=True),
            "/folder//out?open=a.png",
        ),
        (pane("random-image"), "/library?sort=random"),
        (pane("topic-search"), "/topics"),
        (pane("global-setting"), "/library"),
    ],
)
def test_each_link_leads_to_a_view_of_ours(parameters, address):
    assert links.find_address(parameters, FOLDERS, term_of) == address


@pytest.mark.parametrize(
    "parameters",
    [
        *(
            {},
            {"action": "view"},
            {"action": "view", "path": "a.png"},
            {"action": "open", "path": "nothing"},
        ),
        *({"action": "none", "path": "/a"}, {"action": "pane"}, {"action": "pane", "type": "else"}),
        *(pane("img-sli", left="/a", right=3), pane("local", path=["/a"]), pane("img-sli")),
    ],
)
def test_what_is_no_such_link_leads_nowhere(parameters):
    assert links.find_address(parameters, FOLDERS, term_of) is None


@pytest.mark.parametrize(
    "props", ["", "{", "[1]", "null", "[" * 100_000, "%", quote(quote('{"substr":"x"}'))]
)
def test_properties_of_any_kind_are_read_or_passed_over(props):
    found = links.find_address(
        {"action": "pane", "type": "fuzzy-search", "props": props}, {}, term_of
    )
    assert found is not None and found.startswith("/library")


def test_a_property_that_was_encoded_once_more_is_read():
    props = quote('{"substr":"x y"}')
    assert links.find_address(
        {"action": "pane", "type": "fuzzy-search", "props": props}, {}, term_of
    ) == ("/library?q=%22x%20y%22")


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_page_leads_on_and_keeps_what_else_the_address_says(serve, library, slash):
    served = serve(library)
    parameters = {"action": "view", "path": str(library / "fox.png"), "lang": "de"}
    answer = served.client.get(slash, params=parameters)
    assert answer.status_code == 302
    url = urljoin(str(answer.url), answer.headers["location"])
    folder = quote(str(library), safe="/:")
    page = f"{served.client.base_url}{slash}?lang=de#/folder/{folder}?open=fox.png"
    assert url == page.replace("//?", "/?")


def test_tags_are_named_for_those_who_may_see_them(serve, library):
    parameters = pane("tag-search-matched-image-grid", selectedTagIds={"and_tags": [1]})
    served = serve(library)
    made = served.client.post("/db/add_custom_tag", json={"tag_name": 'my "own"'}).json()
    parameters["props"] = json.dumps(
        {"selectedTagIds": {"and_tags": [made["id"], 2**70, "1", True]}}
    )
    location = served.client.get("", params=parameters).headers["location"]
    assert location.endswith("#/library?q=tag%3A%22my%20%5C%22own%5C%22%22")
    assert "<html" in serve(library, permission="write-only").client.get("", params=parameters).text
    closed = serve(library, secret_key="a long secret")
    assert closed.client.get("", params=parameters).status_code == 401
