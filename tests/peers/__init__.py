"""Programs of others, or in their place, that ours talks to over real sockets."""
