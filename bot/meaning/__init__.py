"""Texts as vectors: one protocol, one small sentence model in a process of its own."""
