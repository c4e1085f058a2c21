"""Sources by name: the public interfaces of preprint servers, indexes and publishers."""
