// A rollback as it happens, and how it ended; the same for everybody who has the page open.
import { html } from "/assets/vendor/ui.js";
import { open } from "./dialog.js";
import { capital, environment, keeping } from "./environment.js";
import { Icon } from "./icon.js";
import * as live from "./live.js";
import { Offer, mayOperate } from "./offer.js";
import {
  duration,
  elapsed,
  isForward,
  isUnfinished,
  reportAddress,
  shortSha,
  startedBy,
  stepName,
  took,
  whatItIs,
} from "./words.js";

const BUDGET_SECONDS = 60;
const OVERDUE = "Taking longer than 60 seconds";
const STATE_SHAPES = { running: "run", overdue: "warn", done: "ok", failed: "bad" };
const STEP_SHAPES = { wait: "unknown", run: "run", ok: "ok", bad: "bad", skipped: "ok" };
const STEP_WORDS = { wait: "Waiting", run: "Running", ok: "Done", bad: "Failed" };

export function progressState(rollback) {
  if (rollback.status === "completed") return "done";
  if (rollback.status === "failed") return "failed";
  return rollback.overdue ? "overdue" : "running";
}

/** "Rolling forward to 4f2a9c1…" */
function heading(state, rollback) {
  if (state === "overdue") return OVERDUE;
  if (state === "done") return `${whatItIs(rollback)} completed`;
  if (state === "failed") return `${whatItIs(rollback)} failed`;
  if (!isForward(rollback)) return "Rolling back…";
  const sha = rollback.target?.git_sha;
  return sha ? `Rolling forward to ${shortSha(sha)}…` : "Rolling forward…";
}

function stepWord(step, rollback) {
  if (step.state === "skipped") return "Not needed";
  if (step.state === "wait" && !isUnfinished(rollback)) return "Not started";
  if (step.duration_ms === null || step.state === "wait") return STEP_WORDS[step.state];
  const time = duration(step.duration_ms);
  return step.state === "bad" ? `Failed after ${time}` : time;
}

function Step({ step, rollback }) {
  return html`<li data-step=${step.name} data-state=${step.state}
    aria-current=${step.state === "run" ? "step" : undefined}>
    <${Icon} shape=${STEP_SHAPES[step.state]} />
    <span class="step-name">${stepName(step)}</span>
    <span class="step-word">${stepWord(step, rollback)}</span>
    ${step.message && html`<span class="step-message">${step.message}</span>`}
  </li>`;
}

function Budget({ rollback }) {
  const seconds = Math.floor(elapsed(rollback, live.now.value) / 1000);
  const used = Math.min(BUDGET_SECONDS, seconds);
  return html`<div class="budget">
    <label for="rollback-budget">${used} s of ${BUDGET_SECONDS} s used</label>
    <progress id="rollback-budget" max=${BUDGET_SECONDS} value=${used}></progress>
  </div>`;
}

const ReportLink = ({ rollback }) =>
  html`<a class="btn btn-outline" href="${reportAddress(rollback.rollback_id)}${keeping}">See the incident
    report</a>`;

function SiteLink() {
  const site = live.overview.value?.site_url;
  return site ? html`<a class="btn btn-outline" href=${site}>Open the live site</a>` : null;
}

/** Has another version gone live since? Then the rollback is history. */
function isOvertaken(rollback) {
  const since = live.overview.value?.live?.live_from;
  return Boolean(since) && Date.parse(since) > Date.parse(rollback.finished_at);
}

function Result({ rollback }) {
  const target = html`<code>${shortSha(rollback.target.git_sha)}</code>`;
  const time = rollback.duration_ms === null ? "" : `It took ${took(rollback.duration_ms)}. `;
  if (isOvertaken(rollback)) {
    const went = isForward(rollback) ? "came forward" : "went back";
    return html`<p>${capital(environment)} ${went} to ${target}. ${time}Another version is live by now.</p>`;
  }
  return html`<p>${capital(environment)} runs ${target} again. ${time}It is checked every 30 seconds for 15
    minutes.</p>`;
}

function Completed({ rollback }) {
  const undo = live.overview.value?.undo;
  const canUndo = undo?.rollback_id === rollback.rollback_id && mayOperate();
  return html`<${Result} rollback=${rollback} />
    <p class="actions"><${SiteLink} /><${ReportLink} rollback=${rollback} />
      ${canUndo &&
      html`<${Offer} id="undo-btn" label="Undo this rollback…" waits
        question=${({ undoRollback }) => undoRollback(undo)} />`}
      <button type="button" class="btn btn-outline" onClick=${() => closeProgress(rollback)}>
        Close
      </button>
    </p>`;
}

function closeProgress(rollback) {
  live.close(rollback.rollback_id);
  document.getElementById("main").focus();
}

function Failed({ rollback }) {
  const canStart = live.overview.value?.can_rollback;
  const start = (event) => open({ opener: event.currentTarget, needsNote: true });
  return html`
    ${rollback.visitors_get && html`<p><strong>${rollback.visitors_get}</strong></p>`}
    ${rollback.next_actions.length > 0 &&
    html`<h3>What to do next</h3>
      <ol id="next-actions">${rollback.next_actions.map((action) => html`<li>${action}</li>`)}</ol>`}
    <p class="actions"><${SiteLink} /><${ReportLink} rollback=${rollback} />
      ${canStart &&
      html`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${start}>Start another rollback…</button>
        <${Offer} id="retry-btn" label="Try it again…" question=${({ tryAgain }) => tryAgain(rollback)} />`}
    </p>`;
}

function Unfinished({ rollback, state }) {
  return html`<${Budget} rollback=${rollback} />
    ${state === "overdue" &&
    html`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`;
}

export function Progress() {
  const rollback = live.shown.value;
  if (!rollback) return null;
  const state = progressState(rollback);
  const from = rollback.from_deployment && shortSha(rollback.from_deployment.git_sha);
  const target = rollback.target && shortSha(rollback.target.git_sha);
  return html`<section id="rollback-progress" class="card-box progress-${state}" data-state=${state}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${Icon} shape=${STATE_SHAPES[state]} />${heading(state, rollback)}
    </h2>
    <p>${from && target && html`From <code>${from}</code> to <code>${target}</code>. `}
      ${startedBy(rollback)}</p>
    ${isUnfinished(rollback) && html`<${Unfinished} rollback=${rollback} state=${state} />`}
    <ol id="rollback-steps">
      ${rollback.steps.map((step) => html`<${Step} key=${step.name} ...${{ step, rollback }} />`)}
    </ol>
    ${state === "done" && html`<${Completed} rollback=${rollback} />`}
    ${state === "failed" && html`<${Failed} rollback=${rollback} />`}
  </section>`;
}
