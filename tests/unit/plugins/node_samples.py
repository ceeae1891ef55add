# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of a test CA, and bundles as a node prints them."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _bundle

CA = b"""\
-----BEGIN CERTIFICATE-----
MIIBrjCCAVWgAwIBAgIUJGiZXuc5FLyITEiG+8XtyoK3Pu8wCgYIKoZIzj0EAwIw
LDELMAkGA1UEBhMCREUxDDAKBgNVBAoMA0xhYjEPMA0GA1UEAwwGVGhlIENBMCAX
DTI2MTEyMjExMTE1MFoYDzIxMjYxMDI5MTExMTUwWjAsMQswCQYDVQQGEwJERTEM
MAoGA1UECgwDTGFiMQ8wDQYDVQQDDAZUaGUgQ0EwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATr7MopFKqyRMWeGEd3xCbFPxUOmSlKrBbpMWqoKM3kSrkj6ISzoQUC
TQHOggE/uM0YwcB1uFyPURkq5TMt+xQKo1MwUTAdBgNVHQ4EFgQU2BL/FIUScAP7
askG0fU6DHNaonUwHwYDVR0jBBgwFoAU2BL/FIUScAP7askG0fU6DHNaonUwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAe9Yyi511Ozlbp/C7PY7w5
gfPVmlih063bDpjuVVfKTwIgJ8+2+dZq220oa9t+4mNpYrbCLCK2hoyvVODVC7Qz
scg=
-----END CERTIFICATE-----
"""
CA_FINGERPRINT = "f2b8b527f1c46302350b144b16e75805e31c52e1d004e9da152d6dc4ce2a1dbe"
#: As an installation makes one that finds none.
NEW_CA = b"""\
-----BEGIN CERTIFICATE-----
MIIBtzCCAV2gAwIBAgIUO/2TLo/0agNY4LlYJ4/X0tvI2IQwCgYIKoZIzj0EAwIw
MDELMAkGA1UEBhMCREUxDDAKBgNVBAoMA0xhYjETMBEGA1UEAwwKQW5vdGhlciBD
QTAgFw0yNjExMzAxNDIwNDNaGA8yMTI2MTEwNjE0MjA0M1owMDELMAkGA1UEBhMC
REUxDDAKBgNVBAoMA0xhYjETMBEGA1UEAwwKQW5vdGhlciBDQTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABD5TL/xslum870CGqsQGBxRq+oKOmQDy84uDzZ43ACKZ
z1NHcmB8Btx9Vn15tpDFgb+Tq+yh16OZvQ4faeoD5ZCjUzBRMB0GA1UdDgQWBBT5
1Iy+a+KLXT8HNWSvStP1QZAovzAfBgNVHSMEGDAWgBT51Iy+a+KLXT8HNWSvStP1
QZAovzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDd2EW1Jv1q
lSdMtX+RMS6zzcB1tr4GGGrckx4Gb/g7fQIgPb5wEVGeZ8s4WxutyuJelcoRbYkI
gpbW1lSy+Y5+jh0=
-----END CERTIFICATE-----
"""
NEW_CA_FINGERPRINT = "152fe4cf45283209a91c22652ac2ce56db826cae846d0d29fa05b9342be1a090"
NODE = b"""\
-----BEGIN CERTIFICATE-----
MIIBNDCB2gIUPUkEI3VbXYXqxT1vpJiWjIAhdJEwCgYIKoZIzj0EAwIwLDELMAkG
A1UEBhMCREUxDDAKBgNVBAoMA0xhYjEPMA0GA1UEAwwGVGhlIENBMB4XDTI2MTEy
MjExMTE1MVoXDTM2MTExOTExMTE1MVowDTELMAkGA1UEAwwCaDEwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAAQhkonrq35xRLi+MwAjflU/8OjThzyqFyurm619sGP7
8FBP9mymep8yHnIbWoJwACw7kXYej7AM8xt6vUJ2wEPtMAoGCCqGSM49BAMCA0kA
MEYCIQCcoO1Mo69uo69rNqAv01JbM92p9cRiMh6taa//stlp7gIhALDcA38YruDK
ZlXOXOVrRvXMwNzT4eCfuPXUT2lwGD+J
-----END CERTIFICATE-----
"""
NODE_FINGERPRINT = "ccd5b2841abf46e9983ec0b1171b30d26f5e4c30c20f26f9eecd6d43265906dc"
NODE_KEY = b"""\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggOfIz+d9bUO1Ngir
/t7ynzvBuOuqQvZqZnjTGHkjz6uhRANCAAQhkonrq35xRLi+MwAjflU/8OjThzyq
Fyurm619sGP78FBP9mymep8yHnIbWoJwACw7kXYej7AM8xt6vUJ2wEPt
-----END PRIVATE KEY-----
"""
OTHER_KEY = b"""\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsGh4BbTwA7Obbxpo
1rFERZE+kiQNL5VxWv/OuaGnQImhRANCAATr7MopFKqyRMWeGEd3xCbFPxUOmSlK
rBbpMWqoKM3kSrkj6ISzoQUCTQHOggE/uM0YwcB1uFyPURkq5TMt+xQK
-----END PRIVATE KEY-----
"""

SSL = "/etc/cloudify/ssl"
INTERNAL_CA = f"{SSL}/cloudify_internal_ca_cert.pem"
INTERNAL = f"{SSL}/cloudify_internal_cert.pem"
INTERNAL_KEY = f"{SSL}/cloudify_internal_key.pem"
MANAGER = {INTERNAL_CA: CA, INTERNAL: NODE, INTERNAL_KEY: NODE_KEY}


def printed(files: t.Mapping[str, bytes], *, version: str = "7.0.5") -> str:
    """What collect.sh prints on a node that has these."""
    lines = [_bundle.HEAD]
    if version:
        lines.append(f"P cloudify-manager-install {version}")
    for path, content in files.items():
        sha256 = hashlib.sha256(content).hexdigest()
        lines.append(f"F 440 cfyuser cfygroup {len(content)} {sha256} {path}")
    lines.append(f"T {len(files)}")
    if files:
        lines.append(_bundle.pack({path: (content, 0o440) for path, content in files.items()}))
    return "\n".join(lines)
