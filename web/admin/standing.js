// How production is set: plain facts that a rollback, or a person, left behind.
import { html } from "/assets/vendor/ui.js";
import { told } from "./ask.js";
import { Icon } from "./icon.js";
import * as live from "./live.js";
import { Offer, mayAdminister, mayOperate } from "./offer.js";
import { quarantineSubject } from "./operations.js";
import { MODES, dayTime, versionName, who } from "./words.js";

const since = (moment, name = "") => html`<time class=${name} datetime=${moment}>
  ${dayTime(moment, Date.parse(live.overview.value.now))}</time>`;

function Mode({ mode, set }) {
  const { name, means } = MODES[mode] ?? { name: mode, means: "" };
  const why = set?.reason ? `: ${set.reason}` : "";
  return html`<p><strong>${name}.</strong> ${means}
      ${set && html` <span class="muted">Set by ${set.by}, ${since(set.at)}${why}</span>`}</p>
    ${mayAdminister() &&
    html`<${Offer} id="mode-btn" label="Change the mode…" question=${({ setMode }) => setMode(mode)} />`}`;
}

/** While its result is on the page, the button stands there. */
function LastRollback({ undo }) {
  return html`<p>It left <code>${versionName(undo)}</code> ${undo.title}, and can be undone.</p>
    ${mayOperate() &&
    html`<${Offer} id="undo-btn" label="Undo the rollback…" waits
      question=${({ undoRollback }) => undoRollback(undo)} />`}`;
}

function Pin({ pin }) {
  if (!pin) return "None.";
  return html`<p>${pin.sentence} <span class="muted">Since ${since(pin.since)}.</span></p>
    ${mayOperate() &&
    html`<${Offer} id="pin-btn" label="Lift the pin…" waits question=${({ liftPin }) => liftPin(pin)} />`}`;
}

function Quarantine({ versions }) {
  if (!versions.length) return "None.";
  return html`<ul>
    ${versions.map(
      (version) => html`<li key=${quarantineSubject(version)} class="fact">
        <p><code>${versionName(version)}</code> ${version.reason}
          ${" "}<span class="muted">${who(version.by)}, ${since(version.since)}</span></p>
        ${mayOperate() &&
        quarantineSubject(version) &&
        html`<${Offer} label="Lift ${versionName(version)}…"
          question=${({ liftQuarantine }) => liftQuarantine(version)} />`}
      </li>`,
    )}
  </ul>`;
}

function Floor({ id }) {
  const known = live.overview.value.history.find((version) => version.deployment_id === id);
  const name = html`<code>${versionName(known ?? { deployment_id: id })}</code>`;
  return html`<p>${id ? html`Never back past ${name}.` : "None."}</p>
    ${mayAdminister() &&
    html`<${Offer} id="floor-btn" label="Move the floor…" question=${({ setFloor }) => setFloor(id)} />`}`;
}

function News({ alerts }) {
  return html`<ul>
    ${alerts.map(
      (alert) => html`<li key=${alert.id}>${alert.sentence}
        ${" "}${since(alert.at, "when muted")}</li>`,
    )}
  </ul>`;
}

function Fact({ name, children }) {
  return html`<div><dt>${name}</dt><dd class="fact">${children}</dd></div>`;
}

export function Standing() {
  // A page that was loaded before the control plane itself went back asks one that says less.
  const { mode, pin, security_floor: floor, quarantined = [], alerts = [] } = live.overview.value;
  const { promotion, mode_set: set, undo } = live.overview.value;
  const isUndoAbove = live.shown.value?.rollback_id === undo?.rollback_id;
  const news = alerts.filter((alert) => !alert.needs_a_person);
  return html`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title" tabindex="-1">How it is set</h2>
    ${told.value && html`<p class="told"><${Icon} shape="ok" />${told.value}</p>`}
    <dl>
      <${Fact} name="By itself"><${Mode} mode=${mode} set=${set} /><//>
      ${undo &&
      !isUndoAbove &&
      html`<${Fact} name="Last rollback"><${LastRollback} undo=${undo} /><//>`}
      ${promotion && html`<${Fact} name="Next release">${promotion.sentence}<//>`}
      <${Fact} name="Pin"><${Pin} pin=${pin} /><//>
      <${Fact} name="Security floor"><${Floor} id=${floor} /><//>
      <${Fact} name="Quarantine"><${Quarantine} versions=${quarantined} /><//>
      ${news.length > 0 && html`<${Fact} name="Lately"><${News} alerts=${news} /><//>`}
    </dl>
  </section>`;
}
