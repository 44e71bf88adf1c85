"""`deskgate serve` without the command line: `python -m tests.processes.run_serve CONFIG [ROLE…]`. Not a test."""

import sys
from pathlib import Path

from gateway.app.serve import Options, serve
from gateway.config.load import at


def main() -> None:
    config, *roles = sys.argv[1:]
    shadow = "--shadow" in roles
    chosen = [each for each in roles if each != "--shadow"]
    serve(at(Path(config)), Options(chosen or ("all",), shadow), lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
