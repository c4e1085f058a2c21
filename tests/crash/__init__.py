"""Kills the program at every crossing of a port, starts it again, and looks what came of it.

`python -m tests.crash --all` tries every point and writes the table in tests/bench/RESULTS.md.
"""
