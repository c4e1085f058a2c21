"""Papers pushed to Zotero libraries, each item once."""
