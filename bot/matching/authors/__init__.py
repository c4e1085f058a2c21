"""Author names: when two are the same person, and an index of many watched names."""
