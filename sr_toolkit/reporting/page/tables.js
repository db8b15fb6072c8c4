// Tables that sort, the choice among tables, and the theme.

const byId = (id) => document.getElementById(id);
const chosenListeners = [];

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => sortBy(table, heads, column));
  });
}

function sortBy(table, heads, column) {
  const head = heads[column];
  const now = head.getAttribute("aria-sort");
  const first = head.hasAttribute("data-descending") ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = now === first ? other : first;
  for (const one of heads) one.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const words = head.classList.contains("words");
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows];
  const key = (row) => row.cells[column].dataset.value;
  rows.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === "" || y === "") return (x === "") - (y === ""); // what has no figure stays last
    const less = words ? x.localeCompare(y, undefined, { numeric: true }) : compare(+x, +y);
    return sign * less;
  });
  table.tBodies[0].append(...rows);
}

function compare(x, y) {
  return x === y ? 0 : x < y ? -1 : 1; // a subtraction would make NaN of two infinities
}

function chooseTable(number) {
  for (const part of document.querySelectorAll("[data-part]")) {
    part.hidden = part.dataset.part !== String(number);
  }
  for (const tell of chosenListeners) tell(number);
}

function startTheme() {
  const button = byId("theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  show();
}

function startTables() {
  document.querySelectorAll("table.sortable").forEach(makeSortable);
  const which = byId("which");
  if (!which) return;
  which.parentElement.hidden = false;
  which.addEventListener("change", () => chooseTable(+which.value));
}
