"""Text as terms: tokens, word forms, acronyms and how common each word is."""
