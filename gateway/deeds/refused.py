"""What a door says to somebody whose wish the desk does not grant."""


class Refused(Exception):  # noqa: N818  no defect: it ends a deed, and undoes what its transaction wrote
    """`why` is a sentence for whoever asked, which names the thing and the remedy; `key` is the same among the console's words, for which
    `values` are its names. Without a key the console says it as it is."""

    def __init__(self, why: str, key: str | None = None, **values: object) -> None:
        super().__init__(why)
        self.why = why
        self.key = key
        self.values = values


class Missing(Refused):
    """What is meant is not there, or not for whoever asks to see: both are told alike."""


class NotYet(Refused):
    """Somebody else is at it: the same wish may be granted in a moment."""
