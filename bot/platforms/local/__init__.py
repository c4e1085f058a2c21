"""The local chat: a small web chat for trying everything without an account."""
