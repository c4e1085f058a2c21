"""What the command line does, one file a family of commands."""
