"""A turn of the loop as a manager and a rep go through it, on the real clock: the period is over when they begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import Page, expect

from tests.browser.conftest import Company, SignIn
from tests.browser.filling import Form, form, in_days

CALLS = "activities:call"


def month_before_last() -> datetime:
    """Its first day: a review opens a business day after its period, which the month before may not have yet."""
    last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    return (last.replace(day=1) - timedelta(days=1)).replace(day=1)


def hire(company: Company) -> None:
    """A team of two: no other story has to do with these."""
    company.teams["East"] = team = UUID(company.post("/teams", {"name": "East"})["team_id"])
    for name in ("Qian Bo", "Zhou Lan"):
        company.reps[name] = UUID(company.post("/reps", {"name": name, "team_id": str(team)})["rep_id"])
    company.post("/teams", {"team_id": str(team), "name": "East", "manager_id": str(company.reps["Qian Bo"])})
    company.said |= {
        "cycle-",
        "follow up",
        "default",
    }  # on record: a workflow's id, a rule's next step, a policy
    company.post("/cycle-policies", {"name": "prompt", "agree_within": "0s"})


def called(page: Page, deal: UUID, day: datetime, company: Company) -> None:
    """A call that is entered late."""
    touch = form(page, "logActivity", deal_id=deal)
    touch.fill(activity__kind="call", occurred_at=day.strftime("%Y-%m-%dT10:00"))
    touch.fill(
        next_step__what=company.says("call again"), next_step__due_at=in_days(5)
    ).send_and_see_it_close()


def step(page: Page, operation: str) -> Form:
    """The form of what the cycle waits for; the page offers it by itself as soon as it is theirs to do."""
    page.locator(f'.waits a[href^="/desk/act/{operation}"]').click()
    return Form(page)


def test_from_the_target_to_the_next_one(company: Company, sign_in: SignIn) -> None:
    hire(company)
    deal = company.open_deal("Zhou Lan", "Nineteen dryers")
    month = month_before_last()
    manager, rep = sign_in("East manager"), sign_in("Zhou Lan")
    theirs = {
        "scope__kind": "rep",
        "scope__id": str(company.reps["Zhou Lan"]),
        "owner_id": str(company.reps["Zhou Lan"]),
        "period": f"{month:%Y-%m}",
    }

    manager.goto("/desk/targets")
    manager.get_by_role("link", name="Propose a target").first.click()
    target = Form(manager).fill(**theirs, metric=CALLS, number="4", unit="count")
    target.fill(achievable=company.says("four weeks"), relevant=company.says("calls win")).send()
    manager.wait_for_url("**/desk/targets/*")
    rep.goto(f"/desk/deals/{deal}")
    called(rep, deal, month + timedelta(days=9), company)
    manager.goto("/desk/cycles")
    manager.get_by_role("link", name="Open a cycle").first.click()
    Form(manager).fill(**theirs, metrics=CALLS, policy="prompt").send()
    manager.wait_for_url("**/desk/cycles/*")
    here = manager.url.partition("?")[0]
    expect(manager.locator(".phases [aria-current=step]")).to_have_text("review")
    expect(manager.locator("[aria-labelledby=h-pack]")).to_contain_text("the bytes that were recorded")

    rep.goto(here)
    step(rep, "assessSelf").fill(text=company.says("one week was lost")).send_and_see_it_close()
    expect(manager.locator("[aria-labelledby=h-said]")).to_contain_text("one week was lost")
    step(manager, "assessCycle").fill(text=company.says("good calls, too few")).send_and_see_it_close()

    called(rep, deal, month + timedelta(days=12), company)
    manager.goto(here)
    frozen = manager.locator("#s-targets tr.differs").get_by_role("cell")
    expect(frozen.nth(1)).to_contain_text("actual 1")
    expect(frozen.nth(2)).to_contain_text("actual 2")

    manager.get_by_role("link", name="Open an action item").click()
    item = Form(manager).fill(what=company.says("two calls before noon"), due_at=in_days(9))
    item.fill(owner_id=str(company.reps["Zhou Lan"])).send()
    manager.wait_for_url("**/desk/action-items/*")
    manager.goto(here)
    step(manager, "giveFeedback").fill(text=company.says("call in the morning")).send_and_see_it_close()
    expect(rep.locator("[aria-labelledby=h-said]")).to_contain_text("call in the morning")
    expect(rep.locator("[aria-labelledby=h-items]")).to_contain_text("two calls before noon")
    step(rep, "acknowledgeFeedback").send_and_see_it_close()

    expect(manager.locator(".phases [aria-current=step]")).to_have_text("next")
    argument = manager.locator("[aria-labelledby=h-next]")
    expect(argument.get_by_role("listitem").first).to_be_visible()
    argument.get_by_role("link").first.click()
    manager.wait_for_url("**/desk/targets/*")
