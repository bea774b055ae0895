// How production is set: plain facts that a rollback, or a person, left behind.
import { html } from "/assets/vendor/ui.js";
import * as live from "./live.js";
import { MODES, dayTime, versionName, who } from "./words.js";

const since = (moment, name = "") => html`<time class=${name} datetime=${moment}>
  ${dayTime(moment, Date.parse(live.overview.value.now))}</time>`;

function Pin({ pin }) {
  if (!pin) return "None.";
  return html`${pin.sentence} <span class="muted">Since ${since(pin.since)}.</span>`;
}

function Quarantine({ versions }) {
  if (!versions.length) return "None.";
  return html`<ul>
    ${versions.map(
      (version) => html`<li>
        <code>${versionName(version)}</code> ${version.reason}
        ${" "}<span class="muted">${who(version.by)}, ${since(version.since)}</span>
      </li>`,
    )}
  </ul>`;
}

function Floor({ id }) {
  if (!id) return "None.";
  const known = live.overview.value.history.find((version) => version.deployment_id === id);
  return html`Never back past <code>${versionName(known ?? { deployment_id: id })}</code>.`;
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
  return html`<div><dt>${name}</dt><dd>${children}</dd></div>`;
}

export function Standing() {
  // A page that was loaded before the control plane itself went back asks one that says less.
  const { mode, pin, security_floor: floor, quarantined = [], alerts = [] } = live.overview.value;
  const { promotion } = live.overview.value;
  const news = alerts.filter((alert) => !alert.needs_a_person);
  return html`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title">How it is set</h2>
    <dl>
      <${Fact} name="By itself">${MODES[mode] ?? mode}<//>
      ${promotion && html`<${Fact} name="Next release">${promotion.sentence}<//>`}
      <${Fact} name="Pin"><${Pin} pin=${pin} /><//>
      <${Fact} name="Security floor"><${Floor} id=${floor} /><//>
      <${Fact} name="Quarantine"><${Quarantine} versions=${quarantined} /><//>
      ${news.length > 0 && html`<${Fact} name="Lately"><${News} alerts=${news} /><//>`}
    </dl>
  </section>`;
}
