"""Thin edges to chat platforms, one room each."""
