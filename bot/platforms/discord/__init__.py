"""Discord as a place to post: a thin edge around discord.py."""
