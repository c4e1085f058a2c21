"""The thin edges to chat platforms."""
