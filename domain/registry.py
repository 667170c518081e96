"""Domain room: importing this module makes every fact and every decision known."""

from domain.capabilities import load

load("domain")
