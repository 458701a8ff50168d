"""Tickets for pictures that are sent to the host."""

from __future__ import annotations

import pytest
from PIL import Image

from iib_core.core import Host
from iib_core.metadata import infotext
from iib_core.metadata.info import GenerationInfo
from iib_core.sends import EXPIRY_S, Sends
from tests.conftest import INFOTEXT

pytestmark = pytest.mark.stack


def test_a_ticket_is_good_once_and_only_for_a_while():
    clock = [0.0]
    sends = Sends(lambda: clock[0])
    first, second = (
        sends.add("/a", "txt2img", claimed=True),
        sends.add("/b", "img2img", claimed=True),
    )
    assert sends.redeem(second.id).path == "/b"
    assert sends.redeem(second.id) is None and sends.redeem("made up") is None
    clock[0] = EXPIRY_S + 1
    assert sends.redeem(first.id) is None


def test_each_send_of_a_script_is_claimed_by_one_page():
    clock = [0.0]
    sends = Sends(lambda: clock[0])
    sends.add("/own", "txt2img", claimed=True)
    for path in ("/a", "/b"):
        sends.add(path, "txt2img", claimed=False)
    assert (sends.waiting, sends.claim().path, sends.claim().path, sends.claim()) == (
        2,
        "/a",
        "/b",
        None,
    )
    sends.add("/c", "txt2img", claimed=False)
    clock[0] = EXPIRY_S + 1
    assert (sends.waiting, sends.claim()) == (0, None)


def test_done_is_told_by_ticket_and_of_the_newest():
    sends = Sends()
    assert sends.is_done()
    first, second = (
        sends.add("/a", "txt2img", claimed=True),
        sends.add("/b", "txt2img", claimed=True),
    )
    sends.redeem(first.id)
    assert (sends.is_done(first.id), sends.is_done(second.id), sends.is_done()) == (
        True,
        False,
        False,
    )


def test_what_an_extension_takes_is_done_as_soon_as_a_page_has_it():
    sends = Sends()
    send = sends.add("/a", "openoutpaint", claimed=False)
    assert not sends.is_done(send.id)
    assert sends.claim().done and sends.is_done(send.id)


def test_what_is_kept_is_bounded():
    sends = Sends()
    for _ in range(2000):
        sends.add("/a", "txt2img", claimed=False)
    assert sends.waiting <= 500


HOST = Host(reachable=False, targets=("txt2img", "img2img"))


def send(served, path, target="img2img"):
    """The ticket of a picture on its way."""
    params = {"path": str(path), "target": target, "here": "true"}
    return served.client.post("/send_img_path", params=params).json()["id"]


def test_a_ticket_is_worth_picture_and_infotext_once(serve, library):
    served = serve(library, host_app=HOST)
    turned = library / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (40, 20), 200).save(turned, exif=exif)
    expected = [
        (library / "fox.png", "img2img", True, (64, 48), INFOTEXT),
        (turned, "img2img", True, (20, 40), ""),
        (library / "fox.png", "txt2img", True, None, INFOTEXT),  # which takes no picture
    ]
    for path, target, is_picture, size, text in expected:
        ticket = send(served, path, target)
        kept = served.core.sends
        assert (kept.picture(ticket), kept.infotext(ticket)) == (None, "")
        answer = served.client.post("/redeem_send", params={"id": ticket})
        assert answer.json() == {"picture": is_picture, "infotext": bool(text)}
        picture = kept.picture(ticket)
        assert (picture and (picture.size, picture.mode)) == (size and (size, "RGB"))
        assert (kept.picture(ticket), kept.infotext(ticket)) == (None, text)
        again = served.client.post("/redeem_send", params={"id": ticket})
        assert again.status_code == 404
        assert "send it again" in again.json()["detail"]


def test_what_cannot_be_read_any_more_is_told(serve, library):
    served = serve(library, host_app=HOST)
    (library / "broken.png").write_bytes(b"no picture")
    tickets = [send(served, library / name) for name in ("broken.png", "fox.png")]
    (library / "fox.png").unlink()
    answers = [served.client.post("/redeem_send", params={"id": ticket}) for ticket in tickets]
    assert [answer.status_code for answer in answers] == [400, 404]
    assert "damaged" in answers[0].json()["detail"]
    assert "fox.png" in answers[1].json()["detail"]


def test_few_pictures_are_kept_and_none_for_long():
    now = 0.0
    sends = Sends(lambda: now)
    for number in range(20):
        sends.keep(str(number), object(), "text")
    assert [bool(sends.infotext(str(number))) for number in range(20)] == [False] * 12 + [True] * 8
    now = 500.0
    sends.keep("new", object(), "text")
    assert [bool(sends.infotext(name)) for name in ("19", "new")] == [False, True]


@pytest.mark.parametrize(
    ("target", "status"),
    [("txt2img", 200), ("inpaint", 409), ("openoutpaint", 200), ("attic", 400)],
)
def test_a_target_that_the_host_lacks_is_refused(serve, library, target, status):
    answer = serve(library, host_app=HOST).client.post(
        "/send_img_path", params={"path": str(library / "fox.png"), "target": target}
    )
    assert answer.status_code == status


def test_without_a_host_there_is_nothing_to_send_to(serve, library):
    answer = serve(library).client.post("/send_img_path", params={"path": str(library / "fox.png")})
    assert (answer.status_code, answer.json()["code"]) == (409, "Conflict")


def test_an_infotext_is_taken_over_or_made_of_what_is_known():
    assert infotext.compose(infotext.parse(INFOTEXT)) == INFOTEXT
    known = GenerationInfo(
        prompt="a fox",
        negative_prompt="blur",
        infotext='{"3": {}}',
        steps=20,
        sampler="euler",
        cfg_scale=7.0,
        seed=42,
        width=64,
        height=48,
        model="x",
    )
    assert (
        infotext.compose(known)
        == "a fox\nNegative prompt: blur\nSteps: 20, CFG scale: 7, Seed: 42, Size: 64x48"
    )
    assert infotext.parse(infotext.compose(known)).seed == 42
    assert infotext.compose(GenerationInfo()) == ""
