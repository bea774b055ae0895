// The deployment history: what was live when, how it did, and what one can go back to.
import { html } from "/assets/vendor/ui.js";
import { Cards } from "./cards.js";
import { open } from "./dialog.js";
import { keeping } from "./environment.js";
import { Status } from "./icon.js";
import * as live from "./live.js";
import { databaseVersion, dayTime, doer, reportAddress, shortSha, span, targets } from "./words.js";

const HEALTH = { passing: ["ok", "Healthy"], failing: ["bad", "Not healthy"] };
const WENT_BACK = ["rollback", "rolled_back_elsewhere"];
const COLUMNS = ["Version", "When", "Health", "Database", "By", "Action"];

function Version({ version }) {
  return html`<code>${shortSha(version.git_sha)}</code>
    ${version.is_live && html` <span class="tag tag-live">Live</span>`}
    ${WENT_BACK.includes(version.how) && html` <span class="tag">Rollback</span>`}
    ${version.how === "roll_forward" && html` <span class="tag">Roll forward</span>`}
    ${version.title && html`<span class="title">${version.title}</span>`}`;
}

function When({ version }) {
  if (!version.live_from) return "Not live yet";
  const from = html`<time datetime=${version.live_from}>
    ${dayTime(version.live_from, live.today.value)}</time>`;
  const until = version.live_until && Date.parse(version.live_until);
  return html`${from}
    ${until && html`<span class="muted"> for ${span(until - Date.parse(version.live_from))}</span>`}`;
}

function By({ version }) {
  const { who, how } = doer(version);
  return html`${who} <span class="muted">${how}</span>
    ${version.reason && html`<span class="title">${version.reason}</span>`}
    ${version.rollback_id &&
    html`<a class="report-link" href="${reportAddress(version.rollback_id)}${keeping}">Incident report
      <span class="visually-hidden"> of going to ${shortSha(version.git_sha)}</span></a>`}`;
}

function whyNoButton(version, offered) {
  if (version.is_live) return "This version is live now";
  if (!version.eligible) return version.why_not ?? "Cannot be gone back to";
  if (live.isRunning.value) return "A rollback is running";
  if (!live.overview.value.can_rollback) return "Needs the role operator";
  if (!offered.has(version)) return "Same as another row of this version";
  return null;
}

function Action({ version, offered }) {
  const why = whyNoButton(version, offered);
  if (why) return html`<span class="muted">${why}</span>`;
  const needsNote = live.overview.value.blocked?.code === "failed";
  const choose = (event) =>
    open({ opener: event.currentTarget, target: version.deployment_id, needsNote });
  return html`<button type="button" class="btn btn-outline" aria-haspopup="dialog"
    onClick=${choose}>Roll back to ${shortSha(version.git_sha)}…</button>`;
}

function row(version, offered) {
  const [shape, word] = HEALTH[version.health] ?? ["unknown", "Not known"];
  return {
    key: version.deployment_id, // a newer row above it changes no button that has the focus
    name: version.is_live ? "is-live" : "",
    cells: [
      html`<${Version} version=${version} />`,
      html`<${When} version=${version} />`,
      html`<${Status} shape=${shape} word=${word} />`,
      databaseVersion(version),
      html`<${By} version=${version} />`,
      html`<${Action} version=${version} offered=${offered} />`,
    ],
  };
}

export function History() {
  const { history } = live.overview.value;
  const offered = new Set(targets(live.overview.value));
  return html`<section class="card-box" aria-label="Deployment history">
    <${Cards} id="history" caption="Deployment history" columns=${COLUMNS}
      rows=${history.map((version) => row(version, offered))} />
  </section>`;
}
