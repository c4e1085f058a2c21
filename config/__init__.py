"""Settings and logging, read by the composition root alone."""
