"""Slack: what we read, what we write, and the whole of it on the real client library."""
