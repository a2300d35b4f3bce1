"""`lineside-edge certificate create|list|show|trust`: the certificates by which an edge and OPC UA servers know each other."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge.certificates import (
    CertificateDirectory,
    CertificateFault,
    Held,
    application_uris,
    validity_fault,
)

DEFAULT_DIRECTORY = Path("certificates")


def add_certificate_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command and its options; `add` is `add_parser` of the program's commands."""
    parser = add("certificate", help="create, list, show and trust certificates for OPC UA")
    parser.add_argument(
        "--directory",
        type=Path,
        default=DEFAULT_DIRECTORY,
        help="where the certificates are; `certificates` in the settings (default: ./certificates)",
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make this edge's own key and certificate")
    create.add_argument(
        "--name", default="edge", help="the agent's name, part of the application URI"
    )
    create.add_argument("--host", help="this machine's name in the plant (default: its hostname)")
    create.add_argument("--renew", action="store_true", help="replace the certificate that exists")
    verbs.add_parser("list", help="the edge's own, the trusted and the rejected certificates")
    show = verbs.add_parser("show", help="one certificate in full")
    show.add_argument("which", nargs="?", default="own", help="own, or how its thumbprint begins")
    trust = verbs.add_parser("trust", help="trust a rejected certificate, or one in a file")
    trust.add_argument("which", help="how its thumbprint begins, or a DER or PEM file")


def run_certificate_command(
    arguments: argparse.Namespace, *, now: datetime, hostname: str, say: Callable[[str], None]
) -> int:
    """Do it and say what was done. Exit status."""
    directory = CertificateDirectory(arguments.directory)
    try:
        match arguments.verb:
            case "create":
                held = directory.create(
                    name=arguments.name,
                    host=arguments.host or hostname,
                    now=now,
                    renew=arguments.renew,
                )
                say(_in_full(held, now))
                say(f"Now trust {directory.certificate_file} on each OPC UA server.")
            case "list":
                lines = [_in_short(held, now) for held in directory.held()]
                say("\n".join(lines) or f"{directory.root} holds no certificate.")
            case "show":
                say(_in_full(directory.find(arguments.which), now))
            case _:
                say(_in_full(directory.trust(arguments.which), now))
                say("Trusted. A running edge connects within a second.")
    except (CertificateFault, OSError) as fault:
        say(str(fault))
        return 1
    return 0


def _in_short(held: Held, now: datetime) -> str:
    certificate = held.certificate
    state = validity_fault(certificate, now) or f"until {certificate.not_valid_after_utc:%Y-%m-%d}"
    name = certificate.subject.rfc4514_string()
    return f"{held.where:<9} {held.thumbprint}  {state}  {name}"


def _in_full(held: Held, now: datetime) -> str:
    certificate = held.certificate
    return "\n".join(
        [
            f"{held.where}: {certificate.subject.rfc4514_string()}",
            f"  thumbprint       {held.thumbprint}",
            f"  application URI  {', '.join(application_uris(certificate)) or 'none'}",
            f"  issued by        {certificate.issuer.rfc4514_string()}",
            f"  valid            {certificate.not_valid_before_utc:%Y-%m-%d} to"
            f" {certificate.not_valid_after_utc:%Y-%m-%d}"
            f" ({validity_fault(certificate, now) or 'valid now'})",
        ]
    )
