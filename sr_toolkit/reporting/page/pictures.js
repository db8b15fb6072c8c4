// The images' part of the page: which image, which pictures of it, in which view.

const shown = { table: null, tables: [], place: null, order: [], images: {}, split: 0.5, pictures: null, wanted: 0 };

const readBlock = (id) => JSON.parse(byId(id).textContent);
const mode = () => document.querySelector("input[name=mode]:checked").value;

function tableOf(number) {
  shown.tables[number] ??= readBlock(`table-${number}`);
  return shown.tables[number];
}

function showTable(number) {
  const table = (shown.table = tableOf(number));
  const model = byId("order-model").value || table.models.length - 1;
  byId("viewer").hidden = !table.images.length;
  fillSelect(byId("order"), table.baseline === null ? ORDERS.filter(([o]) => o !== "loss" && o !== "gain") : ORDERS, byId("order").value);
  fillSelect(byId("order-metric"), table.columns.map((column, i) => [i, column.head]), byId("order-metric").value);
  fillSelect(byId("order-model"), table.models.map((name, i) => [i, name]), model);
  shown.place = null;
  showOrder();
}

function showOrder() {
  const { table } = shown;
  const [metric, model] = [+byId("order-metric").value, +byId("order-model").value];
  shown.order = ordered(table, byId("order").value, metric, model);
  byId("head-score").textContent = table.columns.length ? table.columns[metric].head : "";
  byId("head-gain").textContent = table.baseline === null ? "" : "vs bicubic";
  byId("list").replaceChildren(...shown.order.map((place) => {
    const item = Object.assign(document.createElement("li"), { id: `image-${place}` });
    item.setAttribute("role", "option");
    const words = [table.images[place]];
    if (table.columns.length) {
      const { digits } = table.columns[metric];
      const gain = gainOf(table, model, metric, place);
      words.push(figure(table.scores[model][metric][place], digits));
      words.push(gain === null ? "" : figure(gain, digits, true));
    }
    item.append(...words.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    item.addEventListener("click", () => showImage(place));
    return item;
  }));
  const withPictures = shown.order.find((place) => table.pictures[place]);
  showImage(shown.place ?? withPictures ?? shown.order[0], false);
}

function listKeys(event) {
  const at = shown.order.indexOf(shown.place);
  const last = shown.order.length - 1;
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 10, PageUp: at - 10 };
  if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  showImage(shown.order[Math.min(last, Math.max(0, steps[event.key]))]);
}

async function showImage(place, scroll = true) {
  const { table } = shown;
  if (place === undefined) return;
  shown.place = place;
  const list = byId("list");
  for (const item of list.children) item.setAttribute("aria-selected", String(item.id === `image-${place}`));
  const item = byId(`image-${place}`);
  list.setAttribute("aria-activedescendant", item.id);
  const [top, bottom] = [item.offsetTop - list.offsetTop, item.offsetTop - list.offsetTop + item.offsetHeight];
  if (scroll && top < list.scrollTop) list.scrollTop = top;
  if (scroll && bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  byId("image-name").textContent = table.images[place];
  fillScores(byId("image-scores"), table, place);
  const wanted = ++shown.wanted;
  const block = table.pictures[place];
  const pictures = block ? readBlock(block) : null;
  const images = pictures ? await decode(pictures.uris) : {};
  if (wanted !== shown.wanted) return; // another image was chosen meanwhile
  Object.assign(shown, { pictures, images });
  byId("look").classList.toggle("empty", !pictures);
  for (const id of ["pair", "panes", "divider-field"]) byId(id).hidden = !pictures;
  document.querySelector("#look .fields").hidden = !pictures;
  if (pictures) resetView(pictures.width, pictures.height);
  describe(pictures);
  fillPairs();
  showPanes();
}

async function decode(uris) {
  const entries = Object.entries(uris).map(async ([name, uri]) => {
    const image = new Image();
    image.src = uri;
    await image.decode();
    return [name, image];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function describe(pictures) {
  const target = byId("picture-facts");
  if (!pictures) {
    target.textContent = "There are no pictures of this image on the page.";
    return;
  }
  const part = pictures.whole ? "all of the image" : `its middle, from ${pictures.left}, ${pictures.top} on`;
  const times = `×${shown.table.scale}`;
  target.textContent = `${pictures.width}×${pictures.height} pixels, ${part}; WebP, ${pictures.quality}; `
    + `LR enlarged ${times} by repeating pixels; 100 % is one pixel of the page for one of theirs.`;
}

function sources() {
  const { table, images } = shown;
  const score = (model) => {
    const metric = +byId("order-metric").value;
    const column = table.columns[metric];
    return column ? `${column.head} ${figure(table.scores[model][metric][shown.place], column.digits)}` : "";
  };
  const all = [
    { key: "lr", name: "LR", score: "", pixelated: true },
    ...table.models.map((name, i) => ({ key: table.names[i], name, score: score(i), model: true })),
    { key: "hr", name: "HR", score: "" },
  ];
  return all.filter((one) => images[one.key]).map((one) => ({ ...one, image: images[one.key] }));
}

function fillPairs() {
  const entries = sources().map((one) => [one.key, one.name]);
  if (!entries.length) return;
  const keys = entries.map(([key]) => key);
  const models = keys.filter((key) => key.startsWith("m"));
  const right = models.at(-1) ?? keys.at(-1);
  const left = keys.includes("hr") ? "hr" : models.length > 1 ? models[0] : "lr";
  fillSelect(byId("left"), entries, byId("left").value || left);
  fillSelect(byId("right"), entries, byId("right").value || right);
  byId("mode-difference").hidden = !keys.includes("hr");
  if (!keys.includes("hr") && mode() === "difference") document.querySelector("input[value=slider]").checked = true;
}

function showPanes() {
  const target = byId("panes");
  const all = sources();
  const now = mode();
  target.dataset.mode = now;
  byId("gain-field").hidden = now !== "difference";
  byId("pair").hidden = byId("divider-field").hidden = now !== "slider" || !all.length;
  panes = [];
  if (now === "slider" && all.length) {
    const find = (id) => all.find((one) => one.key === byId(id).value) ?? all[0];
    const pane = makePane(find("left"), find("right"), shown.split, setSplit);
    // Not higher than the window; of an image that is not tiny, no coarser than four to one.
    const widest = Math.max(4 * view.width, 480);
    pane.figure.style.maxWidth = `min(${widest}px, ${(78 * view.width) / view.height}vh)`;
    panes = [pane];
  } else if (now === "grid") {
    panes = all.map((one) => makePane(one));
  } else if (now === "difference") {
    const hr = all.find((one) => one.key === "hr");
    const gain = +byId("gain").value;
    panes = all.filter((one) => one.model).map((one) => makePane({
      name: `|${one.name} − HR| ×${gain}`,
      score: one.score,
      image: difference(one.image, hr.image, gain),
      pixelated: true,
    }));
  }
  target.replaceChildren(...panes.map((pane) => pane.figure));
  byId("divider-field").style.maxWidth = panes.length ? panes[0].figure.style.maxWidth : "";
  paintAll();
}

function setSplit(split) {
  shown.split = Math.min(1, Math.max(0, split));
  byId("divider").value = String(Math.round(shown.split * 100));
  for (const pane of panes) pane.split = shown.split;
  paintAll();
}

function startPictures() {
  for (const id of ["order", "order-metric", "order-model"]) byId(id).addEventListener("change", showOrder);
  for (const id of ["left", "right", "gain"]) byId(id).addEventListener("change", showPanes);
  for (const input of document.querySelectorAll("input[name=mode]")) input.addEventListener("change", showPanes);
  byId("list").addEventListener("keydown", listKeys);
  byId("panes").addEventListener("keydown", paneKeys);
  byId("divider").addEventListener("input", (event) => setSplit(+event.target.value / 100));
  byId("zoom-in").addEventListener("click", () => zoomBy(STEP));
  byId("zoom-out").addEventListener("click", () => zoomBy(1 / STEP));
  byId("zoom-native").addEventListener("click", showNative);
  byId("zoom-all").addEventListener("click", showAll);
  new ResizeObserver(paintAll).observe(byId("panes"));
  byId("order").value = "worst";
}

startTheme();
startTables();
startPictures();
chosenListeners.push(showTable);
chooseTable(0);
