# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Only what is built into Python is imported here: this one starts in a hundredth of a second.
import _socket
import marshal
import posix
import sys

python = "@python@"
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
try:
    if sys.argv[1:] and sys.argv[1].startswith("-"):
        raise OSError("only scripts are started there")
    server.connect("@socket@")
except OSError:
    posix.execv(python, [python, *sys.argv[1:]])
mask = posix.umask(0)
posix.umask(mask)
words = [word.encode("utf-8", "surrogateescape") for word in sys.argv[1:]]
data = marshal.dumps((posix.getcwdb(), words, posix.environ, mask))
files = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
server.sendmsg([len(data).to_bytes(8, "little")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
server.sendall(data)
answer = server.recv(4)
code = int.from_bytes(answer, "little", signed=True) if answer else 1
if code < 0:
    posix.kill(posix.getpid(), -code)
posix._exit(code)
