"""Fixtures of the storage tests."""

from collections.abc import AsyncGenerator

import pytest

from tests.storage.kettle_works import KettleWorks, kettle_works


@pytest.fixture
async def works(migrated_url: str) -> AsyncGenerator[KettleWorks]:
    """The kettle works behind its API, on a fresh database."""
    async with kettle_works(migrated_url) as running:
        yield running
