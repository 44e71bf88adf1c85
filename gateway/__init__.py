"""Deskgate: the mail door of a support desk. `docs/flow.md` tells the way of one message through these rooms."""

__version__ = "0.1.0"
