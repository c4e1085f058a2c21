"""The nouns and their queries: the only package that touches disk."""
