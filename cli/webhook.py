"""cli: webhooks — events sent to other programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Zone, as_json, example, group, run, zone
from cli.engine.language import sentence
from cli.engine.tables import say
from cli.views.webhooks import came, show_deliveries, show_webhook, show_webhooks

app = group("webhooks", "Webhooks: events sent to other programs.")
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
OPTIONS = {
    "name": "NAME",
    "url": "URL",
    "topics": "--topic",
    "key_id": "--key",
    "after": "--after",
    "hours": "--hours",
}


class EnvelopeName(StrEnum):
    JSON = "json"
    CLOUDEVENTS = "cloudevents"


Id = Annotated[str, typer.Argument(metavar="ID", help="Of the endpoint, as the list has it.")]
Topic = Annotated[
    list[str] | None,
    typer.Option(
        "--topic",
        help="A kind of event, or what several begin with: deal.won, promise. Several times; none: all.",
    ),
]


@app.command(
    epilog=example(
        "salesloop webhooks add 'data warehouse' https://hooks.example.com/sales --topic deal.won --topic promise"
    )
)
def add(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    url: Annotated[str, typer.Argument(help="Where events are sent to, by https.")],
    *,
    topic: Topic = None,
    envelope: Annotated[
        EnvelopeName, typer.Option("--envelope", help="Our own, or CloudEvents 1.0.")
    ] = EnvelopeName.JSON,
    personal: Annotated[
        bool, typer.Option("--personal", help="Also fields that are marked as personal.")
    ] = False,
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="From this position on. Left out: from now.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The id of the API key whose rights count.")
    ] = None,
    json: Json = False,
) -> None:
    """Have events sent to an address. The secret that signs them is printed once."""
    body: dict[str, Any] = {"name": name, "url": url, "topics": topic or [], "envelope": envelope.value}
    body |= {"personal": personal, "after": after, "key_id": key}
    made = run(_act("POST", "/webhooks", body))
    _tell(made, json_=json)


@app.command("list", epilog=example("salesloop webhooks list --json"))
def list_(*, json: Json = False, tz: Zone = None) -> None:
    """One's endpoints, and how far they are; all of them for administrators."""
    found = run(_read("/webhooks"))["webhooks"]
    if json:
        as_json(found)
    else:
        show_webhooks(found, zone(tz))


@app.command(epilog=example(f"salesloop webhooks show {WHICH}"))
def show(id: Id, *, json: Json = False, tz: Zone = None) -> None:
    """One endpoint."""
    found = run(_read(f"/webhooks/{id}"))
    if json:
        as_json(found)
    else:
        show_webhook(found, zone(tz))


@app.command(epilog=example(f"salesloop webhooks change {WHICH} --topic deal --topic promise"))
def change(
    id: Id,
    *,
    name: Annotated[str | None, typer.Option("--name", help="What it is called.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Where events are sent to, by https.")] = None,
    topic: Topic = None,
    envelope: Annotated[
        EnvelopeName | None, typer.Option("--envelope", help="Our own, or CloudEvents 1.0.")
    ] = None,
    personal: Annotated[
        bool | None, typer.Option("--personal/--no-personal", help="Also fields that are marked as personal.")
    ] = None,
    json: Json = False,
) -> None:
    """Change an endpoint; what is left out stays as it is."""
    body = {
        "name": name,
        "url": url,
        "topics": topic,
        "envelope": envelope and envelope.value,
        "personal": personal,
    }
    run(_act("POST", f"/webhooks/{id}/change", {k: v for k, v in body.items() if v is not None}))
    _said(sentence("endpoint {id} is changed", id=id), {"id": id}, json)


@app.command(epilog=example(f"salesloop webhooks rotate {WHICH} --hours 24"))
def rotate(
    id: Id,
    *,
    hours: Annotated[
        int, typer.Option("--hours", min=0, max=168, help="That the secret of before counts, too.")
    ] = 24,
    json: Json = False,
) -> None:
    """A new secret, printed once. Until the one of before ends, messages are signed by both."""
    made = run(_act("POST", f"/webhooks/{id}/rotate", {"hours": hours}))
    _tell({"id": id, **made}, json_=json)


@app.command(epilog=example(f"salesloop webhooks pause {WHICH}"))
def pause(id: Id, *, json: Json = False) -> None:
    """Send nothing for a while; where it was is kept."""
    run(_act("POST", f"/webhooks/{id}/pause"))
    _said(sentence("endpoint {id} is paused", id=id), {"id": id, "state": "paused"}, json)


@app.command(epilog=example(f"salesloop webhooks resume {WHICH}"))
def resume(id: Id, *, json: Json = False) -> None:
    """Send again, from where it was; also where it was switched off."""
    run(_act("POST", f"/webhooks/{id}/resume"))
    _said(sentence("endpoint {id} is sent to again", id=id), {"id": id, "state": "active"}, json)


@app.command(epilog=example(f"salesloop webhooks replay {WHICH} --after 90211"))
def replay(
    id: Id,
    *,
    after: Annotated[
        int, typer.Option("--after", min=0, help="The last position that is not sent once more.")
    ],
    json: Json = False,
) -> None:
    """Send once more what comes after a position, under the same message ids."""
    run(_act("POST", f"/webhooks/{id}/replay", {"after": after}))
    _said(
        sentence("endpoint {id} goes on after position {after}", id=id, after=after),
        {"id": id, "after": after},
        json,
    )


@app.command("test", epilog=example(f"salesloop webhooks test {WHICH}"))
def try_out(id: Id, *, json: Json = False) -> None:
    """Send a message that says nothing, and tell what came of it."""
    made = run(_act("POST", f"/webhooks/{id}/test"))
    if json:
        as_json(made)
    elif made["error"] is None:
        say(sentence("taken, with {status}, in {ms} ms", status=made["status"], ms=made["took_ms"]))
    else:
        say(sentence("not taken: {outcome}", outcome=came(made)))


@app.command(epilog=example(f"salesloop webhooks log {WHICH} --failed"))
def log(
    id: Id,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was not taken.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many tries.")] = 30,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """What was sent, newest first, and what came of each try."""
    found = run(_read(f"/webhooks/{id}/deliveries", {"failed": failed, "limit": limit}))["items"]
    if json:
        as_json(found)
    else:
        show_deliveries(found, zone(tz))


@app.command(epilog=example(f"salesloop webhooks delete {WHICH}"))
def delete(id: Id, *, json: Json = False) -> None:
    """Delete an endpoint, with its secrets and its log."""
    run(_act("DELETE", f"/webhooks/{id}"))
    _said(sentence("endpoint {id} is deleted", id=id), {"id": id, "deleted": True}, json)


async def _act(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    import msgspec

    async with backend() as at:
        content = await at.act(method, path, body, options=OPTIONS)
    return msgspec.json.decode(content) if content else None


async def _read(path: str, query: dict[str, Any] | None = None) -> Any:
    async with backend() as at:
        return await at.read(path, dict[str, Any], query)


def _tell(made: dict[str, Any], *, json_: bool) -> None:
    """The secret alone on its line, so that it can be piped."""
    if json_:
        as_json(made)
        return
    say(sentence("the secret of endpoint {id}. Shown once:", id=made["id"]))
    print(made["secret"])  # noqa: T201


def _said(text: str, told: dict[str, Any], as_json_: bool) -> None:  # noqa: FBT001 - a flag straight from the command line
    if as_json_:
        as_json(told)
    else:
        say(text)
