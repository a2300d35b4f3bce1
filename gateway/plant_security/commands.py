"""`lineside-gateway certificates …` and `lineside-gateway broker …`: make a plant's bus safe, by command.

Exit status: 0 done, 1 it could not be done and why was said.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from device_profiles.catalog import ProfileFaults, load_plant
from device_profiles.plant_setting import plant_file
from gateway.plant_security.accounts import (
    AccountFault,
    accounts_of,
    acl_text,
    machines_acl_text,
)
from gateway.plant_security.authority import (
    DAYS,
    DAYS_MAX,
    AuthorityFault,
    Issued,
    PlantAuthority,
    host_names,
)
from gateway.plant_security.broker_files import (
    Dice,
    Places,
    keep_passwords,
    mosquitto_conf,
)

COMMANDS = ("certificates", "broker")
PORT_MAX = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the commands are lent."""

    now: datetime
    dice: Dice
    say: Callable[[str], None]


def add_security_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Define the commands; `add` is `add_parser` of the program's commands."""
    _add_certificates(add)
    _add_broker(add)


def run_security_command(arguments: argparse.Namespace, hands: Hands) -> int:
    """Do it and say what was done. Exit status."""
    try:
        if arguments.command == "broker":
            return _broker(arguments, hands)
        return _certificates(arguments, hands)
    except (AuthorityFault, AccountFault, ProfileFaults, OSError) as fault:
        hands.say(str(fault))
        return 1


def _add_certificates(add: Callable[..., argparse.ArgumentParser]) -> None:
    parser = add(
        "certificates",
        help="make the plant's certificate authority, and certificates of broker, server and agents",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("certificates"),
        help="where the authority is (default: ./certificates); keep it off the plant's network",
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create-authority", help="make the plant's own authority, once")
    create.add_argument("--plant", default="Lineside", metavar="NAME", help="the plant's name")
    issue = verbs.add_parser(
        "issue", help="issue key and certificate, or renew them, into <directory>/<name>"
    )
    issue.add_argument("name", help="broker, server, or the name of an agent")
    issue.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name or address that the server is reached by; several times; none: for a client",
    )
    issue.add_argument("--days", type=_days, default=DAYS, help=f"how long it is valid ({DAYS})")
    revoke = verbs.add_parser("revoke", help="end every certificate of a name before its time")
    revoke.add_argument("name")
    verbs.add_parser("list", help="the authority and everything it issued, with its end")


def _add_broker(add: Callable[..., argparse.ArgumentParser]) -> None:
    parser = add(
        "broker",
        help="make mosquitto's settings, topic rules and passwords from the plant file",
        description="Run it again after each change of the plant file, then send mosquitto SIGHUP: who is still there"
        " keeps the password, who is gone loses the account.",
    )
    parser.add_argument("--plant", required=True, help="the plant file, or a built-in one's name")
    parser.add_argument("--profiles", type=Path, metavar="DIRECTORY", help="profiles of your own")
    parser.add_argument("--directory", type=Path, default=Path("broker"), help="where to write")
    parser.add_argument("--gateway", default="gateway", help="account of the gateway (gateway)")
    for flag, words in (
        ("--reader", "account that may read the unified namespace"),
        ("--sparkplug-host", "account of a Sparkplug host that reads the gateway's node"),
        ("--renew", "account that gets a new password"),
    ):
        parser.add_argument(
            flag, action="append", default=[], metavar="NAME", help=f"{words}; several times"
        )
    parser.add_argument(
        "--sparkplug-group",
        metavar="NAME",
        help="sparkplug.group of the gateway's settings, when it is not the site",
    )
    parser.add_argument(
        "--sparkplug-node",
        metavar="NAME",
        default="gateway-1",
        help="sparkplug.node of the gateway's settings, or its name, when it is not gateway-1",
    )
    parser.add_argument("--port", type=_port, default=8883, help="of the TLS listener (8883)")
    parser.add_argument(
        "--machines-port",
        type=_port,
        help="open a listener without passwords for machines that speak MQTT, on this port",
    )
    parser.add_argument(
        "--certificates",
        default="certificates/broker",
        help="the broker's directory of certificate.pem, key.pem and ca.pem (certificates/broker)",
    )
    parser.add_argument(
        "--client-certificates",
        metavar="REVOKED.PEM",
        help="demand a certificate of every client, and refuse those on this list (trust/revoked.pem)",
    )
    parser.add_argument(
        "--seen-at",
        metavar="DIRECTORY",
        help="where the broker sees what is written here, e.g. in a container (the same place)",
    )
    parser.add_argument("--password-file", help="where the broker finds its password file")
    parser.add_argument(
        "--no-passwords",
        action="store_true",
        help="write settings and topic rules only; the passwords come from elsewhere",
    )


def _certificates(arguments: argparse.Namespace, hands: Hands) -> int:
    authority = PlantAuthority(arguments.directory)
    match arguments.verb:
        case "create-authority":
            authority.create(plant=arguments.plant, now=hands.now)
            hands.say(
                f"The authority's certificate is {authority.ca_file}: give it to every program (ca_file)."
            )
            hands.say(
                f"Its key is below {authority.root / 'authority'}: keep it off the plant's network."
            )
        case "issue":
            issued = authority.issue(
                arguments.name, hosts=arguments.host, now=hands.now, days=arguments.days
            )
            hands.say(_in_words(issued, hands.now))
            hands.say(
                f"Carry {authority.root / arguments.name} to its machine; key.pem is for its user alone."
            )
        case "revoke":
            count = authority.revoke(arguments.name, now=hands.now)
            hands.say(f"{count} revoked. Give {authority.crl_file} to the broker, and restart it.")
        case _:
            hands.say(_in_words(authority.authority(), hands.now))
            for issued in authority.issued():
                hands.say(_in_words(issued, hands.now))
    return 0


def _broker(arguments: argparse.Namespace, hands: Hands) -> int:
    plant = load_plant(plant_file(arguments.plant), profile_directory=arguments.profiles)
    accounts = accounts_of(
        plant,
        gateway=arguments.gateway,
        readers=arguments.reader,
        sparkplug_hosts=arguments.sparkplug_host,
        sparkplug_group=arguments.sparkplug_group,
        sparkplug_node=arguments.sparkplug_node,
    )
    directory: Path = arguments.directory
    directory.mkdir(parents=True, exist_ok=True)
    seen_at = arguments.seen_at or str(directory.absolute())
    places = Places(
        settings=seen_at,
        password_file=arguments.password_file or f"{seen_at}/passwords",
        certificates=arguments.certificates,
        port=arguments.port,
        machines_port=arguments.machines_port,
        crl_file=arguments.client_certificates,
    )
    (directory / "mosquitto.conf").write_text(mosquitto_conf(places), encoding="utf-8")
    (directory / "acl").write_text(acl_text(accounts), encoding="utf-8")
    if places.machines_port is not None:
        (directory / "machines.acl").write_text(machines_acl_text(plant), encoding="utf-8")
    hands.say(f"Accounts: {', '.join(account.name for account in accounts)}.")
    if arguments.no_passwords:
        return 0
    made = keep_passwords(directory, accounts, renew=arguments.renew, dice=hands.dice)
    hands.say(f"New passwords: {', '.join(made) or 'none'}.")
    hands.say(
        f"Give each program its own file of {directory / 'secrets'} as secrets_file, then send mosquitto SIGHUP."
    )
    return 0


def _in_words(issued: Issued, now: datetime) -> str:
    hosts = ", ".join(host_names(issued.certificate))
    serial = f"{issued.certificate.serial_number:x}"[:8]
    return f"{issued.name:<24} {serial}  {issued.state(now)}" + (f"  for {hosts}" if hosts else "")


def _days(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= DAYS_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not from 1 to {DAYS_MAX}")


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= PORT_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port")
