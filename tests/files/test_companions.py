"""Companions follow their picture in every operation; companions of a model stay with the model."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from iib_core import companions
from iib_core.access import Access
from iib_core.files import archive
from iib_core.files.disk import Disk
from iib_core.files.spec import OperationSpec
from iib_core.index import scan
from iib_core.mediatypes import media_type
from tests.files.worlds import World

OWN = (*(f"fox{ending}" for ending in companions.ENDINGS), "fox.png.txt", "fox.png.xmp")
NAMED_WHOLE = frozenset({"fox.png.txt", "fox.png.xmp"})


def _move(world: World) -> str:
    world.operations.move(world.paths("a/fox.png"), world.path("b"))
    return "b"


def _copy(world: World) -> str:
    world.operations.copy(world.paths("a/fox.png"), world.path("b"))
    return "b"


def _rename(world: World) -> str:
    world.operations.rename(world.path("a/fox.png"), "cat.png")
    for name in list(world.files()):
        if name.startswith("a/cat"):
            (world.root / "b" / name[2:].replace("cat", "fox")).write_bytes(
                (world.root / name).read_bytes()
            )
    return "b"


def _delete(world: World) -> str:
    world.operations.delete(world.paths("a/fox.png"))
    for path in (world.root / ".iib-trash").rglob("*"):
        if path.is_file():
            (world.root / "b" / path.name).write_bytes(path.read_bytes())
    return "b"


def _zip(world: World) -> str:
    access = Access([str(world.root)], restricted=True)
    members = archive.plan(world.paths("a/fox.png"), Disk(), access)
    with zipfile.ZipFile(
        io.BytesIO(b"".join(archive.stream(members, access, compress=False)))
    ) as packed:
        packed.extractall(world.root / "b")
    return "b"


def _organise(world: World) -> str:
    world.operations.move_pairs(
        OperationSpec("organise"), [(world.path("a/fox.png"), world.path("b"))]
    )
    return "b"


OPERATIONS: tuple[Callable[[World], str], ...] = (_move, _copy, _rename, _delete, _zip, _organise)


@pytest.fixture
def world(tmp_path: Path, engine: str):
    world = World(tmp_path, engine=engine)
    world.put("a/fox.png", "b/other.png", *(f"a/{name}" for name in OWN))
    yield world
    world.close()


def _arrived(world: World, operate: Callable[[World], str]) -> set[str]:
    folder = operate(world)
    return {
        name.removeprefix(f"{folder}/")
        for name in world.files()
        if name.startswith(f"{folder}/fox")
    }


@pytest.mark.parametrize("operate", OPERATIONS, ids=lambda operate: operate.__name__[1:])
def test_all_companions_follow_their_picture(world: World, operate: Callable[[World], str]) -> None:
    assert _arrived(world, operate) == {"fox.png", *OWN}
    left = {name for name in world.files() if name.startswith("a/fox")}
    assert left == (
        {f"a/{name}" for name in ("fox.png", *OWN)} if operate in (_copy, _zip) else set()
    )


@pytest.mark.parametrize("model", companions.MODELS)
@pytest.mark.parametrize("operate", OPERATIONS, ids=lambda operate: operate.__name__[1:])
def test_companions_of_a_model_stay(
    world: World, operate: Callable[[World], str], model: str
) -> None:
    world.put(f"a/fox{model}")
    assert _arrived(world, operate) == {"fox.png", *NAMED_WHOLE}
    assert {
        f"a/fox{model}",
        *(f"a/{name}" for name in OWN if name not in NAMED_WHOLE),
    } <= world.files().keys()


def test_a_preview_does_not_count_as_a_picture(world: World) -> None:
    previews = {f"fox{ending}" for ending in companions.PREVIEWS}
    assert not any(map(media_type, previews)) and not any(map(scan.is_media, previews))
    (folder,) = scan.walk([world.path("a")], lambda _: True)
    assert [entry.name for entry in folder.entries] == ["fox.png"]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("a.txt", "a"),
        ("a.png.TXT", "a.png"),
        ("a.swarm.json", "a"),
        ("a.json", "a"),
        ("a.civitai.info", "a"),
        ("a.info", None),
        ("a.png", None),
        (".txt", None),
    ],
)
def test_the_base_of_a_companion(name: str, base: str | None) -> None:
    assert companions.base(name) == base
