import{html as o}from"/assets/vendor/ui.js";var F={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","token.mint":"Access token made"},H={"rollback.start":"Roll forward started"},J={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},Y={ok:"Done"},z=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),O=t=>z.format(new Date(t)),E=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,A=({action:t,facts:e})=>e.undoes&&H[t]||(F[t]??t),T=({result:t})=>({shape:J[t]??"unknown",word:Y[t]??C(t)}),C=t=>t.charAt(0).toUpperCase()+t.slice(1),D=t=>Object.entries(t.facts).filter(([,e])=>e!==null&&e!==""&&e?.length!==0).map(([e,n])=>[C(e.replaceAll("_"," ")),typeof n=="string"?n:JSON.stringify(n)]),y=t=>`${t} ${t===1?"entry":"entries"}`;function M(t){let e=new Date(`${t}T00:00`);return Number.isNaN(e.getTime())?null:(e.setDate(e.getDate()+1),e.toISOString())}import{html as h}from"/assets/vendor/ui.js";function I({id:t,caption:e,columns:n,rows:a}){return h`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(r=>h`<th role="columnheader" scope="col">${r}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${a.map(({key:r,name:p="",cells:m})=>h`<tr key=${r} role="row" class=${p}>
          ${m.map((w,s)=>h`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[s]}</span>
              <div class="cell">${w}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as i}from"/assets/vendor/ui.js";var G={ok:i`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:i`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:i`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:i`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:i`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function Q({shape:t}){return i`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${G[t]}
  </svg>`}function _({shape:t,word:e}){return i`<span class="status status-${t}"><${Q} shape=${t} />${e}</span>`}import{html as l,render as j}from"/assets/vendor/ui.js";var Z={status:"live-status",alert:"live-alert"},k=[],u=null;function S({text:t,region:e="status",isOutcome:n=!1}){n&&(k.length=0,clearTimeout(u),u=null),k.push({text:t,region:e,isOutcome:n}),u===null&&N()}function N(){u=null;let t=k.shift();if(t){for(let[e,n]of Object.entries(Z))document.getElementById(n).textContent=e===t.region?t.text:"";u=setTimeout(N,t.isOutcome?5e3:1500)}}import{html as v}from"/assets/vendor/ui.js";var g=class extends Error{constructor(e,n){super(n.detail||n.title||`The server answered ${e}.`),this.status=e,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},c=class extends Error{};async function K(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new c;return t.json()}async function X(t){if(t.status===204||t.status===304)return null;let e=await K(t);if(!t.ok)throw new g(t.status,e);return e}async function b(t,{timeoutMs:e=8e3,...n}={}){try{let a=await fetch(t,{...n,signal:AbortSignal.timeout(e)});return{body:await X(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof g?a:new c(a.message)}}async function tt(){await b("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function U({viewer:t}){return t?v`<span class="muted">Signed in as ${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${tt}>
      Sign out
    </button>`:null}function W({children:t}){return v`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${t}
  </section>`}function P({role:t,children:e}){return v`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${e}
  </section>`}var et=2e4,R=document.getElementById("page"),$=t=>j(t,R);function nt({error:t,name:e,isTrying:n,again:a}){if(t.status===401)return l`<${W} />`;if(t.status===403)return l`<${P} role="viewer" />`;let r=navigator.onLine?"The server did not answer.":"You are offline.";return l`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${e} cannot be loaded</h2>
    <p>${t instanceof c?r:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(n)}
      onClick=${()=>n||a()}>${n?"Trying\u2026":"Try again"}</button></p>
  </section>`}function L({name:t,path:e,draw:n,say:a,missing:r}){let p=(s,f)=>$(l`<${nt} again=${()=>w(s)} ...${{error:s,name:t,isTrying:f}} />`);async function m(){let s;try{({body:s}=await b(e,{timeoutMs:et}))}catch(f){return r&&[404,422].includes(f.status)?$(r()):p(f,!1),S({text:`The ${t} cannot be loaded.`,region:"alert"})}$(n(s)),j(l`<${U} viewer=${s.viewer} />`,document.getElementById("viewer")),S({text:a(s)})}async function w(s){p(s,!0),await m(),document.activeElement===document.body&&document.getElementById("main").focus()}R.replaceChildren(),$(l`<p>Loading the ${t}…</p>`),m()}var ot=["When","Who","What","On","Why","Result"],q=["actor","action","environment","date"],at="automatic",d=new URLSearchParams(location.search),x=()=>q.flatMap(t=>d.get(t)?[[t,d.get(t)]]:[]);function B(t){let e=new URLSearchParams(x());t&&e.set("before",t);let n=String(e);return n?`/admin/audit?${n}`:"/admin/audit"}function V(t){let e=new URLSearchParams(x()),n=e.get("date");return n&&e.set("until",M(n)??n),e.delete("date"),t&&e.set("before",t),`/api/audit?${e}`}function st({entry:t}){return o`<time datetime=${t.at}>${O(t.at)}</time>
    <span class="title">${E(t.at)}</span>`}function rt({entry:t}){let e=D(t);return o`${A(t)} <code class="title">${t.action}</code>
    ${e.length>0&&o`<details>
      <summary>Details<span class="visually-hidden"> of entry ${t.id}</span></summary>
      <dl class="facts">
        ${e.map(([n,a])=>o`<dt>${n}</dt><dd>${a}</dd>`)}
      </dl>
    </details>`}`}function it({entry:t}){return o`${t.subject&&o`<span class="subject">${t.subject}</span>`}
    ${t.environment&&o`<span class="title">${t.environment}</span>`}
    ${!t.subject&&!t.environment&&"\u2013"}`}var ct=t=>({key:t.id,cells:[o`<${st} entry=${t} />`,t.actor===at?"Automatically":t.actor,o`<${rt} entry=${t} />`,o`<${it} entry=${t} />`,t.reason??"\u2013",o`<${_} ...${T(t)} />`]});function lt(){let t=x().length===0&&!d.get("before");return o`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${t?"Nothing was done yet":"No entry fits"}</h2>
    <p>${t?"What people and jobs do appears here.":"Ask for less, or show everything."}</p>
  </section>`}function dt({older:t}){return o`<p class="actions">
    ${d.get("before")&&o`<a id="newest" class="btn btn-outline" href=${B(null)}>Newest entries</a>`}
    ${t!==null&&o`<a id="older" class="btn btn-outline" href=${B(t)}>Older entries</a>`}
  </p>`}function ut(){let t=V(null);return o`<p class="save">
    <a id="csv" class="btn btn-outline" aria-describedby="csv-hint" download
      href="${t}${t.endsWith("?")?"":"&"}format=csv">Download CSV</a>
    <span id="csv-hint" class="form-text">The newest 5,000 of these entries, times in UTC.</span>
  </p>`}function pt({entries:t,older:e}){return o`${t.length===0&&o`<${lt} />`}
    ${t.length>0&&o`<section class="card-box" aria-label="Entries">
      <${I} id="entries" caption=${y(t.length)} columns=${ot}
        rows=${t.map(ct)} />
      <${ut} />
    </section>`}
    <${dt} older=${e} />`}function mt(t){let e=document.getElementById(t),n=d.get(t)??"";t==="action"&&n&&![...e.options].some(a=>a.value===n)&&e.add(new Option(n,n)),e.value=n}q.forEach(mt);L({name:"audit log",path:V(d.get("before")),draw:t=>o`<${pt} ...${t} />`,say:t=>y(t.entries.length)});
