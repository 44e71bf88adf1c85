"""`python -m gateway` and the console script."""

import gc
import sys
from typing import Final

YOUNG: Final = 50_000
"""Objects that come before the garbage collector looks among them. All that a command imports stays, and each look finds nothing: with
Python's 700 a fifth of every start goes by in looking."""


def main() -> None:
    gc.set_threshold(YOUNG)
    from gateway.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
