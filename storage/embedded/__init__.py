"""The embedded database: a private PostgreSQL on one data directory, shared by every process that names it.

`EmbeddedServer.start(data_dir)` joins the server that runs there, or starts one; the last one to leave stops it, and so does a small
guardian process when the last one was killed. `server` tells how. Standard library alone, Unix socket alone, no system user made or
changed. For `gateway.app`, the supervisor, the commands and the tests.
"""

from storage.embedded.errors import EmbeddedError
from storage.embedded.installation import Installation, binaries
from storage.embedded.server import EmbeddedServer

__all__ = ["EmbeddedError", "EmbeddedServer", "Installation", "binaries"]
