"""Which channels want this paper: pure, no storage, no clock."""
