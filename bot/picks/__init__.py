"""In what order, and how many: pure, no storage, no clock."""
