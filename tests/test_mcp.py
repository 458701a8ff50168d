"""The library over the Model Context Protocol, as an agent speaks it: a process, its input and
output.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the package mcp is not installed")

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from iib_core.config import BASE
from tests import loops
from tests.conftest import Served

pytestmark = pytest.mark.stack

TOP = Path(__file__).parent.parent
LOOKS = {"search", "info", "list_tags", "list_albums", "index_status", "organise_preview"}
CHANGES = {"tag", "rate", "add_to_album", "move", "undo"}


@pytest.fixture
def served(serve, library) -> Served:
    served = serve(library)
    served.core.index.update()
    return served


def speak(
    served: Served, tmp_path: Path, talk: Callable[[Client], Awaitable[Any]], *flags: str
) -> Any:
    """What ``talk`` returns, over the input and output of ``iib mcp``."""
    arguments = [
        "-m",
        "iib_core",
        "mcp",
        "--url",
        served.url + BASE,
        "--data-dir",
        str(tmp_path / "data"),
    ]
    environment = {"PYTHONPATH": os.pathsep.join([str(TOP), *filter(None, sys.path)])}
    process = StdioServerParameters(
        command=sys.executable, args=[*arguments, *flags], env=environment, cwd=tmp_path
    )

    async def run() -> Any:
        async with Client(process) as client:
            return await talk(client)

    return loops.apart(lambda: asyncio.run(asyncio.wait_for(run(), 90)))


def answer(result: CallToolResult) -> Any:
    assert not result.is_error, result.content
    return result.structured_content


def test_only_tools_that_look_are_there_unless_changes_are_allowed(served, tmp_path):
    async def list_tools(client: Client) -> dict[str, Any]:
        return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = speak(served, tmp_path, list_tools)
    assert set(tools) == LOOKS
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    assert "rating:>=4" in tools["search"].description
    assert set(speak(served, tmp_path, list_tools, "--allow-changes")) == LOOKS | CHANGES


def test_an_agent_finds_and_looks(served, library, tmp_path):
    fox = str(library / "fox.png")

    async def talk(client: Client) -> None:
        found = answer(await client.call_tool("search", {"query": "red fox"}))
        assert [file["path"] for file in found["files"]] == [fox] and not found["has_more"]
        near = answer(
            await client.call_tool("search", {"query": "fox", "by_meaning": True, "limit": 3})
        )
        assert [file["path"] for file in near["files"]] == [fox]
        told = answer(await client.call_tool("info", {"paths": [fox, str(library / "none.png")]}))
        assert told["infos"][fox]["seed"] == 42 and len(told["errors"]) == 1
        assert "workflow" not in told["infos"][fox]
        status = answer(await client.call_tool("index_status", {}))
        assert status["files"] == 3 and status["folders"] == [str(library)]
        assert answer(await client.call_tool("list_albums", {})) == {"albums": []}
        asked = {"folders": [str(library)], "dest_folder": str(library / "by"), "by": "model"}
        preview = answer(await client.call_tool("organise_preview", asked))
        assert preview["total_files"] == 2 and preview["job_id"] and not (library / "by").exists()
        wrong = await client.call_tool("search", {"query": "steps:many"})
        assert wrong.is_error and "InvalidRequest" in wrong.content[0].text

    speak(served, tmp_path, talk)


def test_an_agent_changes_what_it_is_allowed_to(served, library, tmp_path):
    fox, dest = str(library / "fox.png"), str(library / "new")

    async def talk(client: Client) -> None:
        assert (
            answer(await client.call_tool("tag", {"paths": [fox], "tag": "fine"}))["updated"] == 1
        )
        assert answer(await client.call_tool("rate", {"paths": [fox], "rating": 5}))["updated"] == 1
        await client.call_tool("add_to_album", {"paths": [fox], "album": "best"})
        found = answer(await client.call_tool("search", {"query": "tag:fine rating:5 album:best"}))
        assert len(found["files"]) == 1
        asked = {"paths": [fox], "dest_folder": dest, "create_folder": True}
        planned = answer(await client.call_tool("move", asked))
        assert planned["dry_run"] and len(planned["moved"]) == 1 and not os.path.exists(dest)
        moved = answer(await client.call_tool("move", {**asked, "confirm": True}))
        assert set(os.listdir(dest)) == {"fox.png", "fox.txt"}
        await client.call_tool("undo", {"operation_id": moved["operation_id"]})
        assert os.path.exists(fox)
        await client.call_tool("tag", {"paths": [fox], "tag": "Fine", "remove": True})
        assert answer(await client.call_tool("search", {"query": "tag:fine"}))["files"] == []

    speak(served, tmp_path, talk, "--allow-changes")


def test_a_read_only_server_refuses_the_changes_of_an_agent(serve, library, tmp_path):
    served = serve(library, read_only=True)

    async def talk(client: Client) -> str:
        asked = {"paths": [str(library / "fox.png")], "rating": 5}
        refused = await client.call_tool("rate", asked)
        assert refused.is_error
        return str(refused.content[0].text)

    assert "ReadOnly" in speak(served, tmp_path, talk, "--allow-changes")
