"""Which channels want this paper: pure, no storage, no clock.

`query.expression` reads a watch, `evaluate` is the definition of a match, and `index` gives the
same for all watches at once. `text.pieces` and `text.tokenizer` make terms of papers,
`text.phrase_terms` of watches; `text.definitions` and `text.acronyms` say what acronyms mean.
`phrase` and `score` say how near a paper comes to a phrase. The index lays the same arithmetic out
in arrays: `split`, `batch_tokenizer` and `scan` for papers, `phrase_table` and `variant_table` for
watches, `guards` for acronyms.
"""
