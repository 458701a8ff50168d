"""``iib mcp``: the library for agents that speak the Model Context Protocol."""

from __future__ import annotations

import argparse

from iib_core.client import connect
from iib_core.commands.options import DONE, Commands
from iib_core.commands.session import add_flags
from iib_core.errors import ConfigError


def add(commands: Commands) -> None:
    """Add the command."""
    mcp = commands.add(
        "mcp",
        "serve the library of a running server to an agent, over MCP",
        _run,
        "Speak the Model Context Protocol on standard input and output, for an agent that starts this "
        "command. It asks the server that runs, and changes nothing unless it is allowed to.",
    )
    mcp.add_argument(
        "--allow-changes", action="store_true", help="offer the tools that change files and tags"
    )
    add_flags(mcp, has_json=False)


def _run(arguments: argparse.Namespace) -> int:
    try:
        from iib_core.mcp import server
    except ImportError as exc:
        if (exc.name or "").partition(".")[0] != "mcp":
            raise
        raise ConfigError(
            "'iib mcp' needs the package mcp: install it with pip install 'iib[mcp]'."
        ) from exc
    client = connect(arguments.data_dir, arguments.url)
    server.build(client, allow_changes=arguments.allow_changes).run("stdio")
    return DONE
