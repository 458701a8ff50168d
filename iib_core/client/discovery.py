"""Finding the server that runs on this machine."""

from __future__ import annotations

from iib_core import announcement, config
from iib_core.client.client import Client
from iib_core.client.failures import ClientError


def connect(
    data_dir: str | None = None, url: str | None = None, password: str | None = None
) -> Client:
    """A client of the server at ``url``, or of the one that runs over a data folder (None: the
    user's).

    Without ``password`` it is that of the settings, as the server itself reads them. Raises
    ClientError with the code ``NoServer`` where no server runs.
    """
    settings = config.load({"data_dir": data_dir})
    found = url or announcement.find_url(settings.data_dir)
    if found is None:
        raise ClientError(
            f"No server runs over the data folder {settings.data_dir}: start one with 'iib serve', or give "
            "its address.",
            code="NoServer",
        )
    return Client(found, settings.secret_key if password is None else password)
