"""api: another system's files, what was understood of them, what is asked, and their import."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response

from api.pages.admin.tabs import TABS, Admin, typed
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Lenient, Page, router
from runtime.imports.custom_fields import PREFIX, RECORDS
from runtime.imports.kinds.listed import FIELDS, KINDS
from runtime.imports.vendors.declared import vendor_ids, vendor_of
from runtime.imports.vendors.report import DATES
from runtime.imports.vendors.values import BETWEEN_FORMS

pages = router()
ANSWERED = ("kinds", "columns", "stages", "settings")
REHEARSE, IMPORT = "rehearse", "import"
MARK = "|"
"""Between what is answered and of what, in the name of an input: `stages|Contract sent`."""


@pages.get("/admin/imports/previews/{preview_id}", summary="What was understood of another system's files")
async def preview(preview_id: UUID, page: Admin) -> Response:
    return await _show(page, preview_id)


@pages.post(
    "/admin/imports/previews/{preview_id}", summary="Answer what only people know, and import or rehearse it"
)
async def answer(preview_id: UUID, page: Admin) -> Response:
    path, given = f"/imports/previews/{preview_id}", await typed(page)
    try:
        told = (await page.write(f"{path}/answers", _answers(await page.read(path), given))).json()
        if given.get("do") not in (REHEARSE, IMPORT) or told["questions"]:
            return page.go(f"/desk/admin/imports/previews/{preview_id}")
        job = (await page.write(f"{path}/start", {"dry_run": given["do"] == REHEARSE})).json()
    except Refusal as refused:
        return await _show(page, preview_id, refused)
    return page.go(f"/desk/admin/imports/{job['id']}")


def _answers(report: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """What was answered before, and now."""
    before = report["answers"]
    answers: dict[str, Any] = {name: dict(before[name]) for name in ANSWERED}
    for name, value in given.items():
        about, mark, of = name.partition(MARK)
        if mark and about in answers:
            answers[about][of] = value
        elif mark and about == "column":  # a needed field, for which a column was chosen
            kind, _, field = of.partition(": ")
            answers["columns"][f"{kind}: {value}"] = field
        elif mark and about == DATES and value:  # of one column; those of others stay
            known = answers["settings"].get(DATES)
            answers["settings"][DATES] = BETWEEN_FORMS.join(filter(None, (known, value)))
    return {**answers, "vendor": given.get("vendor", before["vendor"])}


async def _show(page: Page, preview_id: UUID, refused: Refusal | None = None) -> Response:
    found = await page.read(f"/imports/previews/{preview_id}")
    sets = {one["name"]: one["fields"] for one in (await page.read("/custom-fields"))["sets"]}
    custom = {kind: [PREFIX + one["name"] for one in sets[record]] for kind, record in RECORDS.items()}
    return page.render(
        "admin_preview.html",
        refused.status if refused else 200,
        tabs=TABS,
        tab="imports",
        looked=Lenient(found),
        vendors=[vendor_of(id) for id in vendor_ids()],
        kinds=tuple(KINDS),
        fields={kind: (*fields, *custom.get(kind, ())) for kind, fields in FIELDS.items()},
        asked={one["about"] for one in found["questions"]},
        mark=MARK,
        problem=Lenient(refused.problem) if refused else None,
    )
