"""Messages beside the papers: a week's best, what a pause held back, and what a club does."""
