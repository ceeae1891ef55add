# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML pages: those of nginx in front and those of the web framework behind it."""

from __future__ import annotations

REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    206: "Partial Content",
    304: "Not Modified",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}

# nginx's own titles differ from the reason phrase for 401
_NGINX_TITLES = {**REASONS, 401: "Authorization Required"}

_FRAMEWORK_TEXT = {
    400: "The browser (or proxy) sent a request that this server could not understand.",
    404: (
        "The requested URL was not found on the server. If you entered the URL manually please "
        "check your spelling and try again."
    ),
    405: "The method is not allowed for the requested URL.",
    413: "The data value transmitted exceeds the capacity limit.",
}


def nginx_page(status: int) -> bytes:
    title = f"{status} {_NGINX_TITLES.get(status, 'Error')}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def plain_http_page() -> bytes:
    text = "The plain HTTP request was sent to HTTPS port"
    return (
        f"<html>\r\n<head><title>400 {text}</title></head>\r\n<body>\r\n"
        f"<center><h1>400 Bad Request</h1></center>\r\n<center>{text}</center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def framework_page(status: int) -> bytes:
    title = REASONS[status]
    return (
        f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n"
        f"<h1>{title}</h1>\n<p>{_FRAMEWORK_TEXT[status]}</p>\n"
    ).encode()


__all__ = ["REASONS", "framework_page", "nginx_page", "plain_http_page"]
