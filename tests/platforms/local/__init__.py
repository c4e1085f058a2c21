"""The local chat, from its log to the browser."""
