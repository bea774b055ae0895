import{html as o,render as _}from"/assets/vendor/ui.js";var F={status:"live-status",alert:"live-alert"},m=[],c=null;function h({text:t,region:e="status",isOutcome:n=!1}){n&&(m.length=0,clearTimeout(c),c=null),m.push({text:t,region:e,isOutcome:n}),c===null&&w()}function w(){c=null;let t=m.shift();if(t){for(let[e,n]of Object.entries(F))document.getElementById(n).textContent=e===t.region?t.text:"";c=setTimeout(w,t.isOutcome?5e3:1500)}}var q={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","token.mint":"Access token made"},H={"rollback.start":"Roll forward started"},J={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},V={ok:"Done"},Y=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),y=t=>Y.format(new Date(t)),k=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,S=({action:t,facts:e})=>e.undoes&&H[t]||(q[t]??t),x=({result:t})=>({shape:J[t]??"unknown",word:V[t]??v(t)}),v=t=>t.charAt(0).toUpperCase()+t.slice(1),O=t=>Object.entries(t.facts).filter(([,e])=>e!==null&&e!==""&&e?.length!==0).map(([e,n])=>[v(e.replaceAll("_"," ")),typeof n=="string"?n:JSON.stringify(n)]),g=t=>`${t} ${t===1?"entry":"entries"}`;function E(t){let e=new Date(`${t}T00:00`);return Number.isNaN(e.getTime())?null:(e.setDate(e.getDate()+1),e.toISOString())}import{html as l}from"/assets/vendor/ui.js";function A({id:t,caption:e,columns:n,rows:a}){return l`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(f=>l`<th role="columnheader" scope="col">${f}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${a.map(({key:f,name:R="",cells:P})=>l`<tr key=${f} role="row" class=${R}>
          ${P.map((L,B)=>l`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[B]}</span>
              <div class="cell">${L}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as b}from"/assets/vendor/ui.js";var d=class extends Error{constructor(e,n){super(n.detail||n.title||`The server answered ${e}.`),this.status=e,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},i=class extends Error{};async function z(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new i;return t.json()}async function G(t){if(t.status===204||t.status===304)return null;let e=await z(t);if(!t.ok)throw new d(t.status,e);return e}async function u(t,{timeoutMs:e=8e3,...n}={}){try{let a=await fetch(t,{...n,signal:AbortSignal.timeout(e)});return{body:await G(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof d?a:new i(a.message)}}async function Q(){await u("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function T({viewer:t}){return t?b`<span class="muted">${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${Q}>
      Sign out
    </button>`:null}function M({children:t}){return b`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${t}
  </section>`}function D({role:t,children:e}){return b`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${e}
  </section>`}import{html as r}from"/assets/vendor/ui.js";var Z={ok:r`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:r`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:r`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:r`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:r`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function K({shape:t}){return r`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${Z[t]}
  </svg>`}function C({shape:t,word:e}){return r`<span class="status status-${t}"><${K} shape=${t} />${e}</span>`}var X=2e4,tt=["When","Who","What","On","Why","Result"],N=["actor","action","environment","date"],et="automatic",s=new URLSearchParams(location.search),U=document.getElementById("page"),$=()=>N.flatMap(t=>s.get(t)?[[t,s.get(t)]]:[]);function I(t){let e=new URLSearchParams($());t&&e.set("before",t);let n=String(e);return n?`/admin/audit?${n}`:"/admin/audit"}function nt(){let t=new URLSearchParams($()),e=t.get("date");return e&&t.set("until",E(e)??e),t.delete("date"),s.get("before")&&t.set("before",s.get("before")),`/api/audit?${t}`}function ot({entry:t}){return o`<time datetime=${t.at}>${y(t.at)}</time>
    <span class="title">${k(t.at)}</span>`}function at({entry:t}){let e=O(t);return o`${S(t)} <code class="title">${t.action}</code>
    ${e.length>0&&o`<details>
      <summary>Details<span class="visually-hidden"> of entry ${t.id}</span></summary>
      <dl class="facts">
        ${e.map(([n,a])=>o`<dt>${n}</dt><dd>${a}</dd>`)}
      </dl>
    </details>`}`}function rt({entry:t}){return o`${t.subject&&o`<span class="subject">${t.subject}</span>`}
    ${t.environment&&o`<span class="title">${t.environment}</span>`}
    ${!t.subject&&!t.environment&&"\u2013"}`}var st=t=>({key:t.id,cells:[o`<${ot} entry=${t} />`,t.actor===et?"Automatically":t.actor,o`<${at} entry=${t} />`,o`<${rt} entry=${t} />`,t.reason??"\u2013",o`<${C} ...${x(t)} />`]});function it(){let t=$().length===0&&!s.get("before");return o`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${t?"Nothing was done yet":"No entry fits"}</h2>
    <p>${t?"What people and jobs do appears here.":"Ask for less, or show everything."}</p>
  </section>`}function ct({older:t}){return o`<p class="actions">
    ${s.get("before")&&o`<a id="newest" class="btn btn-outline" href=${I(null)}>Newest entries</a>`}
    ${t!==null&&o`<a id="older" class="btn btn-outline" href=${I(t)}>Older entries</a>`}
  </p>`}function lt({entries:t,older:e}){return o`${t.length===0&&o`<${it} />`}
    ${t.length>0&&o`<section class="card-box" aria-label="Entries">
      <${A} id="entries" caption=${g(t.length)} columns=${tt}
        rows=${t.map(st)} />
    </section>`}
    <${ct} older=${e} />`}function W({error:t,isTrying:e}){if(t.status===401)return o`<${M} />`;if(t.status===403)return o`<${D} role="viewer" />`;let n=navigator.onLine?"The server did not answer.":"You are offline.";return o`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The audit log cannot be loaded</h2>
    <p>${t instanceof i?n:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(e)}
      onClick=${()=>e||dt(t)}>${e?"Trying\u2026":"Try again"}</button></p>
  </section>`}var p=t=>_(t,U);async function j(){let t;try{({body:t}=await u(nt(),{timeoutMs:X}))}catch(e){return p(o`<${W} error=${e} isTrying=${!1} />`),h({text:"The audit log cannot be loaded.",region:"alert"})}p(o`<${lt} ...${t} />`),_(o`<${T} viewer=${t.viewer} />`,document.getElementById("viewer")),h({text:g(t.entries.length)})}async function dt(t){p(o`<${W} error=${t} isTrying=${!0} />`),await j(),document.activeElement===document.body&&document.getElementById("main").focus()}function ut(t){let e=document.getElementById(t),n=s.get(t)??"";t==="action"&&n&&![...e.options].some(a=>a.value===n)&&e.add(new Option(n,n)),e.value=n}N.forEach(ut);U.replaceChildren();p(o`<p>Loading the audit log…</p>`);j();
