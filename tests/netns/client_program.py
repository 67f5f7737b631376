"""`etherloom connect` alone, as a program."""

import typer

from etherloom.cli.connect import connect

if __name__ == "__main__":
    app = typer.Typer(add_completion=False)
    app.command()(connect)
    app()
