/** One box in the head of a list ticks all of the page, or none. */
for (const head of document.querySelectorAll("th[data-all]")) {
  const boxes = [...head.closest("table").querySelectorAll('tbody input[type="checkbox"]')];
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", head.dataset.all);
  all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
  for (const box of boxes)
    box.addEventListener("change", () => {
      all.checked = boxes.every((each) => each.checked);
      all.indeterminate = !all.checked && boxes.some((each) => each.checked);
    });
  head.append(all);
}
