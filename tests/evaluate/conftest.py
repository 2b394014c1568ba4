"""One cluster for all tests that do not care whose it is."""

from collections.abc import Iterator

import pytest

from tests.evaluate.clusters import started
from tests.evaluate.fakes import CORES


@pytest.fixture(scope="package")
def cluster() -> Iterator[str]:
    """Yield the address of a cluster of one node."""
    with started(CORES) as running:
        yield running.address
