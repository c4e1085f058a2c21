"""What became of papers after their post: retracted, doubted, published, a new version."""
