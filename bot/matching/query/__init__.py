"""Watch expressions: from typed text to a tree, and suggestions where text is no expression."""
