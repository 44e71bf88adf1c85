"""Reading what stands in deploy/: YAML, and configurations as the service would load them there. Not a test."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.config.load import Found, Loaded, load
from tests.packaging.tree import ROOT

DEPLOY = ROOT / "deploy"
PROBES = ("/healthz", "/readyz", "/livez")


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each is not None]


def configuration(path: Path, places: Mapping[str, Path], at: Path) -> Loaded:
    """The file as the real loader reads it, copied to `at`, with directories of a container in the places that they have here."""
    text = path.read_text()
    for there, here in places.items():
        assert there in text, f"{path} reads nothing from {there}"
        text = text.replace(there, str(here))
    at.write_text(text)
    return load(Found(at, at.parent))


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def every(key: str, within: Any) -> Iterator[Any]:
    """All that stands under this key, at any depth."""
    if isinstance(within, Mapping):
        for name, value in within.items():
            if name == key:
                yield value
            yield from every(key, value)
    elif isinstance(within, list):
        for each in within:
            yield from every(key, each)
