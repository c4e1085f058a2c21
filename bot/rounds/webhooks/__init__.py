"""A channel's posts as signed JSON to an address of its own."""
