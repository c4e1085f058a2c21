"""The process itself: heartbeat, health, metrics and memory."""
