"""The tools that an agent gets, and what they ask of the server."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from iib_core import __version__
from iib_core.client import Client, ClientError
from iib_core.mcp.tools import Changes, Looks

_INSTRUCTIONS = """\
The library of AI images of this user: pictures and videos with the prompts that they were made with.
Find files with `search`, whose query language is in its description; paths in answers are absolute and are
what the other tools take. Before anything is moved, show the user the preview and ask. A change of files
answers an operation_id, which `undo` reverses; nothing is ever overwritten.
"""

Tool = TypeVar("Tool", bound=Callable[..., Any])


def build(client: Client, *, allow_changes: bool) -> MCPServer[Any]:
    """A server with the tools that look, and with ``allow_changes`` those that change too."""
    server: MCPServer[Any] = MCPServer(
        "iib", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING"
    )
    looks, changes = Looks(client), Changes(client)
    reading = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    for look in (looks.search, looks.info, looks.list_tags, looks.list_albums, looks.index_status):
        server.tool(annotations=reading)(_telling(look))
    # It makes vectors and a plan that is stored, but changes no file.
    server.tool(annotations=reading)(_telling(looks.organise_preview))
    if allow_changes:
        for change in (changes.tag, changes.rate, changes.add_to_album, changes.move, changes.undo):
            server.tool(annotations=ToolAnnotations(read_only_hint=False, open_world_hint=False))(
                _telling(change)
            )
    return server


def _telling(tool: Tool) -> Tool:
    """The tool with our failures as answers that an agent can act on."""

    @functools.wraps(tool)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return tool(*arguments, **named)
        except ClientError as exc:
            raise ToolError(f"{exc.code}: {exc.message}") from exc

    return call  # type: ignore[return-value]
