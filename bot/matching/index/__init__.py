"""All watches at once: the same result as evaluating each alone, laid out in columns."""
