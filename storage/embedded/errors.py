"""The one error of the embedded database."""


class EmbeddedError(Exception):
    """Says what is wrong, where, and what to do about it: fit for an operator's eyes as it stands."""
