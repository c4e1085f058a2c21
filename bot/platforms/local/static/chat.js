// The local chat's script. Every form works without it; with it, nothing reloads.
"use strict";

const page = document.body.dataset;
const byId = (id) => document.getElementById(id);
const timeline = byId("turns");
const column = timeline?.querySelector(".column");
const box = byId("box");

/* What is said in passing */

function note(text, wrong = false) {
  const status = byId("status");
  if (!status) return;
  // The note takes its room from the messages: whoever reads the last one still does.
  const follow = timeline && isNearEnd();
  status.textContent = text;
  if (follow) timeline.scrollTo({ top: timeline.scrollHeight, behavior: "instant" });
  status.classList.toggle("wrong", wrong);
}

/* Messages: put in, swapped, taken off */

const number = (turn) => Number(turn.id.slice(1));
const isNearEnd = () => timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 160;

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Whoever is in the middle of a post keeps focus, opened parts and typed text when it is swapped.
function swap(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const parts = new Map([...fresh.querySelectorAll("[data-key]")].map((each) => [each.dataset.key, each]));
  for (const part of old.querySelectorAll("details[data-key], input[data-key]")) {
    const same = parts.get(part.dataset.key);
    if (same && part.localName === "input") same.value = part.value;
    else if (same) same.open = part.open;
  }
  old.replaceWith(fresh);
  parts.get(focused)?.focus();
}

function insert(turn) {
  const later = [...column.querySelectorAll(".turn")].find((each) => number(each) > number(turn));
  turn.classList.add("fresh");
  column.insertBefore(turn, later ?? byId("nothing"));
}

function separateDays() {
  for (const heading of column.querySelectorAll(".day")) heading.remove();
  let day = null;
  for (const turn of column.querySelectorAll(".turn")) {
    if (turn.dataset.day !== day) {
      const heading = document.createElement("h2");
      heading.className = "day";
      heading.textContent = turn.dataset.label;
      turn.before(heading);
    }
    day = turn.dataset.day;
  }
  byId("nothing").hidden = day !== null || !byId("welcome")?.hidden;
}

function reveal(turns, follow) {
  const last = turns.at(-1);
  if (!last) return;
  if (follow || "mine" in last.dataset) {
    // An answer longer than the window is read from its first line.
    const tall = last.offsetHeight > timeline.clientHeight - 40;
    // At once: in the middle of a smooth move the next message would find the reader elsewhere.
    last.scrollIntoView({ block: tall ? "start" : "end", behavior: "instant" });
  } else {
    byId("jump").hidden = false;
  }
}

function show(changes) {
  const follow = isNearEnd();
  const inserted = [];
  const answered = [];
  for (const { key, html } of changes) {
    const old = byId(key);
    if (html === null) {
      old?.remove();
      continue;
    }
    const fresh = parse(html);
    if (old) {
      swap(old, fresh);
      if ("mine" in fresh.dataset) answered.push(fresh);
    } else {
      insert(fresh);
      inserted.push(fresh);
    }
  }
  separateDays();
  reveal([...inserted, ...answered].sort((a, b) => number(a) - number(b)), follow);
  const titles = inserted.map((turn) => turn.dataset.title).filter(Boolean);
  if (titles.length) byId("spoken").textContent = `New: ${titles.join("; ")}`;
}

/* Live updates: open while the page is seen, so that many tabs do not hold many connections */

let stream = null;
let revision = Number(page.revision ?? 0);

function listen() {
  if (stream || !("live" in page) || document.hidden) return;
  stream = new EventSource(`/c/${encodeURIComponent(page.channel)}/live?after=${revision}`);
  stream.addEventListener("open", () => document.body.classList.remove("away"));
  stream.addEventListener("error", () => document.body.classList.add("away"));
  stream.addEventListener("reload", () => location.reload());
  stream.addEventListener("turns", (event) => {
    revision = Number(event.lastEventId);
    show(JSON.parse(event.data));
  });
  stream.addEventListener("frame", (event) => {
    const { side, head } = JSON.parse(event.data);
    byId("places").innerHTML = side;
    byId("head").innerHTML = head;
    byId("welcome").hidden = Number(byId("head").querySelector("[data-watches]").dataset.watches) > 0;
    markUnread();
    showWhere();
  });
}

function hush() {
  stream?.close();
  stream = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
addEventListener("pagehide", hush);
addEventListener("pageshow", listen);

/* Unread marks: what this browser has seen of each channel */

// Before a page marks its own channel as seen.
const seenBefore = Number(localStorage.getItem(`paperround seen ${page.channel}`) ?? 0);

// The first post that this browser has not shown yet, whole; else the end, as in every chat.
function openAtFirstUnread() {
  const asked = location.hash && byId(location.hash.slice(1));
  const unread = [...column.querySelectorAll(".turn")].find((each) => number(each) > seenBefore);
  const first = asked || unread;
  if (first) first.scrollIntoView({ block: "start", behavior: "instant" });
  else timeline.scrollTo({ top: timeline.scrollHeight, behavior: "instant" });
}

function markUnread() {
  for (const place of document.querySelectorAll("[data-place]")) {
    const name = `paperround seen ${place.dataset.place}`;
    const newest = Number(place.dataset.newest);
    const here = place.dataset.place === page.channel;
    if (here && !document.hidden) localStorage.setItem(name, newest);
    const unread = !here && newest > Number(localStorage.getItem(name) ?? 0);
    place.classList.toggle("unread", unread);
    place.querySelector(".dot").hidden = !unread;
  }
}

// On a phone the channels stand in a row that may be longer than the screen.
function showWhere() {
  document.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest", block: "nearest", behavior: "instant" });
}

/* Forms */

async function send(form, submitter) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form, submitter)),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.problem ?? `The chat answered ${answer.status}.`);
  return said;
}

// Beside what was typed where the form has room for it; whether it has.
function complain(form, text) {
  const place = form.querySelector(".problem");
  if (place) {
    place.textContent = text;
    place.hidden = !text;
  }
  return place !== null;
}

// Opens the picker again with what was typed in it; it may have been swapped for a fresh one.
function reopen(form, typed) {
  const turn = byId(form.closest(".turn").id);
  const fresh = turn?.querySelector(".picker .any");
  if (!fresh || !form.matches(".any")) return form;
  fresh.closest(".picker").open = true;
  fresh.elements.emoji.value = typed;
  return fresh;
}

function fill(text) {
  const input = box.elements.text;
  input.value = text;
  grow(input);
}

// Where the browser does not grow a text area by itself.
function grow(input) {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

function busy(button, on) {
  if (!button?.dataset.busy) return;
  button.dataset.label ??= button.textContent;
  button.textContent = on ? button.dataset.busy : button.dataset.label;
  button.setAttribute("aria-busy", on);
}

async function submitQuietly(form, submitter) {
  if (submitter?.getAttribute("aria-busy") === "true") return;
  const typed = form === box ? box.elements.text.value : null;
  busy(submitter, true);
  note("");
  complain(form, "");
  const sent = send(form, submitter);
  if (typed !== null) fill("");
  const picker = form.closest(".picker");
  const emoji = form.elements.emoji?.value;
  if (picker) {
    picker.open = false;
    form.reset();
  }
  try {
    const said = await sent;
    if (said.to) location.assign(said.to);
    else note(said.note);
  } catch (error) {
    const lost = error instanceof TypeError;
    const why = lost ? "The chat cannot be reached. Is Paperround still running?" : error.message;
    const here = picker ? reopen(form, emoji) : form;
    if (!complain(here, why)) note(why, true);
    if (typed !== null && !box.elements.text.value) fill(typed);
  } finally {
    busy(submitter, false);
  }
}

document.addEventListener("submit", (event) => {
  if (!("quiet" in event.target.dataset)) return;
  event.preventDefault();
  submitQuietly(event.target, event.submitter);
});

/* A file dropped on the page or pasted into the box: a group's own papers teach the channel */

async function teach(file) {
  note(`Reading ${file.name}…`);
  const body = new URLSearchParams({ file: file.name, text: await file.text() });
  const headers = { Accept: "application/json" };
  try {
    const address = `/c/${encodeURIComponent(page.channel)}/library`;
    const answer = await fetch(address, { method: "POST", headers, body });
    const said = await answer.json().catch(() => ({}));
    note(answer.ok ? "" : (said.problem ?? `The chat answered ${answer.status}.`), !answer.ok);
  } catch {
    note("The chat cannot be reached. Is Paperround still running?", true);
  }
}

function takeFile(event, files) {
  if (!box || !files?.length) return;
  event.preventDefault();
  teach(files[0]);
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => takeFile(event, event.dataTransfer?.files));
document.addEventListener("paste", (event) => takeFile(event, event.clipboardData?.files));

/* A command that an answer names goes into the box, to be sent or changed */

document.addEventListener("click", (event) => {
  const tried = event.target.closest("[data-try]");
  if (!tried || !box) return;
  fill(`/papers ${tried.dataset.try}`);
  box.elements.text.focus();
});

/* One open menu at a time, closed by Escape or a click elsewhere */

const MENUS = "details.picker[open], details.pop[open]";

function closeMenus(except) {
  for (const menu of document.querySelectorAll(MENUS)) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest(MENUS);
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "/" && !event.target.closest("input, textarea")) {
    event.preventDefault();
    byId("text")?.focus();
  }
});

/* Completion. A text of several lines may not be an ARIA combobox: it is a text box with a list. */

class Completion {
  constructor(input, list) {
    this.input = input;
    this.list = list;
    this.active = -1;
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-haspopup", "listbox");
    input.addEventListener("input", () => this.ask());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => this.close());
    // Before the blur that a click would cause.
    list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("li");
      event.preventDefault();
      if (option) this.accept(option);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  async ask() {
    clearTimeout(this.pause);
    this.asked?.abort();
    const typed = this.input.value.replace(/^\s*\/papers\s*/i, "");
    if (!this.input.value.trim() || "/papers".startsWith(this.input.value)) return this.close();
    await new Promise((later) => (this.pause = setTimeout(later, 60)));
    this.asked = new AbortController();
    const address = `/c/${encodeURIComponent(page.channel)}/complete?typed=${encodeURIComponent(typed)}`;
    try {
      const answer = await fetch(address, { signal: this.asked.signal });
      if (answer.ok) this.open(await answer.json(), typed);
    } catch (error) {
      // Given up for a newer question, whose list this must not close.
      if (error.name !== "AbortError") this.close();
    }
  }

  open(found, typed) {
    const options = found.filter((each) => each.text !== typed).slice(0, 12);
    if (!options.length || document.activeElement !== this.input) return this.close();
    this.list.replaceChildren(
      ...options.map(({ text, does }, place) => {
        const option = document.createElement("li");
        option.id = `completion-${place}`;
        option.setAttribute("role", "option");
        option.dataset.text = text;
        option.textContent = text;
        if (does) option.append(Object.assign(document.createElement("span"), { className: "does", textContent: ` ${does}` }));
        return option;
      }),
    );
    this.list.hidden = false;
    byId("spoken").textContent = `${options.length} completions, by arrow keys`;
    this.choose(-1);
  }

  close() {
    this.asked?.abort();
    clearTimeout(this.pause);
    this.list.hidden = true;
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
  }

  choose(place) {
    this.active = place;
    [...this.list.children].forEach((option, each) => option.setAttribute("aria-selected", each === place));
    const option = this.list.children[place];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  accept(option) {
    fill(`/papers ${option.dataset.text}`);
    this.close();
    this.ask();
  }

  onKey(event) {
    if (!this.isOpen || event.isComposing) return;
    const count = this.list.children.length;
    const chosen = this.list.children[this.active];
    const moves = {
      ArrowDown: () => this.choose((this.active + 1) % count),
      ArrowUp: () => this.choose((this.active <= 0 ? count : this.active) - 1),
      Escape: () => this.close(),
      Tab: event.shiftKey ? null : () => this.accept(chosen ?? this.list.firstElementChild),
      Enter: chosen ? () => this.accept(chosen) : null,
    };
    if (event.key === "Enter" && !chosen) this.close();
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }
}

/* Start */

if (timeline && "live" in page) {
  const jump = byId("jump");
  jump.addEventListener("click", () => timeline.scrollTo({ top: timeline.scrollHeight }));
  timeline.addEventListener("scroll", () => {
    if (isNearEnd()) jump.hidden = true;
  });
  openAtFirstUnread();
  listen();
}
if (box) {
  const input = box.elements.text;
  const completion = new Completion(input, byId("completions"));
  // What was sent is not completed any more, not even by a list still on its way.
  box.addEventListener("submit", () => completion.close());
  input.addEventListener("input", () => grow(input));
  // After the completion, which may take the key for itself.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    box.requestSubmit();
  });
}
markUnread();
showWhere();
