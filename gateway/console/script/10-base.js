// Everything here is a comfort: each page works without it.

const spoken = document.documentElement.lang;

/** Times in the reader's own zone, in place of UTC. */
function localTimes(root = document) {
  const written = new Intl.DateTimeFormat(spoken, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = written.format(new Date(time.dateTime));
  }
}

/** What waits, beside the names of the pages. */
function showCounts(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const n = counts[place.dataset.count] || 0;
    const words = document.createElement("span");
    words.className = "unseen";
    words.textContent = ` ${place.dataset.words}: `;
    place.replaceChildren(...(n ? [words, n > 99 ? "99+" : String(n)] : []));
  }
}

/** Counts as they change. The browser comes back by itself after a loss, and this where it has given up. Nobody looks: nothing is asked. */
function hear() {
  const address = document.body.dataset.events;
  let source = null;
  let waiting = null;
  const begin = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("counts", (event) => showCounts(JSON.parse(event.data)));
    source.addEventListener("over", end);
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) {
        end();
        waiting = setTimeout(begin, 60000);
      }
    });
  };
  const end = () => {
    clearTimeout(waiting);
    if (source) source.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : begin()));
  window.addEventListener("pagehide", end);
  window.addEventListener("pageshow", begin);
  begin();
}

/** A form is sent once, however often its button is pressed; after some seconds without an answer, it may be sent again. */
function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 10000);
}

localTimes();
document.addEventListener("refreshed", (event) => localTimes(event.target));
if (document.body.dataset.events && "EventSource" in window) hear();
document.addEventListener("submit", sendOnce);
