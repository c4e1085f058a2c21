"""Slack: Socket Mode or HTTP, Block Kit, one workspace or many."""
