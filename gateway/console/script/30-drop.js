/** A file dropped anywhere on the page is taken by its field. */
const place = document.querySelector("[data-drop]");
const chosen = place?.querySelector('input[type="file"]');
if (place && chosen) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    place.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) place.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    place.classList.remove("over");
    chosen.files = event.dataTransfer.files;
    chosen.focus();
  });
}
