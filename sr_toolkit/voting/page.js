"use strict";

const ZOOMS = [1, 2, 3, 4];
const TURN = 600; // milliseconds that flicker shows each picture

const $ = (id) => document.getElementById(id);
const stage = $("stage");
const figures = [$("left"), $("right")];
const frames = figures.map((figure) => figure.querySelector(".frame"));
const images = figures.map((figure) => figure.querySelector("img"));

let question = null; // the pair that is asked now
let canUndo = false;
let ready = false; // are both pictures on the screen, and is no answer on its way?
let shownAt = 0;
let zoom = 1;
let zoomChosen = false; // else the largest that fits
let center = { x: 0, y: 0 }; // of the view, in pixels of the picture
let turning = 0;

async function ask(path, body) {
  const options = { cache: "no-store" };
  if (body) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function setReady(value) {
  ready = value;
  document.body.setAttribute("aria-busy", !value);
}

function only(section) {
  for (const id of ["judging", "done", "over"]) $(id).hidden = id !== section;
}

function complain(sentence) {
  $("trouble").textContent = sentence;
  $("trouble").hidden = !sentence;
}

async function send(path, body) {
  if (!ready) return;
  setReady(false);
  complain("");
  try {
    await show(await ask(path, body));
  } catch (error) {
    // fetch itself throws a TypeError where nobody answers
    if (error instanceof TypeError) only("over");
    else complain(error.message);
    setReady(true);
  }
}

async function show(state) {
  canUndo = state.undo;
  $("undo").disabled = $("back").disabled = !canUndo;
  $("progress").max = Math.max(state.total, 1);
  $("progress").value = state.done;
  question = state.questions[0] || null;
  $("count").textContent = question
    ? `${state.done + 1} of ${state.total}`
    : `${state.done} of ${state.total} judged`;
  if (!question) {
    only("done");
    setReady(true);
    $("finish").focus();
    return;
  }
  stage.classList.add("loading");
  only("judging");
  images[0].src = `picture/${question.left}`;
  images[1].src = `picture/${question.right}`;
  try {
    await Promise.all(images.map((image) => image.decode()));
  } catch {
    complain("A picture cannot be shown; the terminal says why.");
    setReady(true);
    return;
  }
  center = { x: question.width / 2, y: question.height / 2 };
  layOut();
  stage.classList.remove("loading");
  const next = state.questions[1];
  if (next) for (const name of [next.left, next.right]) new Image().src = `picture/${name}`;
  requestAnimationFrame(() => {
    shownAt = performance.now();
    setReady(true);
  });
}

function vote(answer) {
  if (!question) return;
  const milliseconds = Math.round(performance.now() - shownAt);
  send("vote", { question: question.id, answer, milliseconds });
}

function undo() {
  if (canUndo) send("undo", {});
}

async function finish() {
  try {
    await ask("finish", {});
  } catch {
    // it has ended already
  }
  only("over");
}

// The view: zoom and place are those of both pictures.

function fitting() {
  const flickers = stage.classList.contains("flicker");
  const wide = flickers ? stage.clientWidth : (stage.clientWidth - 16) / 2;
  const high = Math.max(200, window.innerHeight - 315);
  return question.width * 2 <= wide && question.height * 2 <= high ? 2 : 1;
}

function layOut() {
  if (!question) return;
  if (!zoomChosen) zoom = fitting();
  const style = document.documentElement.style;
  style.setProperty("--w", question.width);
  style.setProperty("--h", question.height);
  style.setProperty("--zoom", zoom);
  for (const button of $("zoom").children)
    button.setAttribute("aria-pressed", Number(button.dataset.zoom) === zoom);
  const [width, height] = [question.width * zoom, question.height * zoom];
  const view = { width: frames[0].clientWidth, height: frames[0].clientHeight };
  const within = (value, size, whole) =>
    whole <= size ? whole / 2 / zoom : Math.min(Math.max(value, size / 2 / zoom), (whole - size / 2) / zoom);
  center.x = within(center.x, view.width, width);
  center.y = within(center.y, view.height, height);
  const x = Math.round(view.width / 2 - center.x * zoom);
  const y = Math.round(view.height / 2 - center.y * zoom);
  for (const image of images) image.style.transform = `translate(${x}px, ${y}px)`;
  const movable = width > view.width || height > view.height;
  for (const frame of frames) frame.classList.toggle("movable", movable);
}

function setZoom(value) {
  zoom = Math.min(Math.max(value, ZOOMS[0]), ZOOMS[ZOOMS.length - 1]);
  zoomChosen = true;
  layOut();
}

function setFlicker(on) {
  stage.classList.toggle("flicker", on);
  $("flicker").setAttribute("aria-pressed", on);
  clearInterval(turning);
  figures[0].classList.add("showing");
  figures[1].classList.remove("showing");
  if (on) {
    turning = setInterval(() => {
      for (const figure of figures) figure.classList.toggle("showing");
    }, TURN);
  }
  layOut();
}

for (const frame of frames) {
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    if (!frame.classList.contains("movable") || event.button) return;
    from = { x: event.clientX, y: event.clientY, center: { ...center } };
    frame.setPointerCapture(event.pointerId);
    frame.classList.add("moving");
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from) return;
    center = {
      x: from.center.x - (event.clientX - from.x) / zoom,
      y: from.center.y - (event.clientY - from.y) / zoom,
    };
    layOut();
  });
  for (const end of ["pointerup", "pointercancel"])
    frame.addEventListener(end, () => {
      from = null;
      frame.classList.remove("moving");
    });
}

for (const value of ZOOMS) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.zoom = value;
  button.textContent = `${value}×`;
  button.addEventListener("click", () => setZoom(value));
  $("zoom").append(button);
}

for (const button of document.querySelectorAll("[data-answer]"))
  button.addEventListener("click", () => vote(button.dataset.answer));
$("undo").addEventListener("click", undo);
$("back").addEventListener("click", undo);
$("finish").addEventListener("click", finish);
$("flicker").addEventListener("click", () => setFlicker(!stage.classList.contains("flicker")));
window.addEventListener("resize", layOut);
// A button that the mouse pressed lets go of the keys, which are answers.
document.addEventListener("click", (event) => {
  const button = event.detail ? event.target.closest("button") : null;
  if (button) button.blur();
});

const KEYS = {
  ArrowLeft: () => vote("left"),
  ArrowRight: () => vote("right"),
  ArrowDown: () => vote("none"),
  " ": () => vote("none"),
  Backspace: undo,
  f: () => setFlicker(!stage.classList.contains("flicker")),
  "+": () => setZoom(zoom + 1),
  "-": () => setZoom(zoom - 1),
};
for (const value of ZOOMS) KEYS[value] = () => setZoom(value);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  // Space on a button that the keyboard went to is that button's
  if (event.key === " " && document.activeElement instanceof HTMLButtonElement &&
      document.activeElement.matches(":focus-visible")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  if (event.repeat) return; // a key held down is one answer
  if (document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
  act();
});

(async () => {
  try {
    await show(await ask("state"));
  } catch (error) {
    if (error instanceof TypeError) only("over");
    else complain(error.message);
  }
})();
