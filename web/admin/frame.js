// What every page has around its content: who looks, signing out, and what is there for nobody.
import { html, signal } from "/assets/vendor/ui.js";
import { Refused, send } from "./server.js";

/** Who signs in there comes back to this page. */
export const SIGN_IN = `/admin/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`;

const problem = signal("");
const STILL_IN = "You are still signed in: the server did not answer. Press again.";

async function signOut(path) {
  try {
    await send(path, { method: "DELETE" });
  } catch (error) {
    // A session that has ended is what was asked for.
    if (!(error instanceof Refused && error.status === 401)) return (problem.value = STILL_IN);
  }
  localStorage.clear();
  location.assign("/admin/sign-in");
}

export function Viewer({ viewer }) {
  if (!viewer) return null;
  return html`<span class="muted">Signed in as ${viewer.name} (${viewer.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${() => signOut("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${() => signOut("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${problem}</p>`;
}

export function SignedOut({ children }) {
  return html`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href=${SIGN_IN}>Sign in</a></p>
    ${children}
  </section>`;
}

export function NoAccess({ role, children }) {
  return html`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${role}.</p>
    <p><a class="btn btn-outline" href=${SIGN_IN}>Sign in with another token</a></p>
    ${children}
  </section>`;
}
