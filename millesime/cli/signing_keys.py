"""Where `publish`, `verify` and `bundle` find the keys that sign and check signatures."""

from __future__ import annotations

import os
import sys

import click

from millesime.distribution.trust.minisign import PublicKey, SecretKey
from millesime.history.repository import Repository
from millesime.press.archive.signing import read_checking_key, read_signing_key
from millesime.problems import SealError

KEY_VARIABLE, PASSWORD_VARIABLE = "MILLESIME_SIGNING_KEY", "MILLESIME_SIGNING_PASSWORD"
PUBLIC_KEY_VARIABLE = "MILLESIME_PUBLIC_KEY"

signing_key_option = click.option(
    "--signing-key", default=None, metavar="FILE",
    help=f"The secret key of minisign to sign with (default: the file, or the key itself, in {KEY_VARIABLE}; its "
    f"password is asked for, or in {PASSWORD_VARIABLE}).",
)  # fmt: skip
public_key_option = click.option(
    "--public-key", default=None, metavar="KEY|FILE",
    help=f"The publisher's public key, RWQ…, or its file (default: what {PUBLIC_KEY_VARIABLE} holds).",
)  # fmt: skip


def signing_key(value: str | None, repository: Repository | None) -> SecretKey | None:
    """Return the key that the option names, or the environment; None where neither does: then nothing is signed."""
    where = "--signing-key" if value else KEY_VARIABLE
    # Not click's `envvar`: its messages show values.
    value = value or os.environ.get(KEY_VARIABLE)
    if not value:
        return None
    return read_signing_key(value, where=where, repository=repository, password=_password)


def public_key(value: str | None) -> PublicKey | None:
    """Return the key that the option gives, or the environment; None where neither does. An empty option is none."""
    where = "--public-key" if value is not None else PUBLIC_KEY_VARIABLE
    value = os.environ.get(PUBLIC_KEY_VARIABLE, "") if value is None else value
    return read_checking_key(value, where=where) if value else None


def _password() -> str:
    if (password := os.environ.get(PASSWORD_VARIABLE)) is not None:
        return password
    if not sys.stdin.isatty():
        raise SealError(
            f"{PASSWORD_VARIABLE}: not set, and the signing key has a password; set it, or sign on a terminal"
        )
    return click.prompt("password of the signing key", hide_input=True, err=True)
