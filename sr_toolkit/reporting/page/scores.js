// Scores by image: the order of images, and the table of the chosen one.

const ORDERS = [
  ["worst", "worst first"],
  ["best", "best first"],
  ["loss", "least above bicubic first"],
  ["gain", "farthest above bicubic first"],
  ["set", "as in the set"],
];

function figure(value, digits, signed) {
  if (value === null) return "–";
  const number = Number(value);
  const text = Number.isFinite(number) ? Math.abs(number).toFixed(digits) : "∞";
  const sign = number < 0 ? "−" : signed ? "+" : "";
  return sign + text;
}

function gainOf(table, model, metric, place) {
  if (table.baseline === null) return null;
  const ours = table.scores[model][metric][place];
  const theirs = table.scores[table.baseline][metric][place];
  if (ours === null || theirs === null) return null;
  return ours === theirs ? 0 : ours - theirs;
}

function ordered(table, order, metric, model) {
  const places = table.images.map((_, place) => place);
  if (order === "set" || !table.columns.length) return places;
  const better = table.columns[metric].higher ? 1 : -1;
  const gains = order === "loss" || order === "gain";
  const key = (place) => {
    const value = gains ? gainOf(table, model, metric, place) : table.scores[model][metric][place];
    return value === null ? null : better * Number(value);
  };
  const sign = order === "worst" || order === "loss" ? 1 : -1;
  return places.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * compare(x, y);
  });
}

function fillSelect(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
  const values = entries.map(([value]) => String(value));
  select.value = values.includes(String(chosen)) ? chosen : values[0];
}

function fillScores(target, table, place) {
  const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  const head = document.createElement("tr");
  const names = table.columns.map((column) => `${column.head} ${column.higher ? "↑" : "↓"}`);
  head.append(...["Model", ...names].map((text) => Object.assign(cell("th", text), { scope: "col" })));
  const bests = table.columns.map((column, metric) => {
    const values = table.scores.map((row) => row[metric][place]).filter((v) => v !== null).map(Number);
    return (column.higher ? Math.max : Math.min)(...values);
  });
  const rows = table.models.map((model, number) => {
    const row = document.createElement("tr");
    row.append(Object.assign(cell("th", model), { scope: "row" }));
    table.columns.forEach((column, metric) => {
      const value = table.scores[number][metric][place];
      const one = cell("td", figure(value, column.digits));
      if (value !== null && Number(value) === bests[metric] && table.models.length > 1) {
        one.className = "best";
      }
      const gain = number === table.baseline ? null : gainOf(table, number, metric, place);
      if (gain !== null) one.append(cell("small", `${figure(gain, column.digits, true)} vs bicubic`));
      row.append(one);
    });
    return row;
  });
  target.tHead.replaceChildren(head);
  target.tBodies[0].replaceChildren(...rows);
}
