// /admin/flags: what each feature switch is, and the question that stands before it is turned.
import { html, render, signal } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { AskDialog, ask, told } from "./ask.js";
import { Cards } from "./cards.js";
import { Switch, environment, markPage, ofStaging } from "./environment.js";
import { NoAccess, SignedOut, Viewer } from "./frame.js";
import { Icon, Status } from "./icon.js";
import { oneLookAtATime } from "./look.js";
import { NoAnswer, Refused, send, sendJson } from "./server.js";
import { clockTime, dayTime, who } from "./words.js";

const PAGE = "/admin/flags";
const LIST = `/api/flags?environment=${environment}`;
const EVERY_SECONDS = 15;
const BACK_OFF_SECONDS = [5, 10, 20, 40, 60];
const FIRST_TIMEOUT_MS = 20_000;
const TIMEOUT_MS = 8000;
const STALE_MS = 45_000;
const COLUMNS = ["Feature", "What visitors lose when off", "State", "Changed", "Action"];
const OFF_REASONS = ["Error rate is high", "Page does not open", "Wrong or missing data", "Other"];
const ON_REASONS = ["The cause is gone", "It was not the cause", "It was a mistake", "Other"];

/** The newest answer, and why there is none that is newer. */
const list = signal(null);
const failure = signal(null);
const isTrying = signal(false);
/** After sleep, or in a tab that nobody saw, until there is an answer. */
const isOld = signal(false);

let answeredAt = 0;
let failures = 0;
let timer = null;
const { look, lookAfresh } = oneLookAtATime(read);

function question(flag) {
  const turned = flag.state === "on" ? "off" : "on";
  const order = {
    environment,
    key: flag.key,
    state: turned,
    expected_state: flag.state,
  };
  const isOff = turned === "off";
  return {
    title: `Turn ${turned} ${flag.title}${ofStaging}?`,
    sentences: isOff
      ? [flag.loses, "It stays off until somebody turns it on again."]
      : ["Visitors have it again within seconds."],
    isRed: isOff,
    reasons: isOff ? OFF_REASONS : ON_REASONS,
    cancel: isOff ? "Keep it on" : "Keep it off",
    confirm: () => `Turn ${turned} ${flag.title}`,
    send: (reason) => sendJson("PUT", "/api/flags", { ...order, reason }),
    reload: lookAfresh,
    home: "main",
  };
}

function Changed({ flag }) {
  if (!flag.changed_at) return "Never";
  return html`${who(flag.changed_by)}<span class="title">
      <time datetime=${flag.changed_at}>${dayTime(flag.changed_at, list.value.now)}</time></span>
    ${flag.reason && html`<span class="title">${flag.reason}</span>`}`;
}

function Action({ flag }) {
  if (flag.stays_on_because && flag.state === "on") {
    return html`<span class="muted">Cannot be turned off: ${flag.stays_on_because}</span>`;
  }
  if (!list.value.can_turn) return "–";
  const turned = flag.state === "on" ? "off" : "on";
  return html`<button type="button" id="turn-${flag.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${(event) => ask(event.currentTarget, question(flag))}>
    Turn ${turned}<span class="visually-hidden"> ${flag.title}</span>…
  </button>`;
}

const row = (flag) => ({
  key: flag.key,
  cells: [
    html`${flag.title}<span class="title">${flag.owner}</span>`,
    flag.loses,
    flag.state === "on"
      ? html`<${Status} shape="ok" word="On" />`
      : html`<${Status} shape="warn" word="Off" />`,
    html`<${Changed} flag=${flag} />`,
    html`<${Action} flag=${flag} />`,
  ],
});

function Freshness() {
  const since = clockTime(list.value.now);
  const why = navigator.onLine ? "This page is not up to date." : "You are offline.";
  const isStale = failure.value || isOld.value;
  const shape = isStale ? "warn" : "ok";
  return html`<div id="freshness" class="freshness freshness-${shape}">
    <p><${Icon} shape=${shape} />${isStale ? `${why} Last update ${since}.` : `Live. Updated ${since}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${refresh}>Refresh now</button>
  </div>`;
}

function Empty() {
  return html`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`;
}

function Switches() {
  const { flags, can_turn: canTurn } = list.value;
  return html`<${Freshness} />
    ${!canTurn &&
    html`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${told.value && html`<p id="told" class="told"><${Icon} shape="ok" />${told.value}</p>`}
    ${flags.length === 0 && html`<${Empty} />`}
    ${flags.length > 0 &&
    html`<section class="card-box" aria-label="Switches">
      <${Cards} id="flags" caption="Feature switches of ${environment}" columns=${COLUMNS}
        rows=${flags.map(row)} />
    </section>`}`;
}

function Problem({ error }) {
  const silent = navigator.onLine ? "The server did not answer." : "You are offline.";
  return html`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${error instanceof NoAnswer ? silent : error.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(isTrying.value)} onClick=${() => isTrying.value || refresh()}>
      ${isTrying.value ? "Trying…" : "Try again now"}</button></p>
  </section>`;
}

function Known() {
  if (list.value) return html`<${Switches} />`;
  if (failure.value) return html`<${Problem} error=${failure.value} />`;
  return html`<p>Loading the feature switches…</p>`;
}

/** Nothing more comes above the page's end: what stands there would be pushed down in sight. */
const isWhole = () => Boolean(list.value || failure.value);

function Content() {
  const error = failure.value;
  if (error?.status === 401) return html`<${SignedOut} />`;
  if (error?.status === 403) return html`<${NoAccess} role="viewer" />`;
  return html`<${Known} />
    ${isWhole() && html`<${Switch} page=${PAGE} />`}`;
}

/** The dialog outlives a session: what was typed is still there after signing in again. */
const Page = () => html`<${Content} /><${AskDialog} />`;

async function read(signal) {
  clearTimeout(timer);
  isOld.value = Date.now() - answeredAt > STALE_MS;
  isTrying.value = true;
  try {
    const timeoutMs = list.value ? TIMEOUT_MS : FIRST_TIMEOUT_MS;
    const { body } = await send(LIST, { timeoutMs, signal });
    if (failure.value && list.value) announce({ text: "Connection is back. Data is current." });
    failures = 0;
    failure.value = null;
    list.value = body;
    answeredAt = Date.now();
    isOld.value = false;
    render(html`<${Viewer} viewer=${body.viewer} />`, document.getElementById("viewer"));
  } catch (error) {
    if (signal.aborted) return; // another look follows at once
    if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
    fail(error);
  }
  isTrying.value = false;
  plan();
}

function fail(error) {
  failures += 1;
  const isNews = !failure.value;
  failure.value = error;
  if ([401, 403].includes(error.status)) list.value = null;
  const text = list.value
    ? "Cannot reach the server. Showing the last known data."
    : "The feature switches cannot be loaded.";
  if (isNews) announce({ text, region: "alert" });
}

function plan() {
  if (document.hidden || [401, 403].includes(failure.value?.status)) return;
  const backOff = BACK_OFF_SECONDS[Math.min(failures, BACK_OFF_SECONDS.length) - 1];
  const jitter = 0.85 + Math.random() * 0.3;
  timer = setTimeout(look, (failures ? backOff : EVERY_SECONDS) * jitter * 1000);
}

async function refresh() {
  await look();
  if (!failure.value) announce({ text: "Updated" });
  // The button that was pressed may be gone once there is an answer.
  if (document.activeElement === document.body) document.getElementById("main").focus();
}

document.addEventListener("visibilitychange", () => document.hidden || lookAfresh());
addEventListener("online", lookAfresh);
addEventListener("offline", () => fail(new NoAnswer()));
document.title = `Feature switches${ofStaging} – WedSync rollback`;
markPage();
const page = document.getElementById("page");
page.replaceChildren();
render(html`<${Page} />`, page);
look();
