"""From a pick to a message: claims, sending, retries, edits and deletions; each post once."""
