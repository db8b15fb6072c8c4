// Panes: canvases that all show the same place of different pictures.

const FARTHEST = 32; // screen pixels for a picture's pixel
const STEP = 1.25;

const view = { zoom: 1, x: 0.5, y: 0.5, width: 1, height: 1 };
let panes = [];

function resetView(width, height) {
  const same = view.width === width && view.height === height;
  Object.assign(view, { width, height });
  if (!same) Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 });
}

function fitOf(canvas) {
  return Math.min(canvas.clientWidth / view.width, canvas.clientHeight / view.height) || 1;
}

function placeIn(canvas) {
  const scale = fitOf(canvas) * view.zoom;
  const along = (length, size, center) => {
    const whole = size * scale;
    if (whole <= length) return (length - whole) / 2;
    return Math.min(0, Math.max(length - whole, length / 2 - center * whole));
  };
  return {
    scale,
    left: along(canvas.clientWidth, view.width, view.x),
    top: along(canvas.clientHeight, view.height, view.y),
  };
}

function paintPane(pane) {
  const { canvas } = pane;
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
  if (!wide || !high) return;
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  const place = placeIn(canvas);
  const draw = (image, pixelated) => {
    if (!image) return;
    context.imageSmoothingEnabled = !pixelated && place.scale * ratio < 1;
    context.imageSmoothingQuality = "high";
    const size = [view.width * place.scale, view.height * place.scale];
    context.drawImage(image, place.left, place.top, ...size);
  };
  draw(pane.first.image, pane.first.pixelated);
  if (!pane.second) return;
  const split = canvas.clientWidth * pane.split;
  context.save();
  context.beginPath();
  context.rect(split, 0, canvas.clientWidth - split, canvas.clientHeight);
  context.clip();
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  draw(pane.second.image, pane.second.pixelated);
  context.restore();
  context.fillStyle = "#000";
  context.fillRect(split - 2, 0, 4, canvas.clientHeight);
  context.fillStyle = "#fff";
  context.fillRect(split - 1, 0, 2, canvas.clientHeight);
}

function paintAll() {
  panes.forEach(paintPane);
  if (!panes.length) return;
  const percent = Math.round(placeIn(panes[0].canvas).scale * 100);
  byId("zoom-level").textContent = `${percent} %`;
  byId("panes").dataset.zoomed = String(view.zoom > 1); // then a finger moves the picture
}

function zoomBy(factor, canvas, at) {
  const pane = canvas || (panes[0] && panes[0].canvas);
  if (!pane) return false;
  const before = placeIn(pane);
  const point = at || { x: pane.clientWidth / 2, y: pane.clientHeight / 2 };
  const most = Math.max(1, FARTHEST / fitOf(pane));
  const least = Math.min(1, 1 / fitOf(pane));
  const zoom = Math.min(most, Math.max(least, view.zoom * factor));
  if (zoom === view.zoom) return false;
  // The place under the pointer stays where it is.
  const [u, v] = [(point.x - before.left) / before.scale, (point.y - before.top) / before.scale];
  view.zoom = zoom;
  const scale = fitOf(pane) * zoom;
  centerAt(pane, u + (pane.clientWidth / 2 - point.x) / scale, v + (pane.clientHeight / 2 - point.y) / scale);
  paintAll();
  return true;
}

function centerAt(canvas, u, v) {
  const scale = fitOf(canvas) * view.zoom;
  const inside = (center, size, length) => {
    const half = Math.min(0.5, length / scale / size / 2);
    return Math.min(1 - half, Math.max(half, center / size));
  };
  view.x = inside(u, view.width, canvas.clientWidth);
  view.y = inside(v, view.height, canvas.clientHeight);
}

function moveBy(canvas, dx, dy) {
  const scale = fitOf(canvas) * view.zoom;
  centerAt(canvas, view.x * view.width + dx / scale, view.y * view.height + dy / scale);
  paintAll();
}

function showNative() {
  if (panes.length) zoomBy(1 / placeIn(panes[0].canvas).scale);
}

function showAll() {
  Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 });
  paintAll();
}

function makePane(first, second, split, onSplit) {
  const figure = document.createElement("figure");
  const canvas = document.createElement("canvas");
  const caption = document.createElement("figcaption");
  figure.className = "pane";
  canvas.setAttribute("role", "img");
  canvas.style.aspectRatio = `${view.width} / ${view.height}`;
  for (const words of second ? [first.name, second.name] : [first.name, first.score]) {
    const span = document.createElement("span");
    span.textContent = words;
    caption.append(span);
  }
  canvas.setAttribute("aria-label", second ? `${first.name} left, ${second.name} right` : first.name);
  figure.append(canvas, caption);
  const pane = { figure, canvas, first, second, split };
  listen(pane, onSplit);
  return pane;
}

function listen(pane, onSplit) {
  const { canvas } = pane;
  let held = null;
  canvas.addEventListener("wheel", (event) => {
    const at = { x: event.offsetX, y: event.offsetY };
    if (zoomBy(event.deltaY < 0 ? STEP : 1 / STEP, canvas, at)) event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const near = pane.second && Math.abs(event.offsetX - pane.split * canvas.clientWidth) < 18;
    held = { x: event.clientX, y: event.clientY, divider: near || (pane.second && view.zoom <= 1) };
    canvas.setPointerCapture(event.pointerId);
    if (held.divider) onSplit(event.offsetX / canvas.clientWidth);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (held.divider) onSplit(event.offsetX / canvas.clientWidth);
    else moveBy(canvas, held.x - event.clientX, held.y - event.clientY);
    Object.assign(held, { x: event.clientX, y: event.clientY });
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = null; });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function paneKeys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !panes.length) return;
  if (event.key === "+" || event.key === "=") zoomBy(STEP);
  else if (event.key === "-") zoomBy(1 / STEP);
  else if (event.key === "0") showAll();
  else if (event.key === "1") showNative();
  else if (event.key in ARROWS && view.zoom > 1) {
    const [dx, dy] = ARROWS[event.key];
    moveBy(panes[0].canvas, 40 * dx, 40 * dy);
  } else return;
  event.preventDefault();
}

function difference(image, reference, gain) {
  const read = (source) => {
    const canvas = new OffscreenCanvas(view.width, view.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, view.width, view.height);
    return context.getImageData(0, 0, view.width, view.height);
  };
  const [ours, theirs] = [read(image), read(reference).data];
  const data = ours.data;
  for (let i = 0; i < data.length; i += 4) {
    const sum = Math.abs(data[i] - theirs[i]) + Math.abs(data[i + 1] - theirs[i + 1])
      + Math.abs(data[i + 2] - theirs[i + 2]);
    data[i] = data[i + 1] = data[i + 2] = (sum / 3) * gain;
  }
  const canvas = new OffscreenCanvas(view.width, view.height);
  canvas.getContext("2d").putImageData(ours, 0, 0);
  return canvas;
}
