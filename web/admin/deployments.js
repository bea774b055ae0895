// /admin/deployments: puts the parts of the page together and starts looking.
import { effect, html, render } from "/assets/vendor/ui.js";
import { ArmedLine, NotArmed } from "./armed.js";
import { RollbackDialog } from "./dialog.js";
import { Switch, addressOf, environment, markPage, ofStaging } from "./environment.js";
import { Evidence } from "./evidence.js";
import { NoAccess, SignedOut, Viewer } from "./frame.js";
import { isLost, later, loadLater } from "./lazy.js";
import * as live from "./live.js";
import { Needs } from "./needs.js";
import { Progress, progressState } from "./progress.js";
import { Emergency, Freshness, Health, OnCall, Overall, isEmpty } from "./state.js";
import { isForward, percent, stepUnderWay, whatItIs } from "./words.js";

const NAME = `Deployments${ofStaging} – WedSync rollback`;

function Empty() {
  return html`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${OnCall} />
  </section>`;
}

function NewPage() {
  return html`<p class="card-box new-page">
    This page was updated. <a href=${addressOf(environment)}>Reload</a>
  </p>`;
}

/** What later.js brings; who waits too long for it is told, and the rest of the page works. */
function Later() {
  if (later.value) return html`<${later.value.Rest} />`;
  if (!isLost.value) return null;
  return html`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${loadLater}>
      Load it again
    </button></p>
  </section>`;
}

/** Nothing more comes above the page's end: what stands there would be pushed down in sight. */
function isWhole() {
  if (live.view.value === "loading") return false;
  return !live.overview.value || isEmpty() || Boolean(later.value) || isLost.value;
}

function Content() {
  if (live.view.value === "signed-out") return html`<${SignedOut}><${OnCall} /><//>`;
  if (live.view.value === "no-access") {
    return html`<${NoAccess} role="operator"><${OnCall} /><//>`;
  }
  const hasData = Boolean(live.overview.value);
  return html`
    <${Freshness} />
    ${live.isPageOld.value && html`<${NewPage} />`}
    <${NotArmed} />
    <${Progress} />
    ${hasData && html`<${Needs} />`}
    ${!isEmpty() && html`<${Overall} />`}
    ${isEmpty() && html`<${Empty} />`}
    <${Emergency} />
    ${hasData && !isEmpty() && html`<${Evidence} /><${Health} /><${Later} />`}
    ${isWhole() && html`<${ArmedLine} /><${Switch} />`}`;
}

/** The dialogs outlive a session: what was typed is still there after signing in again. */
const Page = () => html`<${Content} />
  <${RollbackDialog} />
  ${later.value && html`<${later.value.AskDialog} />`}`;

const Looking = () => html`<${Viewer} viewer=${live.overview.value?.viewer} />`;

function trouble({ overall, traffic }) {
  if (overall.state !== "bad") return "";
  const isCounted = traffic.is_fresh && traffic.verdict?.requests;
  return `● ${isCounted ? percent(traffic.verdict.rate) : "Problems"} – `;
}

function titleNow() {
  const rollback = live.shown.value;
  const state = rollback && progressState(rollback);
  if (state === "done") return `${whatItIs(rollback)} completed – ${NAME}`;
  if (state === "failed") return `● ${whatItIs(rollback)} failed – ${NAME}`;
  if (state) {
    const step = stepUnderWay(rollback);
    const doing = isForward(rollback) ? "Rolling forward" : "Rolling back";
    return `${doing} ${step ? `${step.position}/${step.of} ` : ""}– ${NAME}`;
  }
  return (live.overview.value ? trouble(live.overview.value) : "") + NAME;
}

/** What the page needs most when it cannot load anything: kept from the last time it could. */
function remember({ on_call_phone: phone, site_url: site }) {
  if (phone) localStorage.setItem("on-call-phone", phone);
  if (site) localStorage.setItem(`site-url-${environment}`, site);
}

/** Replaces what the page held before any script; who had the focus on a part of it keeps it. */
function takeOver(page) {
  const focused = page.contains(document.activeElement) && document.activeElement.id;
  page.replaceChildren();
  render(html`<${Page} />`, page);
  if (focused) document.getElementById(focused)?.focus();
}

function isBrowserOld() {
  return !("timeout" in AbortSignal) || !("HTMLDialogElement" in window);
}

if (isBrowserOld()) {
  document.getElementById("rollback-hint").textContent =
    "This browser is too old for this page. Use a newer browser, or call the on-call engineer.";
} else {
  effect(() => void (document.title = titleNow()));
  effect(() => live.overview.value && remember(live.overview.value));
  markPage();
  live.start();
  takeOver(document.getElementById("page"));
  render(html`<${Looking} />`, document.getElementById("viewer"));
  loadLater();
}
