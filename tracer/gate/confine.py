"""Takes from a process what reading a file never needs, as far as the system has a way to.

    no new rights        a program that is started gets no more than this one has
    no network           a network of its own with nothing in it, and no TCP (Linux 6.7)
    no other files       only Python's own folders can be read, nothing can be written (Linux 5.13)
    no other process     nobody outside can be sent a signal (Linux 6.12)

Whoever takes over a parser has the one file that it was given and a way to answer, no more: not
the desk's keys, not other papers, not a connection out. The kernel's own words (Landlock) are used
directly, because they are three system calls that have the same numbers everywhere.
"""

import contextlib
import ctypes
import os
import struct
import sys
import sysconfig

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""Version -> how many rights on files it knows; the first ones are the oldest."""

_NET_VERSION, _NET_RIGHTS = 4, 0b11  # to bind and to connect
_SCOPE_VERSION, _SCOPES = 6, 0b11  # abstract sockets and signals

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/dev/null")


def confine() -> bool:
    """Give up rights for ever, for this process and all that it will start.

    Returns:
        Whether other files are out of reach; False where the system cannot do that.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    return _restrict_files(libc)


def _restrict_files(libc: ctypes.CDLL) -> bool:
    version = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))
    if version < 1:
        return False
    known = max(count for since, count in _FILE_RIGHTS.items() if since <= version)
    handled = struct.pack("=Q", (1 << known) - 1)
    if version >= _NET_VERSION:
        handled += struct.pack("=Q", _NET_RIGHTS)
    if version >= _SCOPE_VERSION:
        handled += struct.pack("=Q", _SCOPES)
    ruleset = int(libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0))
    if ruleset < 0:
        return False
    try:
        for path in _readable():
            _allow(libc, ruleset, path)
        return int(libc.syscall(_RESTRICT_SELF, ruleset, 0)) == 0
    finally:
        os.close(ruleset)


def _readable() -> set[str]:
    """Python's own folders, the system's libraries, and what those look at."""
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return folders | set(_LIBRARIES) | set(_FILES)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    """Let a folder's files, or one file, be read."""
    with contextlib.suppress(OSError):  # not there, so that nobody can read it anyway
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112
            rule = struct.pack("=Qi", rights, place)
            libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
        finally:
            os.close(place)
