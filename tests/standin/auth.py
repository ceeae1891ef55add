# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords, tokens and tenants, as the product checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from standin import clock, errors
from standin.wire import Request

if TYPE_CHECKING:
    from standin.manager import Manager

ROUNDS = 29000


def _ab64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=").replace("+", ".")


def _unab64(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4))


def _salted(password: str, salt: str) -> bytes:
    return base64.b64encode(hmac.new(salt.encode(), password.encode(), hashlib.sha512).digest())


def hash_password(password: str, site_salt: str) -> str:
    """`$pbkdf2-sha256$` over the password keyed with the manager's own salt."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", _salted(password, site_salt), salt, ROUNDS)
    return f"$pbkdf2-sha256${ROUNDS}${_ab64(salt)}${_ab64(digest)}"


def verify_password(password: str, hashed: str, site_salt: str) -> bool:
    try:
        dummy, scheme, rounds, salt, digest = hashed.split("$")
        if scheme != "pbkdf2-sha256":
            return False
        made = hashlib.pbkdf2_hmac(
            "sha256", _salted(password, site_salt), _unab64(salt), int(rounds)
        )
        return hmac.compare_digest(made, _unab64(digest))
    except ValueError:
        return False


class Authenticator:
    """Finds the user of a request, or refuses it."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._verified: set[tuple[str, str, str, str]] = set()

    def authenticate(self, request: Request) -> dict[str, Any]:
        token = request.header("authentication-token")
        header = request.header("authorization")
        if token:
            return self._by_token(token)
        if not header:
            raise errors.unauthorized("No authentication info provided")
        scheme, dummy, value = header.partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token(value.strip())
        try:
            name, sep, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            name, sep, password = "", "", ""
        if scheme.lower() != "basic" or not sep:
            raise errors.unauthorized("No authentication info provided")
        user = self._manager.store.get("users", name)
        if user is None:
            raise errors.unauthorized(
                f"Authentication failed for user {name}. Wrong credentials or locked account"
            )
        if not self._password_ok(name, password, str(user.get("_password", ""))):
            raise errors.unauthorized(
                f"Authentication failed for <User username=`{name}`>. "
                "Wrong credentials or locked account"
            )
        return user

    def _password_ok(self, name: str, password: str, hashed: str) -> bool:
        if self._manager.auth_broken:
            return False
        salt = self._manager.security["hash_salt"]
        key = (name, password, hashed, salt)
        if key in self._verified:
            return True
        if verify_password(password, hashed, salt):
            self._verified.add(key)
            return True
        return False

    def _by_token(self, token: str) -> dict[str, Any]:
        digest = hashlib.sha256(token.encode()).hexdigest()
        for row in self._manager.store.where("tokens", _digest=digest):
            expires = row.get("expiration_date")
            if expires and clock.parse(expires) < clock.utcnow():
                break
            user = self._manager.store.get("users", row["username"])
            if user:
                return user
        raise errors.unauthorized("Invalid token")

    def tenant(self, request: Request) -> str | None:
        """The tenant that the request names; an unknown one is refused at once."""
        name = request.header("tenant")
        if not name:
            return None
        if self._manager.store.get("tenants", name) is None:
            raise errors.forbidden(
                f"Authorization failed: Tried to authenticate with invalid tenant name: {name}"
            )
        return name


def need_tenant(request: Request) -> str:
    if request.tenant is None:
        raise errors.forbidden("Authorization failed: tenant not provided")
    return request.tenant


def need_admin(request: Request, action: str) -> None:
    user = request.user or {}
    if user.get("role") != "sys_admin":
        raise errors.forbidden(
            f"User `{user.get('username')}` is not permitted to perform the action {action}"
        )


__all__ = [
    "Authenticator",
    "hash_password",
    "need_admin",
    "need_tenant",
    "verify_password",
]
