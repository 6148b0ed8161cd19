/** What the page does by itself: finding cases, and showing everything on paper. Without it the page is whole all the same. */
export const SCRIPT = `
const search = document.getElementById("search");
const found = document.getElementById("found");
search?.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const group of document.querySelectorAll("details.cases")) {
    let here = 0;
    for (const line of group.querySelectorAll("li")) {
      line.hidden = !words.every((word) => line.dataset.words.includes(word));
      if (!line.hidden) here++;
    }
    group.hidden = here === 0;
    group.open = words.length > 0 && here > 0;
    count += here;
  }
  found.textContent = words.length === 0 ? "" : count + " found";
});
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const one of closed) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of closed) one.open = false;
});
`;
