// Whether a rollback would work if it were needed now, as the newest preflight found it.
import { html } from "/assets/vendor/ui.js";
import { Icon } from "./icon.js";
import * as live from "./live.js";
import { Offer, mayOperate } from "./offer.js";
import { dayTime } from "./words.js";

/** Found every hour: after this whoever looks may be what is broken. */
const STALE_MS = 3 * 60 * 60 * 1000;

const newest = () => live.overview.value?.armed;
const at = (armed) => dayTime(armed.checked_at, live.now.value);
const isStale = (armed) => live.now.value - Date.parse(armed.checked_at) > STALE_MS;
const checkedAt = (armed) => (isStale(armed) ? `Not checked since ${at(armed)}` : `Checked ${at(armed)}`);
const sentences = (checks) => html`<ul>
  ${checks.map((check) => html`<li key=${check.name} data-check=${check.name}>${check.sentence}</li>`)}
</ul>`;

/** At the top of the page, while something that a rollback needs is missing. */
export function NotArmed() {
  const armed = newest();
  if (!armed || armed.is_armed) return null;
  return html`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${Icon} shape="warn" />Rollbacks may not work</h2>
    ${sentences(armed.checks.filter((check) => check.state === "failed"))}
    <p class="muted">${checkedAt(armed)}.</p>
  </section>`;
}

/** One line near the end of the page, and under it what is worth knowing and no failure. */
export function ArmedLine() {
  if (!live.overview.value) return null;
  const armed = newest();
  if (!armed) {
    return html`<div id="armed" class="armed">
      ${line("unknown", "Not checked yet whether rollbacks would work.")}<${Check} />
    </div>`;
  }
  const notes = armed.checks.filter((check) => check.state !== "failed");
  return html`<div id="armed" class="armed">
    ${armedNow(armed)}
    <${Check} />
    ${notes.length > 0 &&
    html`<details>
      <summary>Good to know (${notes.length})</summary>
      ${sentences(notes)}
    </details>`}
  </div>`;
}

function armedNow(armed) {
  if (isStale(armed)) return line("warn", `${checkedAt(armed)} whether rollbacks would work.`);
  if (!armed.is_armed) return line("warn", `Not armed, checked ${at(armed)}`);
  const unknown = armed.checks.filter((check) => check.state === "unknown").length;
  if (unknown) return line("unknown", `Armed as far as is known (${unknown} not known), checked ${at(armed)}`);
  return line("ok", `Armed, checked ${at(armed)}`);
}

const Check = () =>
  mayOperate() &&
  html`<${Offer} id="preflight-btn" label="Check it now…" question=${(of) => of.checkNow()} />`;

const line = (shape, text) => html`<p class="armed-line"><${Icon} shape=${shape} />${text}</p>`;
