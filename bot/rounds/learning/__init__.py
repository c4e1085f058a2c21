"""Votes recorded, and what they teach: a taste for each channel, shared models, statistics."""
