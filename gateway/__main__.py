"""`python -m gateway` and the console script."""

import sys


def main() -> None:
    from gateway.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
