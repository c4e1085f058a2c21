"""What several commands take, and how they take it."""

from typing import Annotated

import typer

EXPRESSIONS = {"ignore_unknown_options": True}
"""A word such as -survey belongs to the expression, not to us."""

Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[
    int | None, typer.Option(help="Port to listen on.", show_default="8080", min=0, max=65_535)
]
InChannel = Annotated[str, typer.Option("--channel", "-c", help="Such as local:general.")]
OneChannel = Annotated[str | None, typer.Option("--channel", "-c", help="One channel only.")]
Who = Annotated[
    str,
    typer.Argument(metavar="WHO", help="Such as slack:T0123/U0123, discord:USER-ID or local:NAME."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
