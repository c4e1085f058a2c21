"""What people type, and what is done about it."""
