import{html as o}from"/assets/vendor/ui.js";var Y={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","operation.suspect":"Switch suspected","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","session.end_all":"Signed out on all devices","session.stolen":"An old session secret was shown: signed out","access.denied":"Access refused","token.mint":"Access token made","token.expire":"Access token set to expire","token.revoke":"Access token revoked","audit.restore":"Audit log restored","state.recover":"State recovered","break_glass.reconcile":"Break-glass journal brought in"},H={"rollback.start":"Roll forward started"},z={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},G={ok:"Done"},Q=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),A=e=>Q.format(new Date(e)),O=e=>`${new Date(e).toISOString().slice(0,19).replace("T"," ")} UTC`,Z=e=>e.replace(/^break_glass\.(.+)/,(t,n)=>`Break-glass: ${n.replaceAll("_"," ")}`),E=({action:e,facts:t})=>t.undoes&&H[e]||(Y[e]??Z(e)),T=({result:e})=>({shape:z[e]??"unknown",word:G[e]??_(e)}),_=e=>e.charAt(0).toUpperCase()+e.slice(1),C=e=>Object.entries(e.facts).filter(([,t])=>t!==null&&t!==""&&t?.length!==0).map(([t,n])=>[_(t.replaceAll("_"," ")),typeof n=="string"?n:JSON.stringify(n)]),y=e=>`${e} ${e===1?"entry":"entries"}`;function D(e){let t=new Date(`${e}T00:00`);return Number.isNaN(t.getTime())?null:(t.setDate(t.getDate()+1),t.toISOString())}import{html as g}from"/assets/vendor/ui.js";function M({id:e,caption:t,columns:n,rows:a}){return g`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
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
  </table>`}import{html as i}from"/assets/vendor/ui.js";var K={ok:i`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:i`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:i`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:i`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:i`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function X({shape:e}){return i`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${K[e]}
  </svg>`}function I({shape:e,word:t}){return i`<span class="status status-${e}"><${X} shape=${e} />${t}</span>`}import{html as d,render as L}from"/assets/vendor/ui.js";var ee={status:"live-status",alert:"live-alert"},k=[],p=null;function v({text:e,region:t="status",isOutcome:n=!1}){n&&(k.length=0,clearTimeout(p),p=null),k.push({text:e,region:t,isOutcome:n}),p===null&&N()}function N(){p=null;let e=k.shift();if(e){for(let[t,n]of Object.entries(ee))document.getElementById(n).textContent=t===e.region?e.text:"";p=setTimeout(N,e.isOutcome?5e3:1500)}}import{html as S,signal as oe}from"/assets/vendor/ui.js";var c=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},l=class extends Error{};async function te(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new l;return e.json()}async function ne(e){if(e.status===204||e.status===304)return null;let t=await te(e);if(!e.ok)throw new c(e.status,t);return t}async function b(e,{timeoutMs:t=8e3,...n}={}){try{let a=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await ne(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof c?a:new l(a.message)}}var P=oe(""),ae="You are still signed in: the server did not answer. Press again.";async function U(e){try{await b(e,{method:"DELETE"})}catch(t){if(!(t instanceof c&&t.status===401))return P.value=ae}localStorage.clear(),location.assign("/admin/sign-in")}function W({viewer:e}){return e?S`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>U("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>U("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${P}</p>`:null}function j({children:e}){return S`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function R({role:e,children:t}){return S`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}var se=2e4,B=document.getElementById("page"),$=e=>L(e,B);function re({error:e,name:t,isTrying:n,again:a}){if(e.status===401)return d`<${j} />`;if(e.status===403)return d`<${R} role="viewer" />`;let r=navigator.onLine?"The server did not answer.":"You are offline.";return d`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${t} cannot be loaded</h2>
    <p>${e instanceof l?r:e.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(n)}
      onClick=${()=>n||a()}>${n?"Trying\u2026":"Try again"}</button></p>
  </section>`}function q({name:e,path:t,draw:n,say:a,missing:r}){let f=(s,h)=>$(d`<${re} again=${()=>w(s)} ...${{error:s,name:e,isTrying:h}} />`);async function m(){let s;try{({body:s}=await b(t,{timeoutMs:se}))}catch(h){return r&&[404,422].includes(h.status)?$(r()):f(h,!1),v({text:`The ${e} cannot be loaded.`,region:"alert"})}$(n(s)),L(d`<${W} viewer=${s.viewer} />`,document.getElementById("viewer")),v({text:a(s)})}async function w(s){f(s,!0),await m(),document.activeElement===document.body&&document.getElementById("main").focus()}B.replaceChildren(),$(d`<p>Loading the ${e}…</p>`),m()}var ie=["When","Who","What","On","Why","Result"],J=["actor","action","environment","date"],ce="automatic",u=new URLSearchParams(location.search),x=()=>J.flatMap(e=>u.get(e)?[[e,u.get(e)]]:[]);function F(e){let t=new URLSearchParams(x());e&&t.set("before",e);let n=String(t);return n?`/admin/audit?${n}`:"/admin/audit"}function V(e){let t=new URLSearchParams(x()),n=t.get("date");return n&&t.set("until",D(n)??n),t.delete("date"),e&&t.set("before",e),`/api/audit?${t}`}function le({entry:e}){return o`<time datetime=${e.at}>${A(e.at)}</time>
    <span class="title">${O(e.at)}</span>`}function de({entry:e}){let t=C(e);return o`${E(e)} <code class="title">${e.action}</code>
    ${t.length>0&&o`<details>
      <summary>Details<span class="visually-hidden"> of entry ${e.id}</span></summary>
      <dl class="facts">
        ${t.map(([n,a])=>o`<dt>${n}</dt><dd>${a}</dd>`)}
      </dl>
    </details>`}`}function ue({entry:e}){return o`${e.subject&&o`<span class="subject">${e.subject}</span>`}
    ${e.environment&&o`<span class="title">${e.environment}</span>`}
    ${!e.subject&&!e.environment&&"\u2013"}`}var pe=e=>({key:e.id,cells:[o`<${le} entry=${e} />`,e.actor===ce?"Automatically":e.actor,o`<${de} entry=${e} />`,o`<${ue} entry=${e} />`,e.reason??"\u2013",o`<${I} ...${T(e)} />`]});function fe(){let e=x().length===0&&!u.get("before");return o`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${e?"Nothing was done yet":"No entry fits"}</h2>
    <p>${e?"What people and jobs do appears here.":"Ask for less, or show everything."}</p>
  </section>`}function me({older:e}){return o`<p class="actions">
    ${u.get("before")&&o`<a id="newest" class="btn btn-outline" href=${F(null)}>Newest entries</a>`}
    ${e!==null&&o`<a id="older" class="btn btn-outline" href=${F(e)}>Older entries</a>`}
  </p>`}function he(){let e=V(null);return o`<p class="save">
    <a id="csv" class="btn btn-outline" aria-describedby="csv-hint" download
      href="${e}${e.endsWith("?")?"":"&"}format=csv">Download CSV</a>
    <span id="csv-hint" class="form-text">The newest 5,000 of these entries, times in UTC.</span>
  </p>`}function ge({entries:e,older:t}){return o`${e.length===0&&o`<${fe} />`}
    ${e.length>0&&o`<section class="card-box" aria-label="Entries">
      <${M} id="entries" caption=${y(e.length)} columns=${ie}
        rows=${e.map(pe)} />
      <${he} />
    </section>`}
    <${me} older=${t} />`}function be(e){let t=document.getElementById(e),n=u.get(e)??"";e==="action"&&n&&![...t.options].some(a=>a.value===n)&&t.add(new Option(n,n)),t.value=n}J.forEach(be);q({name:"audit log",path:V(u.get("before")),draw:e=>o`<${ge} ...${e} />`,say:e=>y(e.entries.length)});
