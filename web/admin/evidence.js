// What is known of visitors' requests, and what was made of it: part of the overall state.
import { html } from "/assets/vendor/ui.js";
import * as live from "./live.js";
import { dayTime, percent, versionName } from "./words.js";

const MINUTE_SECONDS = 60;

/** "13 s", "4 min": how long it takes. */
const about = (seconds) =>
  seconds < 2 * MINUTE_SECONDS ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

/** "At this traffic it takes 13 s to see that 50 % of requests fail, and 4 min for 10 %." */
function decidable(verdict) {
  const known = verdict.decidable.filter((one) => one.seconds !== null);
  if (!known.length) return "";
  const parts = known.map((one) => `${about(one.seconds)} for ${percent(one.rate)}`);
  return `At this traffic, so long until failing requests are sure: ${parts.join(", ")}.`;
}

function called(deploymentId) {
  const known = live.overview.value.history.find((one) => one.deployment_id === deploymentId);
  return versionName(known ?? { deployment_id: deploymentId });
}

function Stragglers({ stragglers }) {
  const requests = Math.ceil(stragglers.per_minute).toLocaleString("en");
  return html`<p id="stragglers">${requests} requests/min still on
    ${" "}<code>${called(stragglers.deployment_id)}</code>: pages that were open before.</p>`;
}

const ANSWERS = { helps: "is well", fails: "is not well either", unknown: "could not be asked" };

/** Each version that could have been gone back to, and how it did in the paired looks. */
function Gate({ asked }) {
  return html`<ul id="gate">
    ${asked.map((one) => html`<li key=${one.target}><code>${called(one.target)}</code>
      ${" "}${ANSWERS[one.answer] ?? one.answer}: ${one.target_failed + one.target_unknown} of
      ${" "}${one.pairs} looks at it got no good answer, and ${one.live_failed} of those at what is
      live.${one.answer === "helps" ? "" : ` ${sentenceOf(one.detail)}`}</li>`)}
  </ul>`;
}

const sentenceOf = (words) => words && `${words[0].toUpperCase()}${words.slice(1)}.`;

/** What was counted, in one sentence. */
function counted({ verdict, is_fresh: isFresh }) {
  return verdict && isFresh ? verdict.sentence : "Requests are not being counted.";
}

/** The sentences that matter are in sight, in the overall state. */
export function Judgement() {
  const { traffic, overall, outlook, rolling } = live.overview.value;
  const { decision, stragglers } = traffic;
  return html`
    ${rolling && html`<p id="rolling">${rolling.sentence}</p>`}
    ${outlook && html`<p id="outlook">${outlook}</p>`}
    ${overall.warning &&
    overall.warning !== counted(traffic) &&
    html`<p id="overall-warning">${overall.warning}</p>`}
    ${decision &&
    html`<p id="decision"><span class="when">${dayTime(decision.at, live.now.value)}</span>:
      ${" "}${decision.sentence}</p>`}
    ${stragglers && html`<${Stragglers} stragglers=${stragglers} />`}`;
}

/** What they are known by is one press away, and after the emergency button: each stop before that
 *  one counts. */
export function Evidence() {
  const { traffic } = live.overview.value;
  const { verdict, is_fresh: isFresh, decision } = traffic;
  return html`<details id="evidence" class="card-box">
    <summary>What this is known by</summary>
    <p id="verdict">${counted(traffic)}</p>
    ${decision?.gate.length > 0 && html`<${Gate} asked=${decision.gate} />`}
    ${verdict && isFresh && html`<p class="muted">${decidable(verdict)}</p>`}
  </details>`;
}
