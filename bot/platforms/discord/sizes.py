"""Discord's limits that more than one room keeps, in characters."""

CONTENT = 2_000
"""The longest text of a message that is no layout."""

OPTION = 100
"""The longest name and value of a choice, of a select menu's option and of a description."""

CHOICES = 25
"""The most choices of one option, and options of one menu."""

ALT = 1_024
"""The longest text that says what a picture shows."""
