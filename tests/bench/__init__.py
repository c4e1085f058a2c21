"""How fast it is, beside its peers: programs to run, not tests."""
