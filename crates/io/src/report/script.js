"use strict";
// Filter: hides score rows and plots that don't contain the words; opens what a match is in.
const box = document.getElementById("filter");
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hit = (e) => words.every((w) => e.textContent.toLowerCase().includes(w));
  for (const e of document.querySelectorAll("table.scores tbody tr, figure.plot, details.column > summary")) {
    const shown = words.length === 0 || hit(e);
    (e.tagName === "SUMMARY" ? e.parentElement : e).hidden = !shown;
  }
});
// A link to a column opens its drill-down.
const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", open);
open();
