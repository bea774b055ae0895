// How it is set: plain facts that a rollback, or a person, left behind.
import { html } from "/assets/vendor/ui.js";
import { told } from "./ask.js";
import { Icon } from "./icon.js";
import * as live from "./live.js";
import { Offer, mayAdminister, mayOperate } from "./offer.js";
import { quarantineSubject } from "./operations.js";
import { MODES, counted, dayTime, versionName, who } from "./words.js";

const since = (moment, name = "") => html`<time class=${name} datetime=${moment}>
  ${dayTime(moment, live.today.value)}</time>`;

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

/** From here on it is not counted exactly. */
const MANY = 1000;

function Conflicts({ count }) {
  if (!count) return null;
  const values = `${count >= MANY ? "At least " : ""}${counted(count, "value")}`;
  return html`<p class="whole-line">${values} that one version wrote ${count === 1 ? "is" : "are"} not what the other
    reads. They are kept, and listed by
    ${" "}<code>python -m scripts.rollback_migration conflicts</code></p>`;
}

function AppDatabase({ conflicts, isOther, isNeeded }) {
  return html`<${Conflicts} count=${conflicts} />
    ${isOther &&
    html`<p>It is not the database that was known, so a rollback of it is refused.</p>
      ${mayOperate() &&
      html`<${Offer} id="accept-btn" label="Accept this database…" waits
        question=${(of) => of.acceptDatabase()} />`}`}
    ${isNeeded &&
    mayOperate() &&
    html`<${Offer} id="forward-btn" label="Bring it forward…" waits
      question=${(of) => of.databaseForward()} />`}`;
}

function Lock() {
  return html`<p>Locked: the last rollback did not finish, so a person starts the next one.</p>
    ${mayOperate() &&
    html`<${Offer} id="unlock-btn" label="Unlock…" waits question=${(of) => of.unlock()} />`}`;
}

function Fact({ name, children }) {
  return html`<div><dt>${name}</dt><dd class="fact">${children}</dd></div>`;
}

export function Standing() {
  // A page that was loaded before the control plane itself went back asks one that says less.
  const { mode, pin, security_floor: floor, quarantined = [], alerts = [] } = live.overview.value;
  const { promotion, mode_set: set, undo, is_locked: isLocked, conflicts } = live.overview.value;
  const isOpen = (kind) => alerts.some((alert) => alert.kind === kind);
  const isNeeded = promotion?.is_safe === false || isOpen("needs_database_forward");
  const isOther = isOpen("other_database");
  const isUndoAbove = live.shown.value?.rollback_id === undo?.rollback_id;
  const news = alerts.filter((alert) => !alert.needs_a_person);
  return html`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title" tabindex="-1">How it is set</h2>
    ${told.value && html`<p class="told"><${Icon} shape="ok" />${told.value}</p>`}
    <dl>
      <${Fact} name="By itself"><${Mode} mode=${mode} set=${set} /><//>
      ${isLocked && html`<${Fact} name="Lock"><${Lock} /><//>`}
      ${undo &&
      !isUndoAbove &&
      html`<${Fact} name="Last rollback"><${LastRollback} undo=${undo} /><//>`}
      ${promotion && html`<${Fact} name="Next release">${promotion.sentence}<//>`}
      ${(isNeeded || isOther || conflicts > 0) &&
      html`<${Fact} name="Database">
        <${AppDatabase} ...${{ conflicts, isOther, isNeeded }} />
      <//>`}
      <${Fact} name="Pin"><${Pin} pin=${pin} /><//>
      <${Fact} name="Security floor"><${Floor} id=${floor} /><//>
      <${Fact} name="Quarantine"><${Quarantine} versions=${quarantined} /><//>
      ${news.length > 0 && html`<${Fact} name="Lately"><${News} alerts=${news} /><//>`}
    </dl>
  </section>`;
}
