import pytest
import stamina

from bot.sources.http import Fetcher


@pytest.fixture
def _no_backoff():
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


@pytest.fixture
async def fetcher(_no_backoff):
    """A fetcher that may reach this machine, and does not wait between attempts."""
    local = Fetcher(allow_hosts=["127.0.0.1"], limiters={})
    yield local
    await local.aclose()
