import{html as o}from"/assets/vendor/ui.js";var z={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","operation.suspect":"Switch suspected","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","session.end_all":"Signed out on all devices","session.stolen":"An old session secret was shown: signed out","access.denied":"Access refused","token.mint":"Access token made","token.expire":"Access token set to expire","token.revoke":"Access token revoked","audit.restore":"Audit log restored","state.recover":"State recovered","break_glass.reconcile":"Break-glass journal brought in"},G={"rollback.start":"Roll forward started"},Q={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},Z={ok:"Done"},K=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),O=t=>K.format(new Date(t)),E=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,X=t=>t.replace(/^break_glass\.(.+)/,(e,n)=>`Break-glass: ${n.replaceAll("_"," ")}`),T=({action:t,facts:e})=>e.undoes&&G[t]||(z[t]??X(t)),C=({result:t})=>({shape:Q[t]??"unknown",word:Z[t]??_(t)}),_=t=>t.charAt(0).toUpperCase()+t.slice(1),D=t=>Object.entries(t.facts).filter(([,e])=>e!==null&&e!==""&&e?.length!==0).map(([e,n])=>[_(e.replaceAll("_"," ")),typeof n=="string"?n:JSON.stringify(n)]),y=t=>`${t} ${t===1?"entry":"entries"}`;function M(t){let e=new Date(`${t}T00:00`);return Number.isNaN(e.getTime())?null:(e.setDate(e.getDate()+1),e.toISOString())}import{html as g}from"/assets/vendor/ui.js";function I({id:t,caption:e,columns:n,rows:a}){return g`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(r=>g`<th role="columnheader" scope="col">${r}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${a.map(({key:r,name:f="",cells:m})=>g`<tr key=${r} role="row" class=${f}>
          ${m.map((w,s)=>g`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[s]}</span>
              <div class="cell">${w}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as Et}from"/assets/vendor/ui.js";var tt=new URLSearchParams(location.search).get("environment"),k=tt==="staging"?"staging":"production";var et=t=>t[0].toUpperCase()+t.slice(1),nt=(t,e="/admin/deployments")=>t==="production"?e:`${e}?environment=${t}`;function P(){let t=document.querySelector(".environment");t.textContent=et(k),t.dataset.environment=k;for(let e of document.querySelectorAll("nav a"))e.href=nt(k,e.pathname)}import{html as i}from"/assets/vendor/ui.js";var ot={ok:i`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:i`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:i`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:i`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:i`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function at({shape:t}){return i`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${ot[t]}
  </svg>`}function U({shape:t,word:e}){return i`<span class="status status-${t}"><${at} shape=${t} />${e}</span>`}import{html as d,render as q}from"/assets/vendor/ui.js";var st={status:"live-status",alert:"live-alert"},v=[],p=null;function S({text:t,region:e="status",isOutcome:n=!1}){n&&(v.length=0,clearTimeout(p),p=null),v.push({text:t,region:e,isOutcome:n}),p===null&&N()}function N(){p=null;let t=v.shift();if(t){for(let[e,n]of Object.entries(st))document.getElementById(n).textContent=e===t.region?t.text:"";p=setTimeout(N,t.isOutcome?5e3:1500)}}import{html as x,signal as ct}from"/assets/vendor/ui.js";var c=class extends Error{constructor(e,n){super(n.detail||n.title||`The server answered ${e}.`),this.status=e,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},l=class extends Error{};async function rt(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new l;return t.json()}async function it(t){if(t.status===204||t.status===304)return null;let e=await rt(t);if(!t.ok)throw new c(t.status,e);return e}async function b(t,{timeoutMs:e=8e3,...n}={}){try{let a=await fetch(t,{...n,signal:AbortSignal.timeout(e)});return{body:await it(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof c?a:new l(a.message)}}var W=ct(""),lt="You are still signed in: the server did not answer. Press again.";async function R(t){try{await b(t,{method:"DELETE"})}catch(e){if(!(e instanceof c&&e.status===401))return W.value=lt}localStorage.clear(),location.assign("/admin/sign-in")}function j({viewer:t}){return t?x`<span class="muted">Signed in as ${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>R("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>R("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${W}</p>`:null}function L({children:t}){return x`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${t}
  </section>`}function B({role:t,children:e}){return x`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${e}
  </section>`}var dt=2e4,F=document.getElementById("page"),$=t=>q(t,F);function ut({error:t,name:e,isTrying:n,again:a}){if(t.status===401)return d`<${L} />`;if(t.status===403)return d`<${B} role="viewer" />`;let r=navigator.onLine?"The server did not answer.":"You are offline.";return d`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${e} cannot be loaded</h2>
    <p>${t instanceof l?r:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(n)}
      onClick=${()=>n||a()}>${n?"Trying\u2026":"Try again"}</button></p>
  </section>`}function J({name:t,path:e,draw:n,say:a,missing:r}){let f=(s,h)=>$(d`<${ut} again=${()=>w(s)} ...${{error:s,name:t,isTrying:h}} />`);async function m(){let s;try{({body:s}=await b(e,{timeoutMs:dt}))}catch(h){return r&&[404,422].includes(h.status)?$(r()):f(h,!1),S({text:`The ${t} cannot be loaded.`,region:"alert"})}$(n(s)),q(d`<${j} viewer=${s.viewer} />`,document.getElementById("viewer")),S({text:a(s)})}async function w(s){f(s,!0),await m(),document.activeElement===document.body&&document.getElementById("main").focus()}F.replaceChildren(),$(d`<p>Loading the ${t}…</p>`),m()}var pt=["When","Who","What","On","Why","Result"],Y=["actor","action","environment","date"],ft="automatic",u=new URLSearchParams(location.search),A=()=>Y.flatMap(t=>u.get(t)?[[t,u.get(t)]]:[]);function V(t){let e=new URLSearchParams(A());t&&e.set("before",t);let n=String(e);return n?`/admin/audit?${n}`:"/admin/audit"}function H(t){let e=new URLSearchParams(A()),n=e.get("date");return n&&e.set("until",M(n)??n),e.delete("date"),t&&e.set("before",t),`/api/audit?${e}`}function mt({entry:t}){return o`<time datetime=${t.at}>${O(t.at)}</time>
    <span class="title">${E(t.at)}</span>`}function ht({entry:t}){let e=D(t);return o`${T(t)} <code class="title">${t.action}</code>
    ${e.length>0&&o`<details>
      <summary>Details<span class="visually-hidden"> of entry ${t.id}</span></summary>
      <dl class="facts">
        ${e.map(([n,a])=>o`<dt>${n}</dt><dd>${a}</dd>`)}
      </dl>
    </details>`}`}function gt({entry:t}){return o`${t.subject&&o`<span class="subject">${t.subject}</span>`}
    ${t.environment&&o`<span class="title">${t.environment}</span>`}
    ${!t.subject&&!t.environment&&"\u2013"}`}var bt=t=>({key:t.id,cells:[o`<${mt} entry=${t} />`,t.actor===ft?"Automatically":t.actor,o`<${ht} entry=${t} />`,o`<${gt} entry=${t} />`,t.reason??"\u2013",o`<${U} ...${C(t)} />`]});function $t(){let t=A().length===0&&!u.get("before");return o`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${t?"Nothing was done yet":"No entry fits"}</h2>
    <p>${t?"What people and jobs do appears here.":"Ask for less, or show everything."}</p>
  </section>`}function wt({older:t}){return o`<p class="actions">
    ${u.get("before")&&o`<a id="newest" class="btn btn-outline" href=${V(null)}>Newest entries</a>`}
    ${t!==null&&o`<a id="older" class="btn btn-outline" href=${V(t)}>Older entries</a>`}
  </p>`}function yt(){let t=H(null);return o`<p class="save">
    <a id="csv" class="btn btn-outline" aria-describedby="csv-hint" download
      href="${t}${t.endsWith("?")?"":"&"}format=csv">Download CSV</a>
    <span id="csv-hint" class="form-text">The newest 5,000 of these entries, times in UTC.</span>
  </p>`}function kt({entries:t,older:e}){return o`${t.length===0&&o`<${$t} />`}
    ${t.length>0&&o`<section class="card-box" aria-label="Entries">
      <${I} id="entries" caption=${y(t.length)} columns=${pt}
        rows=${t.map(bt)} />
      <${yt} />
    </section>`}
    <${wt} older=${e} />`}function vt(t){let e=document.getElementById(t),n=u.get(t)??"";t==="action"&&n&&![...e.options].some(a=>a.value===n)&&e.add(new Option(n,n)),e.value=n}Y.forEach(vt);P();J({name:"audit log",path:H(u.get("before")),draw:t=>o`<${kt} ...${t} />`,say:t=>y(t.entries.length)});
