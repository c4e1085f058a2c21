"""What a post says, before a platform renders it."""
