"""Imports structlog, for its side effect, without rich: structlog would take that along, wherever it is installed, for tracebacks that we
never have it print, and it is a good third of what structlog costs a process at its start. To be imported before anything that logs."""

import sys

if "structlog" not in sys.modules:
    _known = "rich" in sys.modules
    if not _known:
        sys.modules["rich"] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        import structlog  # noqa: F401
    finally:
        if not _known:
            del sys.modules["rich"]
