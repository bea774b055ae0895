import{html as o}from"/assets/vendor/ui.js";var z={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","operation.suspect":"Switch suspected","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","session.end_all":"Signed out on all devices","session.stolen":"An old session secret was shown: signed out","access.denied":"Access refused","token.mint":"Access token made","token.expire":"Access token set to expire","token.revoke":"Access token revoked","audit.restore":"Audit log restored","state.recover":"State recovered","break_glass.reconcile":"Break-glass journal brought in"},Q={"rollback.start":"Roll forward started"},Z={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},K={ok:"Done"},X=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),O=t=>X.format(new Date(t)),T=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,tt=t=>t.replace(/^break_glass\.(.+)/,(e,n)=>`Break-glass: ${n.replaceAll("_"," ")}`),_=({action:t,facts:e})=>e.undoes&&Q[t]||(z[t]??tt(t)),E=({result:t})=>({shape:Z[t]??"unknown",word:K[t]??I(t)}),I=t=>t.charAt(0).toUpperCase()+t.slice(1),C=t=>Object.entries(t.facts).filter(([,e])=>e!==null&&e!==""&&e?.length!==0).map(([e,n])=>[I(e.replaceAll("_"," ")),typeof n=="string"?n:JSON.stringify(n)]),S=t=>`${t} ${t===1?"entry":"entries"}`;function M(t){let e=new Date(`${t}T00:00`);return Number.isNaN(e.getTime())?null:(e.setDate(e.getDate()+1),e.toISOString())}import{html as b}from"/assets/vendor/ui.js";function N({id:t,caption:e,columns:n,rows:s}){return b`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>b`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${s.map(({key:a,name:m="",cells:h})=>b`<tr key=${a} role="row" class=${m}>
          ${h.map((y,r)=>b`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[r]}</span>
              <div class="cell">${y}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as Mt}from"/assets/vendor/ui.js";var et=new URLSearchParams(location.search).get("environment"),U=et==="staging"?"staging":"production";var nt=t=>t[0].toUpperCase()+t.slice(1),ot=(t,e="/admin/deployments")=>t==="production"?e:`${e}?environment=${t}`,at=t=>t==="production"?"":`&environment=${t}`,Nt=at(U);function D(t=U){let e=document.querySelector(".environment");e.textContent=nt(t),e.dataset.environment=t;for(let n of document.querySelectorAll("nav a"))n.href=ot(t,n.pathname)}import{html as i}from"/assets/vendor/ui.js";var st={ok:i`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:i`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:i`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:i`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:i`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function rt({shape:t}){return i`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${st[t]}
  </svg>`}function P({shape:t,word:e}){return i`<span class="status status-${t}"><${rt} shape=${t} />${e}</span>`}import{html as p,render as F}from"/assets/vendor/ui.js";var it={status:"live-status",alert:"live-alert"},c=[],l=null;function v({text:t,region:e="status",isOutcome:n=!1}){n&&(c.length=0,clearTimeout(l),l=null),c.push({text:t,region:e,isOutcome:n}),c.length>8&&c.shift(),l===null&&k()}function k(){if(l=null,!c.length)return;if(document.querySelector("dialog[open]")){l=setTimeout(k,1500);return}let t=c.shift();for(let[e,n]of Object.entries(it))document.getElementById(n).textContent=e===t.region?t.text:"";l=setTimeout(k,t.isOutcome?5e3:1500)}import{html as x,signal as ft}from"/assets/vendor/ui.js";var d=class extends Error{constructor(e,n){super(n.detail||n.title||`The server answered ${e}.`),this.status=e,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},u=class extends Error{},ct=/[\u202a-\u202e\u2066-\u2069]/g,lt=(t,e)=>typeof e=="string"?e.replace(ct,""):e;async function dt(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new u;return JSON.parse(await t.text(),lt)}async function ut(t){if(t.status===204||t.status===304)return null;let e=await dt(t);if(!t.ok)throw new d(t.status,e);return e}function pt(t,e){let n=AbortSignal.timeout(t);return e&&AbortSignal.any?AbortSignal.any([e,n]):n}async function $(t,{timeoutMs:e=8e3,signal:n,...s}={}){try{let a=await fetch(t,{...s,signal:pt(e,n)});return{body:await ut(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof d?a:new u(a.message)}}var W=`/admin/sign-in?to=${encodeURIComponent(location.pathname+location.search)}`,L=ft(""),mt="You are still signed in: the server did not answer. Press again.";async function R(t){try{await $(t,{method:"DELETE"})}catch(e){if(!(e instanceof d&&e.status===401))return L.value=mt}localStorage.clear(),location.assign("/admin/sign-in")}function j({viewer:t}){return t?x`<span class="muted">Signed in as ${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>R("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>R("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${L}</p>`:null}function B({children:t}){return x`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href=${W}>Sign in</a></p>
    ${t}
  </section>`}function q({role:t,children:e}){return x`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href=${W}>Sign in with another token</a></p>
    ${e}
  </section>`}var ht=2e4,G=document.getElementById("page"),w=t=>F(t,G);function gt({error:t,name:e,isTrying:n,again:s}){if(t.status===401)return p`<${B} />`;if(t.status===403)return p`<${q} role="viewer" />`;let a=navigator.onLine?"The server did not answer.":"You are offline.";return p`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${e} cannot be loaded</h2>
    <p>${t instanceof u?a:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(n)}
      onClick=${()=>n||s()}>${n?"Trying\u2026":"Try again"}</button></p>
  </section>`}function J({name:t,path:e,draw:n,say:s,missing:a}){let m=(r,g)=>w(p`<${gt} again=${()=>y(r)} ...${{error:r,name:t,isTrying:g}} />`);async function h(){let r;try{({body:r}=await $(e,{timeoutMs:ht}))}catch(g){return a&&[404,422].includes(g.status)?w(a()):m(g,!1),v({text:`The ${t} cannot be loaded.`,region:"alert"})}w(n(r)),F(p`<${j} viewer=${r.viewer} />`,document.getElementById("viewer")),v({text:s(r)})}async function y(r){m(r,!0),await h(),document.activeElement===document.body&&document.getElementById("main").focus()}G.replaceChildren(),w(p`<p>Loading the ${t}…</p>`),h()}var bt=["When","Who","What","On","Why","Result"],Y=["actor","action","environment","date"],$t="automatic",f=new URLSearchParams(location.search),A=()=>Y.flatMap(t=>f.get(t)?[[t,f.get(t)]]:[]);function V(t){let e=new URLSearchParams(A());t&&e.set("before",t);let n=String(e);return n?`/admin/audit?${n}`:"/admin/audit"}function H(t){let e=new URLSearchParams(A()),n=e.get("date");return n&&e.set("until",M(n)??n),e.delete("date"),t&&e.set("before",t),`/api/audit?${e}`}function wt({entry:t}){return o`<time datetime=${t.at}>${O(t.at)}</time>
    <span class="title">${T(t.at)}</span>`}function yt({entry:t}){let e=C(t);return o`${_(t)} <code class="title">${t.action}</code>
    ${e.length>0&&o`<details>
      <summary>Details<span class="visually-hidden"> of entry ${t.id}</span></summary>
      <dl class="facts">
        ${e.map(([n,s])=>o`<dt>${n}</dt><dd>${s}</dd>`)}
      </dl>
    </details>`}`}function St({entry:t}){return o`${t.subject&&o`<span class="subject">${t.subject}</span>`}
    ${t.environment&&o`<span class="title">${t.environment}</span>`}
    ${!t.subject&&!t.environment&&"\u2013"}`}var kt=t=>({key:t.id,cells:[o`<${wt} entry=${t} />`,t.actor===$t?"Automatically":t.actor,o`<${yt} entry=${t} />`,o`<${St} entry=${t} />`,t.reason??"\u2013",o`<${P} ...${E(t)} />`]});function vt(){let t=A().length===0&&!f.get("before");return o`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${t?"Nothing was done yet":"No entry fits"}</h2>
    <p>${t?"What people and jobs do appears here.":"Ask for less, or show everything."}</p>
  </section>`}function xt({older:t}){return o`<p class="actions">
    ${f.get("before")&&o`<a id="newest" class="btn btn-outline" href=${V(null)}>Newest entries</a>`}
    ${t!==null&&o`<a id="older" class="btn btn-outline" href=${V(t)}>Older entries</a>`}
  </p>`}function At(){let t=H(null);return o`<p class="save">
    <a id="csv" class="btn btn-outline" aria-describedby="csv-hint" download
      href="${t}${t.endsWith("?")?"":"&"}format=csv">Download CSV</a>
    <span id="csv-hint" class="form-text">The newest 5,000 of these entries, times in UTC.</span>
  </p>`}function Ot({entries:t,older:e}){return o`${t.length===0&&o`<${vt} />`}
    ${t.length>0&&o`<section class="card-box" aria-label="Entries">
      <${N} id="entries" caption=${S(t.length)} columns=${bt}
        rows=${t.map(kt)} />
      <${At} />
    </section>`}
    <${xt} older=${e} />`}function Tt(t){let e=document.getElementById(t),n=f.get(t)??"";t==="action"&&n&&![...e.options].some(s=>s.value===n)&&e.add(new Option(n,n)),e.value=n}Y.forEach(Tt);D();J({name:"audit log",path:H(f.get("before")),draw:t=>o`<${Ot} ...${t} />`,say:t=>S(t.entries.length)});
