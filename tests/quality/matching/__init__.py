"""Whether a match is what people want, beside the scorers they use today."""
