"""Every noun of the command line, and where its commands are.

A noun's module is imported only when it is used, because signing and SQL take a second to import
and `tracer --help` should not.
"""

from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Noun(NamedTuple):
    """A noun of the command line.

    Attributes:
        module: where its `app` is.
        help: its line in `tracer --help`.
        is_verb: it is a command itself and has no commands below it.
    """

    module: str
    help: str
    is_verb: bool = False


NOUNS: Final[dict[str, Noun]] = {
    "chain": Noun("tracer.cli.chain", "Start a local chain, deploy a ledger, see what is there."),
    "party": Noun("tracer.cli.party", "Admit companies and authorities; manage their keys."),
    "batch": Noun("tracer.cli.batch", "Register a batch from a file; look at batches."),
    "event": Noun("tracer.cli.event", "Record something that happened to a batch."),
    "document": Noun("tracer.cli.document", "Commit to a paper: certificate, report, declaration."),
    "customs": Noun("tracer.cli.customs", "Answer brokers' claims: compare, confirm, object."),
    "desk": Noun("tracer.cli.desk", "Run the desk where papers are handed in; sign for it."),
    "vault": Noun("tracer.cli.vault", "Keep papers encrypted: keys, rotation, scrub, grants."),
    "serials": Noun("tracer.cli.serials", "Issue the serial numbers of a batch's tins."),
    "scans": Noun("tracer.cli.scans", "See how often a batch's tins were scanned; forget it."),
    "label": Noun("tracer.cli.label", "Print QR labels for tins."),
    "index": Noun("tracer.cli.index", "Copy the ledger into the SQL mirror."),
    "fsck": Noun("tracer.cli.fsck", "Compare the mirror with the chain.", is_verb=True),
    "verify": Noun(
        "tracer.cli.verify", "Check a tin or a batch against a node you choose.", is_verb=True
    ),
    "publish": Noun(
        "tracer.cli.publish", "Finish the pages of all batches ahead of time.", is_verb=True
    ),
    "serve": Noun("tracer.cli.serve", "Serve the scan page and the API.", is_verb=True),
    "demo": Noun(
        "tracer.cli.demo", "Show everything on this machine, with three batches.", is_verb=True
    ),
}


def load_noun(name: str) -> Any:  # noqa: ANN401 - typer's command class is private
    """Import a noun's commands."""
    noun = NOUNS[name]
    build = typer.main.get_command if noun.is_verb else typer.main.get_group
    command = build(import_module(noun.module).app)
    command.name = name
    return command


class NounGroup(TyperGroup):
    """The root command: lists all nouns, imports the one that is used."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer passes its own settings
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=noun.help) for name, noun in NOUNS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as in typer
        """Find the noun by its stub, then load it."""
        name, stub, rest = super().resolve_command(ctx, args)
        return name, None if stub is None or name is None else load_noun(name), rest
