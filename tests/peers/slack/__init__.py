"""Slack, as strict as its documentation, on a port of this machine."""
