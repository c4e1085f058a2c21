"""Which channels want this paper: pure, no storage, no clock.

`expression` reads a watch, `evaluate` is the definition of a match, and `index` gives the same for
all watches at once. Words are made alike in `letters`, `words`, `stems` and `text`; `phrase` and
`score` say how near a paper comes to a phrase. The index lays the same arithmetic out in columns:
`tokens` and `stream` for papers, `variants` and `keys` for watches, `scan` for both.
"""
