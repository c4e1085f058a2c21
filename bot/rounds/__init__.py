"""When things happen, and that they happen once."""
