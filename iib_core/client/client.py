"""The whole client."""

from __future__ import annotations

from iib_core.client.changing import Changing
from iib_core.client.comparing import Comparing
from iib_core.client.finding import Finding
from iib_core.client.marking import Marking
from iib_core.client.seeing import Seeing
from iib_core.client.transport import HttpTransport, Transport


class Client(Finding, Marking, Changing, Comparing, Seeing):
    """Calls the API of a server. Each method is one call, unless it says that it waits or pages.

    ``server``: its address with the base path, as it prints it, or a transport. ``password``: that
    of the server. ``timeout_s``: longest silence of the server. Every failure is a ClientError.
    """

    def __init__(
        self, server: str | Transport, password: str = "", timeout_s: float = 60.0
    ) -> None:
        transport = HttpTransport(server, timeout_s) if isinstance(server, str) else server
        super().__init__(transport, password)
