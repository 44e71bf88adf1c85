"""The cyclic garbage collector in a process that lives long."""

import gc
from typing import Final


def spare_what_stands() -> None:
    """To be called when all is loaded. Modules, models and statements are never looked through again: some hundred thousand objects, over
    which the event loop would stand still for a tenth of a second time and again. What is young is looked through more seldom, when
    most of it has ended without."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDER)


YOUNG: Final = 10_000
OLDER: Final = 20
