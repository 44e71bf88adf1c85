// Everything here is a comfort: each page works without it.

const spoken = document.documentElement.lang;

/** Times in the reader's own zone, in place of UTC. */
export function localTimes(root = document) {
  const written = new Intl.DateTimeFormat(spoken, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = time.textContent;
    time.textContent = written.format(new Date(time.dateTime));
  }
}

localTimes();
