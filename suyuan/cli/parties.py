"""`suyuan party …` and `suyuan token …`: who takes part, and the tokens they call with."""

from __future__ import annotations

from typing import Annotated

import typer

from foundation.access import Party, Register, Role
from foundation.epcis import iso
from foundation.records import SqliteRecords
from suyuan.cli.shell import AsJson, CommandError, Config, Data, escape, out, print_json, table
from suyuan.node import RECORD_KINDS
from suyuan.settings import load
from trace_api import canonical_party
from trace_api.service import now_us

__all__ = ["party_app", "token_app"]

party_app = typer.Typer(help="Parties and their GS1 company prefixes.", no_args_is_help=True)
token_app = typer.Typer(help="Bearer tokens: issued once, stored hashed.", no_args_is_help=True)

DAY = 86_400_000_000


def _register(data: Data, config: Config) -> Register:
    folder = load(config, data=data).data
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Register(SqliteRecords(folder / "records.sqlite", RECORD_KINDS))


@party_app.command("add")
def add_party(
    gln: Annotated[str, typer.Argument(help="Its GLN (13 digits), PGLN URN or Digital Link.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    role: Annotated[list[Role], typer.Option(help="What it does; may be repeated.")],
    name_zh: Annotated[str, typer.Option(help="Its Chinese name.")] = "",
    prefix: Annotated[
        list[str] | None, typer.Option(help="A GS1 company prefix it owns; may be repeated.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Enter a party, or change a known one."""
    text = f"https://id.gs1.org/417/{gln}" if gln.isdigit() else gln
    party = Party(canonical_party(text), name, name_zh or name, tuple(prefix or ()), tuple(role))
    _register(data, config).add_party(party)
    out.print(f"{party.id}  {party.name}", markup=False, highlight=False, soft_wrap=True)


@party_app.command("list")
def list_parties(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """All parties."""
    parties = _register(data, config).parties()
    if as_json:
        print_json([party.to_value() | {"id": party.id} for party in parties])
        return
    shown = table("party", "name", "名称", "prefixes", "roles")
    for party in parties:
        prefixes, roles = " ".join(party.company_prefixes), " ".join(party.roles)
        shown.add_row(*map(escape, (party.id, party.name, party.name_zh, prefixes, roles)))
    out.print(shown)


@token_app.command("issue")
def issue(
    role: Annotated[Role, typer.Argument(help="In which role the caller acts.")],
    party: Annotated[str | None, typer.Option(help="For which party: GLN, PGLN or Digital Link.")] = None,
    note: Annotated[str, typer.Option(help="Whose it is, for the one who administers tokens.")] = "",
    days: Annotated[
        int | None, typer.Option(min=1, help="Valid for so many days; else until revoked.")
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Issue a token. It is shown this once."""
    acts_for = None
    if party is not None:
        acts_for = canonical_party(f"https://id.gs1.org/417/{party}" if party.isdigit() else party)
    expires = None if days is None else now_us() + days * DAY
    token = _register(data, config).issue_token(acts_for, role, note, expires)
    if as_json:
        print_json({"token": token})
    else:
        out.print(token, highlight=False, soft_wrap=True)


@token_app.command("list")
def list_tokens(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """All tokens: for whom, until when, last used; never the tokens themselves."""
    tokens = list(_register(data, config).tokens())
    if as_json:
        print_json(
            [
                {"id": token.id, "party": token.party, "role": token.role, "note": token.note}
                | {
                    "expires": _iso(token.expires),
                    "revoked": _iso(token.revoked),
                    "lastUsed": _iso(token.last_used),
                }
                for token in tokens
            ]
        )
        return
    shown = table("token", "role", "party", "note", "expires", "revoked", "last used")
    for token in tokens:
        shown.add_row(
            token.id,
            token.role,
            token.party or "–",
            escape(token.note),
            *(_iso(instant) or "–" for instant in (token.expires, token.revoked, token.last_used)),
        )
    out.print(shown)


@token_app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="The token's name, from `suyuan token list`.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a token void, within a second also on a running server."""
    register = _register(data, config)
    if token_id not in {token.id for token in register.tokens()}:
        raise CommandError(f"there is no token {token_id}; see `suyuan token list`")
    register.revoke(token_id)
    out.print(f"{token_id} is revoked")


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)
