"""What the parent hands on to its children: the checked settings, and the operator's templates as they were when they were checked."""

import json
from collections.abc import Mapping, Sequence
from socket import socket

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.settings import Settings


def pack(settings: Settings, source: str, fingerprint: str) -> bytes:
    """Reads the directory of templates. Raises ConfigurationError for what is wrong there; `source` is the configuration's file."""
    files: dict[str, str] = {}
    if settings.templates.directory is not None:
        # Imported only here: most desks have none, and every child would pay for it at its start.
        from gateway.app.templates import read_templates
        from gateway.letters.examine import faults_of

        found = read_templates(settings.templates.directory)
        if faults := faults_of(found):
            raise ConfigurationError(source, tuple(Fault(("templates", "directory"), None, str(each)) for each in faults))
        files = dict(found.files)
    handed_on = {"settings": settings.dump().decode(), "templates": files, "fingerprint": fingerprint}
    return json.dumps(handed_on, ensure_ascii=False).encode()


def unpack(packed: bytes) -> tuple[Settings, tuple[tuple[str, str], ...], str]:
    document = json.loads(packed)
    return Settings.restore(document["settings"].encode()), tuple(sorted(document["templates"].items())), document["fingerprint"]


def seen_from_outside(settings: Settings, sockets: Mapping[str, Sequence[socket]]) -> Settings:
    """With port 0 the links in letters need the port that we got."""
    bound = sockets.get("web")
    if settings.web.address_is_known or not bound:
        return settings
    host, port = bound[0].getsockname()[:2]
    site = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return settings.seen_at(site)
