// Keeps open pages up to date while data flows.
//
// The server tells of changes at /live/events. Then every element with data-live-url is fetched, and what differs in
// it is changed in place, so that focus, scrolling and selected text stay. Charts hear "sunsift:changed".
// Elements with data-news are said aloud, politely, when what they say has changed. A hidden page rests.

const POLL_MS = 15000; // when events do not come through
const RETRY_MS = 60000;
const state = document.createElement("span");
state.dataset.liveState = "";
document.querySelector(".bottom")?.append(state);

let source = null;
let poll = 0;
let running = false;
let again = false;
let opened = false;
let ended = false;

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

// Rows of a table are known by what they link to, so that a house keeps its row when the order changes.
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  const link = node.nodeName === "TR" ? node.querySelector("a[href]") : null;
  return node.id || node.dataset.key || link?.getAttribute("href") || null;
}

function isSame(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
}

function isTouched(element) {
  if (element === document.activeElement) return true;
  if (element.type === "checkbox" || element.type === "radio") return element.checked !== element.defaultChecked;
  return "defaultValue" in element && element.value !== element.defaultValue;
}

function takeAttributes(from, to) {
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    const isTheReaders = name === "open" && from.nodeName === "DETAILS";
    if (!to.hasAttribute(name) && !isTheReaders) from.removeAttribute(name);
  }
}

function takeChildren(from, to) {
  const known = new Map([...from.childNodes].map((node) => [keyOf(node), node]));
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const old = key === null ? place : known.get(key);
    known.delete(key);
    if (old && isSame(old, wanted)) {
      if (old === place) place = place.nextSibling;
      else from.insertBefore(old, place);
      take(old, wanted);
    } else {
      from.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// Makes a node like another, changing as little as possible.
function take(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if (from.isEqualNode(to) || from.dataset.chart !== undefined || isTouched(from)) return;
  takeAttributes(from, to);
  takeChildren(from, to);
}

const texts = new Map(); // element -> what was fetched last

async function refreshOne(element) {
  const answer = await fetch(element.dataset.liveUrl, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (answer.status === 401 || answer.status === 403) {
    ended = true;
    return;
  }
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const text = await answer.text();
  if (texts.get(element) === text) return;
  texts.set(element, text);
  const fresh = document.createElement(element.nodeName);
  fresh.append(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  const focused = document.activeElement;
  takeChildren(element, fresh);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

function news() {
  return [...document.querySelectorAll("[data-news]")].map((element) => element.dataset.news).join(" ");
}

let told = news();
function tellNews() {
  const now = news();
  const place = document.getElementById("live-news");
  if (place && now !== told) place.textContent = now;
  told = now;
}

async function refreshAll() {
  await Promise.all([...document.querySelectorAll("[data-live-url]")].map(refreshOne));
  if (ended) {
    stop();
    say("The session is over: load the page again to log in.");
    return;
  }
  tellNews();
  document.dispatchEvent(new CustomEvent("sunsift:changed"));
}

async function refresh() {
  again = true;
  if (running) return;
  running = true;
  while (again && !ended) {
    again = false;
    try {
      await refreshAll();
      if (!ended) say(poll ? "Up to date every 15 seconds" : "Live");
    } catch {
      say("The server does not answer; this may be out of date.");
    }
  }
  running = false;
}

function stop() {
  source?.close();
  source = null;
  clearInterval(poll);
  poll = 0;
}

function startPolling() {
  stop();
  poll = setInterval(refresh, POLL_MS);
  setTimeout(start, RETRY_MS);
  refresh();
}

function start() {
  if (ended || document.hidden || source) return;
  stop();
  source = new EventSource("/live/events");
  source.addEventListener("ready", () => {
    // Whatever happened while nobody listened.
    if (opened) refresh();
    else say("Live");
    opened = true;
  });
  source.addEventListener("changed", refresh);
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) startPolling();
  });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) stop();
  else start();
});
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", start);
if (document.querySelector("[data-live-url], [data-chart]")) start();
