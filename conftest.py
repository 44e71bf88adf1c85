"""What every run of pytest has, before the fixtures of tests/conftest.py: the option `--long`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="tests that have a long form take it: more rounds, more load, more time")


@pytest.fixture(scope="session")
def long_form(request: pytest.FixtureRequest) -> bool:
    """Whether a test that has a long form shall take it."""
    return bool(request.config.getoption("--long"))
