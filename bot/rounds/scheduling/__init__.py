"""When a channel is due."""
