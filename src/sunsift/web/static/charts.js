// Draws figures that the server made, in the colours of the theme, and says the same in words and as a table.
//
// A figure is {data, layout, description, columns, rows, labels, gaps}: data and layout as Plotly takes them, with colours
// written "var(--name)". draw(element, figure) takes a figure or the address of a JSON that holds it:
// {"figures": {name: figure}}, where the element's data-figure gives the name.
//
// Elements with data-chart draw themselves. They do so again on the event "sunsift:changed", without flicker.

const BASE = {
  autosize: true,
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  margin: { l: 52, r: 12, t: 8, b: 34 },
  showlegend: false,
  hoverlabel: { align: "left" },
};
const CONFIG = { displaylogo: false, displayModeBar: false, responsive: true, showTips: false, doubleClick: "reset" };
const shown = new Map(); // element -> figure

let plotly; // one load for all charts
function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.body.dataset.plotly;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("the chart library did not load"));
    document.head.append(script);
  });
  return plotly;
}

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function resolveColour(text) {
  probe.style.color = text;
  return getComputedStyle(probe).color;
}

// Plotly knows no CSS variables: every "var(--name)" becomes what the theme says it is.
function themed(value) {
  if (typeof value === "string") return value.startsWith("var(--") ? resolveColour(value) : value;
  if (Array.isArray(value)) return typeof value.at(-1) === "number" ? value : value.map(themed);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, themed(inner)]));
  }
  return value;
}

function merged(base, over) {
  const result = { ...base };
  for (const [key, value] of Object.entries(over ?? {})) {
    const both = value && typeof value === "object" && !Array.isArray(value) && result[key];
    result[key] = both ? merged(result[key], value) : value;
  }
  return result;
}

function layoutOf(element, figure) {
  const style = getComputedStyle(document.body);
  const axis = {
    gridcolor: "var(--line)", linecolor: "var(--line)", zerolinecolor: "var(--edge)", tickcolor: "var(--line)",
    automargin: false, fixedrange: true, spikecolor: "var(--edge)", spikethickness: 1, spikedash: "solid",
  };
  const base = {
    ...BASE,
    height: Number(element.dataset.height),
    font: { family: style.fontFamily, size: 12, color: "var(--muted)" },
    hoverlabel: {
      ...BASE.hoverlabel, bgcolor: "var(--surface)", bordercolor: "var(--edge)",
      font: { family: style.fontFamily, size: 12.5, color: "var(--ink)" },
    },
  };
  const layout = merged(base, figure.layout);
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))])) {
    layout[name] = merged(axis, layout[name]);
  }
  return themed(layout);
}

function tableOf(figure) {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const name of figure.columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of figure.rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().textContent = value ?? "–";
  }
  return table;
}

// Tables are filled when they are opened: a year of days is a long one.
function fillTable(element, figure) {
  const place = document.querySelector(`[data-table="${CSS.escape(element.id)}"]`);
  const details = place?.closest("details");
  if (!details) return;
  if (!figure.columns) {
    details.hidden = true;
    return;
  }
  const fill = () => {
    if (details.open) place.replaceChildren(tableOf(figure));
  };
  details.ontoggle = fill;
  fill();
}

function describe(element, figure) {
  const words = document.getElementById(`${element.id}-said`);
  if (words && words.textContent !== figure.description) words.textContent = figure.description;
  const card = element.closest(".chart-card");
  for (const [name, text] of Object.entries(figure.labels ?? {})) {
    const place = card?.querySelector(`[data-label="${name}"]`);
    if (place) place.textContent = text;
  }
  element.setAttribute("role", "img");
  const title = document.getElementById(`${element.id}-title`);
  element.setAttribute("aria-label", [title?.textContent, figure.description].filter(Boolean).join(". "));
}

// Charts of one data-sync show the same dates: zooming one zooms all.
function synchronise(element, Plotly) {
  if (!element.dataset.sync || element.dataset.synced) return;
  element.dataset.synced = "yes";
  element.on("plotly_relayout", (change) => {
    const range = change["xaxis.range"] ?? (change["xaxis.range[0]"] && [change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    const update = change["xaxis.autorange"] ? { "xaxis.autorange": true } : range && { "xaxis.range": range };
    if (!update || element.dataset.following) return;
    for (const other of shown.keys()) {
      if (other === element || other.dataset.sync !== element.dataset.sync || !other.isConnected) continue;
      other.dataset.following = "yes";
      Plotly.relayout(other, update).finally(() => delete other.dataset.following);
    }
  });
}

// Buttons with data-zoom show the last data-days days of all charts of that data-sync, or all days.
function zoom(button) {
  const charts = [...shown.keys()].filter((element) => element.dataset.sync === button.dataset.zoom && element.isConnected);
  const whole = charts.length && shown.get(charts[0]).layout.xaxis.range;
  if (!whole) return;
  const range = [...whole];
  if (button.dataset.days) {
    const first = new Date(`${whole[1].replace(" ", "T")}:00Z`);
    first.setUTCDate(first.getUTCDate() - Number(button.dataset.days));
    range[0] = first.toISOString().slice(0, 16).replace("T", " ");
  }
  for (const chart of charts) window.Plotly.relayout(chart, { "xaxis.range": range });
  for (const other of document.querySelectorAll(`[data-zoom="${CSS.escape(button.dataset.zoom)}"]`)) {
    other.setAttribute("aria-pressed", String(other === button));
  }
}
for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(button));

// The range that somebody chose, unless they look at all there is.
function chosenRange(element) {
  const now = element.layout?.xaxis?.range;
  const whole = shown.get(element)?.layout.xaxis?.range;
  return now && whole && String(now) !== String(whole) ? now : null;
}

const texts = new Map(); // element -> the figure that it shows, as text

async function paint(element, figure) {
  const chosen = chosenRange(element);
  shown.set(element, figure);
  describe(element, figure);
  fillTable(element, figure);
  const Plotly = await loadPlotly();
  element.classList.toggle("gaps", Boolean(figure.gaps));
  const layout = layoutOf(element, figure);
  // A finger that moves over a chart scrolls the page.
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
  if (chosen) layout.xaxis.range = [...chosen]; // zooming survives new data
  await Plotly.react(element, themed(figure.data), layout, CONFIG);
  element.dataset.drawn = "yes";
  synchronise(element, Plotly);
}

const fetched = new Map(); // address -> one request for all charts that need it
function fetchOnce(url) {
  if (!fetched.has(url)) {
    const request = fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" }).then((answer) => {
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      return answer.json();
    });
    fetched.set(url, request);
    request.catch(() => {}).finally(() => setTimeout(() => fetched.delete(url), 0));
  }
  return fetched.get(url);
}

/** Draw a figure, or the one that a JSON holds under the element's data-figure; draws over what is there. */
export async function draw(element, figureOrUrl) {
  try {
    let figure = figureOrUrl;
    if (typeof figureOrUrl === "string") {
      if (element.dataset.height) element.style.minHeight = `${element.dataset.height}px`;
      const told = await fetchOnce(figureOrUrl);
      figure = told.figures ? told.figures[element.dataset.figure] : told;
    }
    element.closest(".chart-card")?.toggleAttribute("hidden", !figure); // nothing to draw yet
    const text = JSON.stringify(figure);
    if (figure && !(element.dataset.drawn && texts.get(element) === text)) {
      texts.set(element, text);
      await paint(element, figure);
    }
  } catch (error) {
    if (element.dataset.drawn) return; // an old picture is better than none
    const words = document.createElement("p");
    words.className = "failed";
    words.textContent = `This chart cannot be shown: ${error.message}.`;
    element.replaceChildren(words);
  }
}

/** Draw every chart below a root that has an address. */
export function drawAll(root = document) {
  return Promise.all([...root.querySelectorAll("[data-chart]")].map((element) => draw(element, element.dataset.chart)));
}

document.addEventListener("sunsift:theme", () => {
  for (const [element, figure] of shown) {
    if (element.isConnected) paint(element, figure);
    else shown.delete(element);
  }
});
document.addEventListener("sunsift:changed", () => drawAll());
drawAll();
