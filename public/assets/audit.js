import{html as o}from"/assets/vendor/ui.js";var z={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","operation.suspect":"Switch suspected","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","session.end_all":"Signed out on all devices","session.stolen":"An old session secret was shown: signed out","access.denied":"Access refused","token.mint":"Access token made","token.expire":"Access token set to expire","token.revoke":"Access token revoked","audit.restore":"Audit log restored","state.recover":"State recovered","break_glass.reconcile":"Break-glass journal brought in"},Q={"rollback.start":"Roll forward started"},Z={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},K={ok:"Done"},X=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),T=e=>X.format(new Date(e)),E=e=>`${new Date(e).toISOString().slice(0,19).replace("T"," ")} UTC`,ee=e=>e.replace(/^break_glass\.(.+)/,(t,n)=>`Break-glass: ${n.replaceAll("_"," ")}`),_=({action:e,facts:t})=>t.undoes&&Q[e]||(z[e]??ee(e)),I=({result:e})=>({shape:Z[e]??"unknown",word:K[e]??C(e)}),C=e=>e.charAt(0).toUpperCase()+e.slice(1),M=e=>Object.entries(e.facts).filter(([,t])=>t!==null&&t!==""&&t?.length!==0).map(([t,n])=>[C(t.replaceAll("_"," ")),typeof n=="string"?n:JSON.stringify(n)]),k=e=>`${e} ${e===1?"entry":"entries"}`;function N(e){let t=new Date(`${e}T00:00`);return Number.isNaN(t.getTime())?null:(t.setDate(t.getDate()+1),t.toISOString())}import{html as $}from"/assets/vendor/ui.js";function D({id:e,caption:t,columns:n,rows:s}){return $`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>$`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${s.map(({key:a,name:h="",cells:g})=>$`<tr key=${a} role="row" class=${h}>
          ${g.map((S,r)=>$`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[r]}</span>
              <div class="cell">${S}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as _e}from"/assets/vendor/ui.js";var te=new URLSearchParams(location.search).get("environment"),m=te==="staging"?"staging":"production";var ne=e=>e[0].toUpperCase()+e.slice(1),oe=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,Ie=m==="production"?"":`&environment=${m}`;function U(){let e=document.querySelector(".environment");e.textContent=ne(m),e.dataset.environment=m;for(let t of document.querySelectorAll("nav a"))t.href=oe(m,t.pathname)}import{html as i}from"/assets/vendor/ui.js";var ae={ok:i`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:i`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:i`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:i`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:i`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function se({shape:e}){return i`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${ae[e]}
  </svg>`}function P({shape:e,word:t}){return i`<span class="status status-${e}"><${se} shape=${e} />${t}</span>`}import{html as p,render as F}from"/assets/vendor/ui.js";var re={status:"live-status",alert:"live-alert"},c=[],l=null;function x({text:e,region:t="status",isOutcome:n=!1}){n&&(c.length=0,clearTimeout(l),l=null),c.push({text:e,region:t,isOutcome:n}),c.length>8&&c.shift(),l===null&&v()}function v(){if(l=null,!c.length)return;if(document.querySelector("dialog[open]")){l=setTimeout(v,1500);return}let e=c.shift();for(let[t,n]of Object.entries(re))document.getElementById(n).textContent=t===e.region?e.text:"";l=setTimeout(v,e.isOutcome?5e3:1500)}import{html as A,signal as de}from"/assets/vendor/ui.js";var d=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},u=class extends Error{};async function ie(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new u;return e.json()}async function ce(e){if(e.status===204||e.status===304)return null;let t=await ie(e);if(!e.ok)throw new d(e.status,t);return t}function le(e,t){let n=AbortSignal.timeout(e);return t&&AbortSignal.any?AbortSignal.any([t,n]):n}async function w(e,{timeoutMs:t=8e3,signal:n,...s}={}){try{let a=await fetch(e,{...s,signal:le(t,n)});return{body:await ce(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof d?a:new u(a.message)}}var R=`/admin/sign-in?to=${encodeURIComponent(location.pathname+location.search)}`,j=de(""),ue="You are still signed in: the server did not answer. Press again.";async function W(e){try{await w(e,{method:"DELETE"})}catch(t){if(!(t instanceof d&&t.status===401))return j.value=ue}localStorage.clear(),location.assign("/admin/sign-in")}function L({viewer:e}){return e?A`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>W("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>W("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${j}</p>`:null}function B({children:e}){return A`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href=${R}>Sign in</a></p>
    ${e}
  </section>`}function q({role:e,children:t}){return A`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href=${R}>Sign in with another token</a></p>
    ${t}
  </section>`}var pe=2e4,G=document.getElementById("page"),y=e=>F(e,G);function fe({error:e,name:t,isTrying:n,again:s}){if(e.status===401)return p`<${B} />`;if(e.status===403)return p`<${q} role="viewer" />`;let a=navigator.onLine?"The server did not answer.":"You are offline.";return p`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${t} cannot be loaded</h2>
    <p>${e instanceof u?a:e.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(n)}
      onClick=${()=>n||s()}>${n?"Trying\u2026":"Try again"}</button></p>
  </section>`}function J({name:e,path:t,draw:n,say:s,missing:a}){let h=(r,b)=>y(p`<${fe} again=${()=>S(r)} ...${{error:r,name:e,isTrying:b}} />`);async function g(){let r;try{({body:r}=await w(t,{timeoutMs:pe}))}catch(b){return a&&[404,422].includes(b.status)?y(a()):h(b,!1),x({text:`The ${e} cannot be loaded.`,region:"alert"})}y(n(r)),F(p`<${L} viewer=${r.viewer} />`,document.getElementById("viewer")),x({text:s(r)})}async function S(r){h(r,!0),await g(),document.activeElement===document.body&&document.getElementById("main").focus()}G.replaceChildren(),y(p`<p>Loading the ${e}…</p>`),g()}var me=["When","Who","What","On","Why","Result"],Y=["actor","action","environment","date"],he="automatic",f=new URLSearchParams(location.search),O=()=>Y.flatMap(e=>f.get(e)?[[e,f.get(e)]]:[]);function V(e){let t=new URLSearchParams(O());e&&t.set("before",e);let n=String(t);return n?`/admin/audit?${n}`:"/admin/audit"}function H(e){let t=new URLSearchParams(O()),n=t.get("date");return n&&t.set("until",N(n)??n),t.delete("date"),e&&t.set("before",e),`/api/audit?${t}`}function ge({entry:e}){return o`<time datetime=${e.at}>${T(e.at)}</time>
    <span class="title">${E(e.at)}</span>`}function be({entry:e}){let t=M(e);return o`${_(e)} <code class="title">${e.action}</code>
    ${t.length>0&&o`<details>
      <summary>Details<span class="visually-hidden"> of entry ${e.id}</span></summary>
      <dl class="facts">
        ${t.map(([n,s])=>o`<dt>${n}</dt><dd>${s}</dd>`)}
      </dl>
    </details>`}`}function $e({entry:e}){return o`${e.subject&&o`<span class="subject">${e.subject}</span>`}
    ${e.environment&&o`<span class="title">${e.environment}</span>`}
    ${!e.subject&&!e.environment&&"\u2013"}`}var we=e=>({key:e.id,cells:[o`<${ge} entry=${e} />`,e.actor===he?"Automatically":e.actor,o`<${be} entry=${e} />`,o`<${$e} entry=${e} />`,e.reason??"\u2013",o`<${P} ...${I(e)} />`]});function ye(){let e=O().length===0&&!f.get("before");return o`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${e?"Nothing was done yet":"No entry fits"}</h2>
    <p>${e?"What people and jobs do appears here.":"Ask for less, or show everything."}</p>
  </section>`}function Se({older:e}){return o`<p class="actions">
    ${f.get("before")&&o`<a id="newest" class="btn btn-outline" href=${V(null)}>Newest entries</a>`}
    ${e!==null&&o`<a id="older" class="btn btn-outline" href=${V(e)}>Older entries</a>`}
  </p>`}function ke(){let e=H(null);return o`<p class="save">
    <a id="csv" class="btn btn-outline" aria-describedby="csv-hint" download
      href="${e}${e.endsWith("?")?"":"&"}format=csv">Download CSV</a>
    <span id="csv-hint" class="form-text">The newest 5,000 of these entries, times in UTC.</span>
  </p>`}function ve({entries:e,older:t}){return o`${e.length===0&&o`<${ye} />`}
    ${e.length>0&&o`<section class="card-box" aria-label="Entries">
      <${D} id="entries" caption=${k(e.length)} columns=${me}
        rows=${e.map(we)} />
      <${ke} />
    </section>`}
    <${Se} older=${t} />`}function xe(e){let t=document.getElementById(e),n=f.get(e)??"";e==="action"&&n&&![...t.options].some(s=>s.value===n)&&t.add(new Option(n,n)),t.value=n}Y.forEach(xe);U();J({name:"audit log",path:H(f.get("before")),draw:e=>o`<${ve} ...${e} />`,say:e=>k(e.entries.length)});
