"""A client of the HTTP API for scripts: the standard library only, one method a call, typed
answers.

from iib_core.client import Client, connect

client = connect()                                  # the server that runs over the data folder
client = Client("http://127.0.0.1:7866/infinite_image_browsing", password="...")
for file in client.search_all("fox rating:>=4"):
    print(file["fullpath"])
"""

from iib_core.client.client import Client
from iib_core.client.discovery import connect
from iib_core.client.failures import ClientError

__all__ = ["Client", "ClientError", "connect"]
