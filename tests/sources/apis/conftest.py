from tests.sources.conftest import _no_backoff, fetcher  # noqa: F401 - the fixtures of the room
