// A page that asks the server once: what came, or why nothing did, with a way to try again.
import { html, render } from "/assets/vendor/ui.js";
import { announce } from "./announcer.js";
import { NoAccess, SignedOut, Viewer } from "./frame.js";
import { NoAnswer, send } from "./server.js";

const TIMEOUT_MS = 20_000;
const page = document.getElementById("page");
const show = (content) => render(content, page);

function Problem({ error, name, isTrying, again }) {
  if (error.status === 401) return html`<${SignedOut} />`;
  if (error.status === 403) return html`<${NoAccess} role="viewer" />`;
  const silent = navigator.onLine ? "The server did not answer." : "You are offline.";
  return html`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${name} cannot be loaded</h2>
    <p>${error instanceof NoAnswer ? silent : error.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(isTrying)}
      onClick=${() => isTrying || again()}>${isTrying ? "Trying…" : "Try again"}</button></p>
  </section>`;
}

/** `name`: what it is, in words. `draw` answers what is shown of the body, `say` what is said of it;
 *  `missing` what is shown where there is no such thing. */
export function loadPage({ name, path, draw, say, missing }) {
  const fail = (error, isTrying) =>
    show(html`<${Problem} again=${() => tryAgain(error)} ...${{ error, name, isTrying }} />`);

  async function load() {
    let body;
    try {
      ({ body } = await send(path, { timeoutMs: TIMEOUT_MS }));
    } catch (error) {
      if (missing && [404, 422].includes(error.status)) show(missing());
      else fail(error, false);
      return announce({ text: `The ${name} cannot be loaded.`, region: "alert" });
    }
    show(draw(body));
    render(html`<${Viewer} viewer=${body.viewer} />`, document.getElementById("viewer"));
    announce({ text: say(body) });
  }

  /** The button that was pressed is gone once there is an answer: reading goes on at the content. */
  async function tryAgain(error) {
    fail(error, true);
    await load();
    if (document.activeElement === document.body) document.getElementById("main").focus();
  }

  page.replaceChildren();
  show(html`<p>Loading the ${name}…</p>`);
  load();
}
