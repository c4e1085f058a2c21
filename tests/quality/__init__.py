"""How good it is on judged data, beside its peers: programs to run, not tests."""
