"""api: the roles, and who may do what by them."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    REP = "rep"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMIN = "admin"


READERS = (Role.REP, Role.MANAGER, Role.AUDITOR, Role.ADMIN)
WRITERS = (Role.REP, Role.MANAGER, Role.ADMIN)
LEADERS = (Role.MANAGER, Role.ADMIN)
OVERSEERS = (Role.AUDITOR, Role.ADMIN)
ADMIN = (Role.ADMIN,)
