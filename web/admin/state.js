// How production is, and the button that takes it back.
import { html, signal } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { open } from "./dialog.js";
import { addressOf, environment } from "./environment.js";
import { Judgement } from "./evidence.js";
import { Icon, Status } from "./icon.js";
import * as live from "./live.js";
import {
  CHECK_NAMES,
  age,
  clockTime,
  databaseVersion,
  dayTime,
  doer,
  pastHealth,
  shortSha,
  targets,
} from "./words.js";

const CHECK_WORDS = { healthy: ["ok", "Healthy"], unhealthy: ["bad", "Not healthy"] };
const NOT_AN_OPERATOR =
  "You can look, but not roll back. Ask an admin for the role operator.";
const RUNNING = "A rollback is running.";

export const isEmpty = () =>
  Boolean(live.overview.value) && !live.overview.value.live && !live.overview.value.history.length;

export function OnCall() {
  const phone = live.overview.value?.on_call_phone ?? localStorage.getItem("on-call-phone");
  const words = phone && html`: <span class="phone">${phone}</span>`;
  const digits = phone ? phone.replace(/[^+\d]/g, "") : "";
  return html`<p class="on-call">
    <a id="on-call" href="tel:${digits}">Call the on-call engineer${words}</a>
  </p>`;
}

const isTrying = signal(false);

/** Each press is answered in words; what is news, live.js says. */
async function refreshNow() {
  const wasFailing = live.isFailing.value;
  isTrying.value = true;
  await live.look();
  isTrying.value = false;
  if (!live.isFailing.value) {
    if (live.overview.value) announce({ text: "Updated" });
  } else if (wasFailing) announce({ text: "Still no answer." });
  // The button that was pressed may be gone once there is an answer.
  if (document.activeElement === document.body) document.getElementById("main").focus();
}

function freshness() {
  if (live.view.value === "loading") return live.isStartSlow.value ? SLOW : LOADING;
  const last = live.updatedAt.value;
  if (!last) return { shape: "warn", text: "No answer yet. This page tries again by itself." };
  const silence = `Last update ${age(live.now.value - last)} ago.`;
  if (live.isOffline.value) return { shape: "warn", text: `You are offline. ${silence}` };
  if (live.isStale.value) {
    return { shape: "warn", text: `This page is not up to date. ${silence}` };
  }
  return { shape: "ok", text: `Live. Updated ${clockTime(last)}` };
}

const LOADING = { shape: "unknown", text: "Loading the live status…" };
const SLOW = { shape: "unknown", text: "Slow connection. Still trying." };

export function Freshness() {
  const { shape, text } = freshness();
  return html`<div id="freshness" class="freshness freshness-${shape}">
    <p><${Icon} shape=${shape} />${text}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${refreshNow}>
      Refresh now
    </button>
  </div>`;
}

function overallState() {
  const { view, overview, isTooOld } = live;
  if (view.value === "loading") return { state: "unknown", sentence: "Loading the live status…" };
  if (!overview.value) return { state: "unknown", sentence: "The status cannot be loaded" };
  if (isTooOld.value) return { state: "unknown", sentence: `We do not know how ${environment} is` };
  return overview.value.overall;
}

function LiveVersion({ version }) {
  const { who, how } = doer(version);
  const since = version.live_from && dayTime(version.live_from, live.now.value);
  return html`<p>Live version <code>${shortSha(version.git_sha)}</code>: ${version.title || "no title"}.
    ${" "}${who} ${how}${since && `, ${since}`}. Database version:
    ${" "}${databaseVersion(version).toLowerCase()}.</p>`;
}

function CannotLoad() {
  const site = localStorage.getItem(`site-url-${environment}`);
  return html`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" id="again" class="btn btn-outline" aria-disabled=${String(isTrying.value)}
        onClick=${() => isTrying.value || refreshNow()}>
        ${isTrying.value ? "Trying…" : "Try again now"}</button>
      ${site && html`<a class="btn btn-outline" href=${site}>Open the live site</a>`}
    </p>`;
}

export function Overall() {
  const { state, sentence, warning } = overallState();
  const version = live.overview.value?.live;
  const shape = warning ? "warn" : state;
  return html`<section id="overall" class="card-box overall overall-${shape}" data-state=${state}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${Icon} shape=${shape} />${sentence}</h2>
    ${version && html`<${LiveVersion} version=${version} /><${Judgement} />`}
    ${live.view.value === "error" && html`<${CannotLoad} />`}
  </section>`;
}

/** Why the button is blocked, or null. */
export function blockedBecause() {
  const { overview, view } = live;
  if (view.value === "loading") return "The live version is not known yet.";
  if (live.isRunning.value) return RUNNING;
  if (!overview.value) return null;
  if (overview.value.blocked) return overview.value.blocked.sentence;
  return overview.value.can_rollback ? null : NOT_AN_OPERATOR;
}

function hint() {
  const blocked = blockedBecause();
  if (blocked) return blocked;
  const [target] = live.overview.value ? targets(live.overview.value) : [];
  if (!target) {
    return "Goes back to the previous healthy version; the server chooses it. " +
      "You confirm on the next screen.";
  }
  const health = pastHealth(target);
  const sha = shortSha(target.git_sha);
  const { caution } = live.overview.value;
  return `Goes back to ${sha}${health && ` (${health})`}. ${caution ? `${caution} ` : ""}` +
    "You confirm on the next screen.";
}

function press(event) {
  const blocked = blockedBecause();
  if (blocked) announce({ text: blocked });
  else open({ opener: event.currentTarget });
}

/** Where there is nothing to go back to, the broken part can still be turned off. */
const Instead = () =>
  live.overview.value?.blocked?.code === "nothing" &&
  html` <a href=${addressOf(environment, "/admin/flags")}>Use a feature switch instead.</a>`;

export function Emergency() {
  if (isEmpty()) return null;
  const isBlocked = blockedBecause() !== null;
  const isRed = !isBlocked && overallState().state !== "ok";
  const words = live.view.value === "loading" ? "Checking the live version…" : `Roll back ${environment}…`;
  return html`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${isRed ? "btn-danger" : "btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(isBlocked)}
      onClick=${press}>${words}</button>
    <p id="rollback-hint">${hint()}<${Instead} /></p>
    <${OnCall} />
  </section>`;
}

function Check({ check }) {
  const [shape, word] = CHECK_WORDS[check.state] ?? [
    "unknown",
    check.checked_at ? "Not known" : "No answer yet",
  ];
  return html`<li data-check=${check.name}>
    <span class="check-name">${CHECK_NAMES[check.name] ?? check.name}</span>
    <${Status} shape=${shape} word=${word} />
    <span class="muted">
      ${check.checked_at && `checked ${clockTime(check.checked_at)}`}
      ${live.isStale.value && html` <span class="tag">old</span>`}
    </span>
  </li>`;
}

export function Health() {
  const checks = live.overview.value?.checks ?? [];
  return html`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${checks.map((check) => html`<${Check} key=${check.name} check=${check} />`)}
    </ul>
  </section>`;
}
