// What pages cannot do without a script: stay up to date, open forms in a dialog, drag, find while one types, give notice.
// A page works without it. Nothing here knows a rule or builds HTML of data.
(() => {
  "use strict";
  const body = document.body, main = document.getElementById("main"), dialog = document.getElementById("dialog");
  const banner = document.getElementById("banner"), toast = document.getElementById("toast");
  const words = body.dataset;
  const SPREAD = 300, AGAIN = 3000, LOST_AFTER = 1000, TOAST = 4000, TYPING = 200;
  const zoneKnown = /(^|; )zone=/.test(document.cookie);
  document.cookie = "zone=" + Intl.DateTimeFormat().resolvedOptions().timeZone + "; path=/desk; samesite=lax; max-age=31536000";
  let after = "", waiting = null, pending = false, dragged = null, pressed = false;

  // --- staying up to date
  const follows = (moved) => {
    const wanted = (main?.dataset.follows || "").split(/\s+/).filter(Boolean);
    return wanted.some((name) => name === "*" || name in moved);
  };
  const held = () => dragged || pressed;  // a card in hand is not taken away by what others did
  function refresh() {
    if (document.hidden || held()) { pending = true; return; }
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = null;
      if (held()) { pending = true; return; }
      pending = false;
      htmx.trigger(main, "moved");
    }, Math.random() * SPREAD);  // not all pages in the same moment
  }
  body.addEventListener("htmx:before:swap", (event) => {
    if (held() && event.detail.ctx.sourceElement === main) { event.preventDefault(); pending = true; }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && pending) refresh(); });
  body.addEventListener("htmx:config:request", (event) => {
    if (after && event.detail.ctx.sourceElement === main) event.detail.ctx.request.headers["Salesloop-After"] = after;
  });

  function say(text, link, address) {
    banner.textContent = text;
    if (link) {
      const a = document.createElement("a");
      a.href = address; a.textContent = link;
      banner.append(" ", a);
    }
    banner.hidden = !text;
  }
  const signIn = () => say(words.signedOut, words.signIn, "/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
  let signedOut = false, stream = null, opened = false, away = null;

  function listen() {
    let lost = null;
    stream = new EventSource(`${words.live}?whose=${main.dataset.whose}&turn=${main.dataset.turn}`);
    stream.onopen = () => { clearTimeout(lost); clearTimeout(away); lost = away = null; if (!signedOut) say(""); if (opened) refresh(); opened = true; };
    stream.onerror = () => {
      lost ||= setTimeout(() => { if (!signedOut) say(words.lost); }, LOST_AFTER);
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, LOST_AFTER);
    };
    stream.addEventListener("moved", (event) => {
      const moved = JSON.parse(event.data);
      document.dispatchEvent(new CustomEvent("desk:moved", { detail: moved }));
      if (follows(moved)) refresh();
    });
    stream.addEventListener("away", () => { away ||= setTimeout(() => { if (!signedOut) say(words.away); }, LOST_AFTER); });
    stream.addEventListener("back", () => { clearTimeout(away); away = null; if (!signedOut) say(""); refresh(); });
    stream.addEventListener("signed-out", () => { signedOut = true; stream.close(); signIn(); });
    addEventListener("pagehide", () => stream.close());
  }
  if (main && words.live) listen();
  addEventListener("online", () => { if (stream?.readyState === EventSource.OPEN && !signedOut) { say(""); refresh(); } });  // the stream outlived it
  if (main && !zoneKnown) addEventListener("load", refresh);  // the first page was made before the zone was told
  function failed(form, response) {  // it stays as it was typed, and says so, and for how long where the server does
    const seconds = Number(response?.headers?.get("Retry-After")), text = seconds > 0 ? words.failedFor.replace("{n}", seconds) : words.failed;
    if (!form.matches?.("form.act")) { announce(text); return; }
    const said = form.querySelector(":scope > .problem") || document.createElement("p");
    said.className = "problem"; said.setAttribute("role", "alert"); said.textContent = text;
    form.prepend(said);
  }
  body.addEventListener("htmx:response:error", (event) => {
    const { response, sourceElement } = event.detail.ctx, busy = response.status === 429 || response.status >= 500;
    if (response.status === 401) { signedOut = true; signIn(); }
    else if (sourceElement === main) { if (busy) setTimeout(refresh, AGAIN); }  // what moved is not seen yet
    else if (busy && sourceElement.closest("form, [hx-get^='/desk/act']")) failed(sourceElement, response);
  });
  body.addEventListener("htmx:error", (event) => {
    const source = event.detail.ctx?.sourceElement;
    if (!navigator.onLine) say(words.lost);
    if (source?.matches?.("form.act")) failed(source);
  });

  // --- forms in a dialog
  function announce(text) {
    toast.textContent = text; toast.hidden = false;
    clearTimeout(announce.later);
    announce.later = setTimeout(() => { toast.hidden = true; }, TOAST);
  }
  document.addEventListener("htmx:after:swap", (event) => {  // a form that was replaced by its answer tells nobody above it
    if (event.detail.ctx.target?.closest?.("#dialog") && !dialog.open) {
      dialog.showModal();
      dialog.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }
    dialog.querySelector("[aria-invalid=true]")?.focus();
  });
  body.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (!close) return;
    if (dialog.open) dialog.close(); else history.back();
  });
  dialog?.addEventListener("close", () => document.getElementById("dialog-body").replaceChildren());
  body.addEventListener("acted", (event) => {
    if (dialog.open && !event.detail.stays) dialog.close();
    if (event.detail.position) after = String(event.detail.position);
    announce(event.detail.recorded === false ? words.nothing : words.acted);
    event.target.closest?.("form[data-clears]")?.reset();
    refresh();
  });

  // --- dragging: a card onto a column posts the column's act; a refusal is the act's own form
  body.addEventListener("pointerdown", (event) => { pressed = !!event.target.closest?.("[data-drag]"); });
  for (const end of ["pointerup", "pointercancel"]) body.addEventListener(end, () => {
    pressed = false;
    if (pending && !dragged) refresh();
  });
  body.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-drag]");
    if (dragged) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", dragged.dataset.drag); dragged.classList.add("dragged"); }
  });
  body.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged"); dragged = null;
    if (pending) refresh();
    for (const over of document.querySelectorAll(".over")) over.classList.remove("over");
  });
  body.addEventListener("dragover", (event) => {
    const column = dragged && event.target.closest("[data-drop]");
    if (!column) return;
    event.preventDefault();
    for (const over of document.querySelectorAll(".over")) if (over !== column) over.classList.remove("over");
    column.classList.add("over");
  });
  body.addEventListener("drop", (event) => {
    const column = dragged && event.target.closest("[data-drop]");
    if (!column || column.contains(dragged)) return;
    event.preventDefault();
    move(dragged, column);
  });
  function move(card, column) {
    const values = { ...JSON.parse(card.dataset.values || "{}"), ...JSON.parse(column.dataset.values || "{}"), key: crypto.randomUUID().replaceAll("-", ""), next: location.pathname + location.search };
    if (column.dataset.form) {  // what is asked for first
      htmx.ajax("GET", column.dataset.form + "?" + new URLSearchParams(values), { target: "#dialog-body", swap: "innerHTML", source: dialog });
      return;
    }
    htmx.ajax("POST", column.dataset.drop, { target: "#dialog-body", swap: "innerHTML", values, source: dialog });
  }
  // by keyboard and on a phone: a card's own menu has the same

  // --- finding a customer or a deal while one types
  body.addEventListener("input", (event) => {
    const input = event.target.closest("[data-choices]");
    if (!input) return;
    input.closest("[data-finder]").querySelector("input[type=hidden]").value = "";
    clearTimeout(input.later);
    input.later = setTimeout(() => find(input), TYPING);
  });
  async function find(input) {
    const found = document.getElementById(input.getAttribute("aria-controls"));
    const answer = await fetch(input.dataset.choices + "?" + new URLSearchParams({ text: input.value }), { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    found.innerHTML = await answer.text();  // rendered and escaped by our own server
    found.hidden = !input.value;
    input.setAttribute("aria-expanded", String(!found.hidden));
  }
  function choose(option) {
    const finder = option.closest("[data-finder]"), input = finder.querySelector("[data-choices]");
    const [id, was] = finder.querySelectorAll("input[type=hidden]");
    id.value = option.dataset.id;
    was.value = input.value = option.textContent;
    finder.querySelector(".found").hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.focus();
  }
  body.addEventListener("click", (event) => { const option = event.target.closest("[role=option]"); if (option) choose(option); });
  body.addEventListener("keydown", (event) => {
    const finder = event.target.closest?.("[data-finder]");
    if (!finder) return;
    const options = [...finder.querySelectorAll("[role=option]")], at = options.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]?.focus();
    } else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(options[at]); }
    else if (event.key === "Escape") finder.querySelector(".found").hidden = true;
  });

  // --- a slider of days: shows its day while it is moved, and sends it
  body.addEventListener("input", (event) => {
    const day = document.getElementById(event.target.dataset.dayOf);
    if (!day) return;
    const chosen = new Date(day.max + "T00:00:00Z");
    chosen.setUTCDate(chosen.getUTCDate() + Number(event.target.value));
    day.value = chosen.toISOString().slice(0, 10);
  });
  body.addEventListener("change", (event) => { if (event.target.dataset.dayOf) event.target.form.requestSubmit(); });

  // --- one form for one thing: a select that sends its form
  body.addEventListener("change", (event) => { if (event.target.closest("[data-sends]")) event.target.form.requestSubmit(); });

  // --- notice of what falls due, by the browser's own, where the person turned it on: each thing once, however many pages are open
  const WANTED = "desk.notices", TOLD = "desk.told", OWED = ["agenda", "action_items"], EVERY = 3600000, KEPT = 172800000;
  const wantsNotice = () => "Notification" in window && Notification.permission === "granted" && localStorage.getItem(WANTED) === "on";
  const alarms = new Map();
  async function lookAhead() {
    clearTimeout(lookAhead.later);
    if (!wantsNotice() || signedOut) return;
    lookAhead.later = setTimeout(lookAhead, EVERY);
    const answer = await fetch("/desk/due", { headers: after ? { "Salesloop-After": after } : {} }).catch(() => null);
    if (!answer?.ok) return;
    for (const alarm of alarms.values()) clearTimeout(alarm);
    alarms.clear();
    for (const one of (await answer.json()).due) alarms.set(one.id, setTimeout(() => notify(one), Math.max(0, Date.parse(one.due_at) - Date.now())));
  }
  const alone = (work) => navigator.locks ? navigator.locks.request("desk.notices", work) : work();
  const notify = (one) => alone(() => {
    const told = JSON.parse(localStorage.getItem(TOLD) || "{}"), name = one.id + " " + one.due_at;
    if (!wantsNotice() || name in told) return;
    for (const old in told) if (told[old] < Date.now() - KEPT) delete told[old];
    localStorage.setItem(TOLD, JSON.stringify({ ...told, [name]: Date.now() }));
    const notice = new Notification(one.title, { body: one.text, tag: name });
    notice.onclick = () => { window.focus(); location.assign(one.address); };
    return new Promise((done) => setTimeout(done, SPREAD));  // until the other pages can read that it was told
  });
  document.addEventListener("desk:moved", (event) => {
    if (words.owes === undefined || !OWED.some((name) => name in event.detail)) return;
    clearTimeout(lookAhead.soon);
    lookAhead.soon = setTimeout(lookAhead, LOST_AFTER);
  });
  if (words.owes !== undefined) lookAhead();

  const notices = document.querySelector("[data-notices]");
  function showNotices() {
    const on = wantsNotice(), denied = Notification.permission === "denied", button = notices.querySelector("[data-switch]"), says = notices.dataset;
    notices.querySelector("[data-state]").textContent = denied ? says.denied : on ? says.on : says.off;
    button.textContent = on ? says.turnOff : says.turnOn;
    button.hidden = denied;
  }
  if (notices && "Notification" in window) {
    showNotices();
    notices.querySelector("[data-switch]").addEventListener("click", async () => {
      if (wantsNotice()) localStorage.removeItem(WANTED);
      else if (await Notification.requestPermission() === "granted") localStorage.setItem(WANTED, "on");
      showNotices();
      if (words.owes !== undefined) lookAhead();
    });
  }
})();
