# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the product encrypts secret values in its database: Fernet, with AES-256 when the key has 64 bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
import time

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_VERSION = b"\x80"
_MAC = 32


class WrongKey(Exception):
    """The token was not made with this key."""


def new_key(*, size: int = 64) -> str:
    return base64.urlsafe_b64encode(os.urandom(size)).decode()


def _halves(key: str) -> tuple[bytes, bytes]:
    raw = base64.urlsafe_b64decode(key)
    half = len(raw) // 2
    return raw[:half], raw[half:]


def encrypt(text: str, *, key: str) -> str:
    sign, secret = _halves(key)
    vector = os.urandom(16)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    body = _VERSION + struct.pack(">Q", int(time.time())) + vector
    body += encryptor.update(padded) + encryptor.finalize()
    return base64.urlsafe_b64encode(body + hmac.new(sign, body, hashlib.sha256).digest()).decode()


def decrypt(token: str, *, key: str) -> str:
    sign, secret = _halves(key)
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError as error:
        raise WrongKey("not a token") from error
    body, mac = raw[:-_MAC], raw[-_MAC:]
    if not hmac.compare_digest(hmac.new(sign, body, hashlib.sha256).digest(), mac):
        raise WrongKey("the value was encrypted with another key")
    decryptor = Cipher(algorithms.AES(secret), modes.CBC(body[9:25])).decryptor()
    padded = decryptor.update(body[25:]) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


__all__ = ["WrongKey", "decrypt", "encrypt", "new_key"]
