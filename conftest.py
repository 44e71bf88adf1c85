"""What every run of pytest has, before the fixtures of tests/conftest.py: the option `--long`, and how Hypothesis looks for examples."""

import pytest
from hypothesis import HealthCheck, settings

# No test of ours is judged by how long one example took: the machine may be busy. `make fuzz` asks for new examples by the profile
# "default"; a usual run has the same ones each time, on every machine.
settings.register_profile("default", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("default"), derandomize=True, database=None)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="tests that have a long form take it: more rounds, more load, more time")


@pytest.fixture(scope="session")
def long_form(request: pytest.FixtureRequest) -> bool:
    """Whether a test that has a long form shall take it."""
    return bool(request.config.getoption("--long"))
