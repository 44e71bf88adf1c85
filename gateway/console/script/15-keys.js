// The keyboard: `/keys` says which keys there are. Pages take part by marking what a key is for: data-key="r" on a link, button or field,
// and rows of a list are those of a table with class "list", each with its first link to open.

const PAGES = { i: "inbound", t: "tickets", o: "outbox", a: "addresses", w: "why", r: "ratings", h: "health" };
const CHORD = 1500;
let went = 0;

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type);
}

function rows() {
  return [...document.querySelectorAll("table.list > tbody > tr")];
}

/** The row that the focus is in; -1 for none. */
function current() {
  return rows().findIndex((row) => row.contains(document.activeElement));
}

function goTo(index) {
  const row = rows()[index];
  const link = row && row.querySelector("a[href]");
  if (!link) return;
  link.focus();
  row.scrollIntoView({ block: "nearest" });
}

function use(element) {
  if (!element) return false;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) element.focus();
  else {
    element.focus();
    element.click();
  }
  return true;
}

function help() {
  const sheet = document.getElementById("keys");
  if (sheet && !sheet.open) sheet.showModal();
}

function act(key) {
  switch (key) {
    case "?":
      help();
      return true;
    case "j":
    case "k":
      if (!rows().length) return false;
      goTo(key === "j" ? Math.min(current() + 1, rows().length - 1) : Math.max(current() - 1, 0));
      return true;
    case "x": {
      const box = current() >= 0 && rows()[current()].querySelector("input[type=checkbox]");
      if (!box) return false;
      box.click();
      return true;
    }
    case "/":
      return use(document.querySelector("[data-key='/'], input[type=search]"));
    default:
      return use(document.querySelector(`[data-key="${CSS.escape(key)}"]`));
  }
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (went && Date.now() - went < CHORD && PAGES[event.key]) {
    event.preventDefault();
    location.assign(document.body.dataset.root + PAGES[event.key]);
  } else if (event.key === "g") went = Date.now();
  else if (event.key.length === 1) {
    went = 0;
    if (act(event.key)) event.preventDefault();
  }
}

if (document.body.dataset.keys === "on") {
  document.addEventListener("keydown", pressed);
  for (const each of document.querySelectorAll(".scripted")) each.hidden = false;
}
