/** Parts of a page that change by themselves: looked at again every `data-live` seconds, until the page says that there is no more to come.
    Somebody who is at work in one is left in peace. */
function inUse(part) {
  return document.hidden || part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}

/** The part as it is now; nothing where the service is away for a moment. */
async function asItIs(part) {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
}

/** Without what the reader's own zone makes of its times. */
function bare(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.replaceWith(time.dateTime);
  return copy.innerHTML;
}

async function watch(part) {
  while (part.dataset.live) {
    await new Promise((done) => { setTimeout(done, Number(part.dataset.live) * 1000); });
    if (inUse(part)) continue;
    const found = await asItIs(part);
    if (found === null || inUse(part)) continue;
    const { live } = found.dataset;
    // What is the same stays: a live region is read out where it changes, and only there.
    if (bare(found) !== bare(part)) {
      part.replaceChildren(...found.childNodes);
      part.dispatchEvent(new Event("refreshed", { bubbles: true }));
    }
    if (live) part.dataset.live = live;
    else delete part.dataset.live;
  }
}

for (const part of document.querySelectorAll("[data-live][id]")) watch(part);
