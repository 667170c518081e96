"""api: teams and reps, with what each has on their hands; and the rules that everybody is measured by."""

from __future__ import annotations

from fastapi import Response

from api.pages.admin.tabs import TABS, Admin
from api.pages.colleagues import reps_of
from api.pages.engine.page import router

pages = router()


@pages.get("/admin/people", summary="Teams and reps")
async def people(page: Admin) -> Response:
    teams, reps = await page.listed("/teams"), await reps_of(page)
    loads = {load["rep_id"]: load for load in (await page.read("/reps/loads"))["reps"]}
    names = {one["id"]: one["name"] for one in (*teams, *reps)}
    members: dict[str, list[object]] = {team["id"]: [] for team in teams}
    for rep in reps:
        members.setdefault(rep["parent_id"], []).append(rep)
    return page.render(
        "admin_people.html", tabs=TABS, tab="people", teams=teams, members=members, loads=loads, names=names
    )


@pages.get("/admin/rules", summary="Policies, processes and scorecards")
async def rules(page: Admin) -> Response:
    policies, processes, cycles, service, duplicates = await page.read_all(
        ("/policies", {}),
        ("/processes", {}),
        ("/cycle-policies/default", {}),
        ("/service-policies", {"limit": 200}),
        ("/duplicate-policy", {}),
    )
    newest = {one["name"]: one for one in policies["policies"]}
    stages = {one["process"]["name"]: one for one in processes["processes"]}
    return page.render(
        "admin_rules.html",
        tabs=TABS,
        tab="rules",
        policies=newest.values(),
        processes=stages.values(),
        cycle=cycles["versions"][-1],
        service=service["items"],
        duplicates=duplicates["versions"][-1],
    )
