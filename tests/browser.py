"""A headless Chromium for tests that look at the page; they skip where there is none."""

import importlib.util
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec("playwright") is None,
    reason="needs Chromium on the PATH and playwright",
)

MILLISECONDS = PATIENCE * 1000
"""PATIENCE as Playwright counts it."""

_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def open_browser() -> AsyncIterator["Browser"]:
    """The system's own Chromium: playwright's download of one is not needed."""
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=MILLISECONDS)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(_QUIET), timeout=MILLISECONDS
        )
        try:
            yield browser
        finally:
            await browser.close()
