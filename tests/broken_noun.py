"""A noun whose command has a bug; see `tests/unit/cli/test_main.py`."""

import typer

app = typer.Typer()


@app.command()
def broken() -> None:
    raise ZeroDivisionError("secret detail")
