// What is known of visitors' requests, and what was made of it: part of the overall state.
import { html } from "/assets/vendor/ui.js";
import * as live from "./live.js";
import { dayTime, shortSha } from "./words.js";

const MINUTE_SECONDS = 60;

/** "13 s", "4 min": how long it takes. */
const about = (seconds) =>
  seconds < 2 * MINUTE_SECONDS ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

const percent = (rate) => `${Math.round(rate * 100)} %`;

/** "At this traffic it takes 13 s to see that 50 % of requests fail, and 4 min for 10 %." */
function decidable(verdict) {
  const known = verdict.decidable.filter((one) => one.seconds !== null);
  if (!known.length) return "";
  const parts = known.map((one) => `${about(one.seconds)} for ${percent(one.rate)}`);
  return `At this traffic, so long until failing requests are sure: ${parts.join(", ")}.`;
}

function called(deploymentId) {
  const known = live.overview.value.history.find((one) => one.deployment_id === deploymentId);
  return known ? shortSha(known.git_sha) : deploymentId;
}

function Stragglers({ stragglers }) {
  const requests = Math.ceil(stragglers.per_minute).toLocaleString("en");
  return html`<p id="stragglers">${requests} requests/min still on
    ${" "}<code>${called(stragglers.deployment_id)}</code>: pages that were open before.</p>`;
}

/** The sentence that matters is in sight; what it is known by is one press away. */
export function Evidence() {
  const { traffic, overall } = live.overview.value;
  const { verdict, is_fresh: isFresh, decision, stragglers } = traffic;
  const words = verdict && isFresh ? verdict.sentence : "Requests are not being counted.";
  return html`
    ${overall.warning && html`<p id="overall-warning">${overall.warning}</p>`}
    ${decision && html`<p id="decision">${dayTime(decision.at, live.now.value)}: ${decision.sentence}</p>`}
    <details id="evidence">
      <summary>What this is known by</summary>
      <p id="verdict">${words}</p>
      ${verdict && isFresh && html`<p class="muted">${decidable(verdict)}</p>`}
      ${stragglers && html`<${Stragglers} stragglers=${stragglers} />`}
    </details>`;
}
