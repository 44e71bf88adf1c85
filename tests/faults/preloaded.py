"""`python -m tests.faults.preloaded ARGUMENTS`: the gateway, whose embedded PostgreSQL has the faults of `tests.faults.shim` too."""

import os

from gateway.__main__ import main
from storage.embedded.account import ENVIRONMENT

if __name__ == "__main__":
    ENVIRONMENT.update({name: os.environ[name] for name in ("LD_PRELOAD", "FAULTS", "FAULTS_UNDER")})
    main()
