"""`suyuan verify ID|PROOF`: check a proof offline, or ask what is known of an identity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from foundation.epcis import iso
from foundation.gs1 import Identity, parse
from foundation.web import Language
from ledger import ReadOnlyLog, UnknownPosition, verify_bundle
from public_query import ProductEvidence, as_json, decide
from suyuan.cli.shell import AsJson, CommandError, Config, Data, escape, out, print_json
from suyuan.node import Node
from suyuan.public import PublicEvidence
from suyuan.settings import load

__all__ = ["verify"]

LARGEST_PROOF = 8 * 1024 * 1024


def verify(
    what: Annotated[str, typer.Argument(metavar="ID|PROOF", help="A proof bundle's file, or an identity.")],
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", help="File with verifier keys, one a line; may be repeated."),
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json_: AsJson = False,
) -> None:
    """Check a proof bundle against keys you trust (offline), or give the verdict on an identity."""
    file = Path(what)
    if _is_file(file):
        _proof(file, trust or [], as_json_)
    elif trust:
        raise CommandError(f"{what}: there is no such file; --trust goes with a proof bundle")
    else:
        _identity(what, data, config, as_json_)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than any file's name: an identifier
        return False


def _keys(files: list[Path]) -> list[str]:
    keys: list[str] = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{file}: {fault}") from fault
        keys += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not keys:
        raise CommandError(
            "a proof is checked against keys that you trust and that did not come with it:"
            " --trust FILE (a server's key: `suyuan log key`)"
        )
    return keys


def _proof(file: Path, trust: list[Path], as_json_: bool) -> None:
    keys = _keys(trust)
    if file.stat().st_size > LARGEST_PROOF:
        raise CommandError(f"{file} is too large for a proof bundle")
    verified = verify_bundle(file.read_bytes(), keys)
    if as_json_:
        shown: dict[str, Any] = {
            "verified": True,
            "log": verified.origin,
            "size": verified.size,
            "position": verified.position,
            "recordTime": iso(verified.record_time),
            "pairs": [{"path": path, "value": value} for path, value in verified.pairs],
            "of": verified.pair_count,
            "words": verified.words,
        }
        print_json(shown)
        return
    out.print(f"[bold green]verified[/] {escape(verified.words)}", highlight=False, soft_wrap=True)
    for path, value in verified.pairs:
        out.print(f"  {path}  {value}", highlight=False, soft_wrap=True, markup=False)


def _gather(node: Node, identity: Identity) -> ProductEvidence:
    """The evidence; where a running writer's index is ahead of the log as it was opened, the log is read on."""
    evidence = PublicEvidence(node.service, node.settings.base_url)
    while True:
        try:
            return evidence.evidence(identity)
        except UnknownPosition:
            size = node.log.size
            if not isinstance(node.log, ReadOnlyLog) or node.log.refresh() == size:
                raise


def _identity(text: str, data: Data, config: Config, as_json_: bool) -> None:
    identity = parse(text)
    settings = load(config, data=data)
    with Node.follow(settings) as node, node.service.reading():
        evidence = _gather(node, identity)
    verdict = decide(evidence, settings.zone)
    if as_json_:
        print_json(as_json(evidence, verdict))
        return
    heading = verdict.heading.in_language(Language.EN)
    out.print(f"[bold]{escape(heading)}[/]  {escape(verdict.heading.zh)}", highlight=False)
    out.print(escape(verdict.lead.in_language(Language.EN)), highlight=False)
    for reason in verdict.reasons:
        words = reason.text.in_language(Language.EN)
        out.print(f"  · {words}", highlight=False, markup=False, soft_wrap=True)
