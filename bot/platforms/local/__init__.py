"""The local chat: a web page of our own, on the person's own machine."""
