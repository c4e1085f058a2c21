"""How long a test waits for what must happen."""

PATIENCE = 120.0
"""Seconds: far more than the slowest machine needs, so that only what never comes fails a test."""
