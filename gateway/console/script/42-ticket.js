/** A ticket's answer: canned replies where the caret stands, and no words lost by leaving the page. */
for (const form of document.querySelectorAll("form[data-answer]")) {
  const text = form.elements.namedItem("text");
  const canned = form.elements.namedItem("canned");
  let changed = false;
  let sending = false;
  text.addEventListener("input", () => { changed = text.value.trim() !== ""; });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "insert") {
      event.preventDefault();
      const chosen = canned.selectedOptions[0]?.dataset.text;
      if (chosen) {
        text.setRangeText(chosen, text.selectionStart, text.selectionEnd, "end");
        text.dispatchEvent(new Event("input"));
      }
      text.focus();
      return;
    }
    sending = true;
  });
  addEventListener("beforeunload", (event) => { if (changed && !sending) event.preventDefault(); });
  addEventListener("pageshow", () => { sending = false; });
}
document.getElementById("problem")?.focus();
