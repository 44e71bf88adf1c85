"""What a door says to somebody whose wish the desk does not grant."""


class Refused(Exception):  # noqa: N818  no defect: it ends a deed, and undoes what its transaction wrote
    """`why` is a sentence for whoever asked, which names the thing and the remedy."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
