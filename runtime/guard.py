"""runtime: the last step before a server or role becomes a program of its own.

Run as a script (`python -I -S guard.py PARENT SIGNAL UID GID PROGRAM ARG…`), it gives up root where asked, asks the kernel
to send SIGNAL when the parent dies, and replaces itself with PROGRAM. Standard library only: it starts before the environment does.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def give_up_root(uid: int, gid: int) -> None:
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def die_with(parent: int, signal: int) -> None:
    """Linux only; elsewhere a program outlives a parent that was killed, and the next start ends it."""
    if not sys.platform.startswith("linux") or signal == 0:
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the request was in place
        sys.exit(1)


def main(arguments: list[str]) -> None:
    parent, signal, uid, gid = (int(number) for number in arguments[:4])
    give_up_root(uid, gid)  # first: changing user clears the parent-death signal
    die_with(parent, signal)
    os.execvp(arguments[4], arguments[4:])  # noqa: S606 - becoming the program is the whole purpose


if __name__ == "__main__":
    main(sys.argv[1:])
