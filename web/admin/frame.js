// What every page has around its content: who looks, signing out, and what is there for nobody.
import { html } from "/assets/vendor/ui.js";
import { send } from "./server.js";

async function signOut() {
  await send("/api/session", { method: "DELETE" });
  localStorage.clear();
  location.assign("/admin/sign-in");
}

export function Viewer({ viewer }) {
  if (!viewer) return null;
  return html`<span class="muted">Signed in as ${viewer.name} (${viewer.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${signOut}>
      Sign out
    </button>`;
}

export function SignedOut({ children }) {
  return html`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${children}
  </section>`;
}

export function NoAccess({ role, children }) {
  return html`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${role}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${children}
  </section>`;
}
