import{html as a}from"/assets/vendor/ui.js";import{html as S}from"/assets/vendor/ui.js";function g({id:t,caption:e,columns:o,rows:s}){return S`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${o.map(r=>S`<th role="columnheader" scope="col">${r}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${s.map(({key:r,name:y="",cells:x})=>S`<tr key=${r} role="row" class=${y}>
          ${x.map((O,i)=>S`<td role="cell">
              <span class="cell-label" aria-hidden="true">${o[i]}</span>
              <div class="cell">${O}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as ne}from"/assets/vendor/ui.js";var lt=new URLSearchParams(location.search).get("environment"),d=lt==="staging"?"staging":"production";var dt=t=>t[0].toUpperCase()+t.slice(1),_=(t,e="/admin/deployments")=>t==="production"?e:`${e}?environment=${t}`,C=t=>t==="production"?"":`&environment=${t}`,P=C(d);function M(t=d){let e=document.querySelector(".environment");e.textContent=dt(t),e.dataset.environment=t;for(let o of document.querySelectorAll("nav a"))o.href=_(t,o.pathname)}import{html as l}from"/assets/vendor/ui.js";var ut={ok:l`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:l`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:l`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:l`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:l`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function E({shape:t}){return l`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${ut[t]}
  </svg>`}function b({shape:t,word:e}){return l`<span class="status status-${t}"><${E} shape=${t} />${e}</span>`}import{html as f,render as H}from"/assets/vendor/ui.js";var pt={status:"live-status",alert:"live-alert"},u=[],p=null;function D({text:t,region:e="status",isOutcome:o=!1}){o&&(u.length=0,clearTimeout(p),p=null),u.push({text:t,region:e,isOutcome:o}),u.length>8&&u.shift(),p===null&&R()}function R(){if(p=null,!u.length)return;if(document.querySelector("dialog[open]")){p=setTimeout(R,1500);return}let t=u.shift();for(let[e,o]of Object.entries(pt))document.getElementById(o).textContent=e===t.region?t.text:"";p=setTimeout(R,t.isOutcome?5e3:1500)}import{html as I,signal as bt}from"/assets/vendor/ui.js";var m=class extends Error{constructor(e,o){super(o.detail||o.title||`The server answered ${e}.`),this.status=e,this.problem=o}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},h=class extends Error{},mt=/[\u202a-\u202e\u2066-\u2069]/g,ht=(t,e)=>typeof e=="string"?e.replace(mt,""):e;async function ft(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new h;return JSON.parse(await t.text(),ht)}async function $t(t){if(t.status===204||t.status===304)return null;let e=await ft(t);if(!t.ok)throw new m(t.status,e);return e}function gt(t,e){let o=AbortSignal.timeout(t);return e&&AbortSignal.any?AbortSignal.any([e,o]):o}async function v(t,{timeoutMs:e=8e3,signal:o,...s}={}){try{let r=await fetch(t,{...s,signal:gt(e,o)});return{body:await $t(r),etag:r.headers.get("etag")}}catch(r){throw r instanceof m?r:new h(r.message)}}var q=`/admin/sign-in?to=${encodeURIComponent(location.pathname+location.search)}`,F=bt(""),wt="You are still signed in: the server did not answer. Press again.";async function L(t){try{await v(t,{method:"DELETE"})}catch(e){if(!(e instanceof m&&e.status===401))return F.value=wt}localStorage.clear(),location.assign("/admin/sign-in")}function B({viewer:t}){return t?I`<span class="muted">Signed in as ${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>L("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>L("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${F}</p>`:null}function j({children:t}){return I`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href=${q}>Sign in</a></p>
    ${t}
  </section>`}function G({role:t,children:e}){return I`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href=${q}>Sign in with another token</a></p>
    ${e}
  </section>`}var yt=2e4,J=document.getElementById("page"),A=t=>H(t,J);function xt({error:t,name:e,isTrying:o,again:s}){if(t.status===401)return f`<${j} />`;if(t.status===403)return f`<${G} role="viewer" />`;let r=navigator.onLine?"The server did not answer.":"You are offline.";return f`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${e} cannot be loaded</h2>
    <p>${t instanceof h?r:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(o)}
      onClick=${()=>o||s()}>${o?"Trying\u2026":"Try again"}</button></p>
  </section>`}function V({name:t,path:e,draw:o,say:s,missing:r}){let y=(i,k)=>A(f`<${xt} again=${()=>O(i)} ...${{error:i,name:t,isTrying:k}} />`);async function x(){let i;try{({body:i}=await v(e,{timeoutMs:yt}))}catch(k){return r&&[404,422].includes(k.status)?A(r()):y(k,!1),D({text:`The ${t} cannot be loaded.`,region:"alert"})}A(o(i)),H(f`<${B} viewer=${i.viewer} />`,document.getElementById("viewer")),D({text:s(i)})}async function O(i){y(i,!0),await x(),document.activeElement===document.body&&document.getElementById("main").focus()}J.replaceChildren(),A(f`<p>Loading the ${t}…</p>`),x()}import{html as n}from"/assets/vendor/ui.js";var kt={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","operation.suspect":"Switch suspected","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","session.end_all":"Signed out on all devices","session.stolen":"An old session secret was shown: signed out","access.denied":"Access refused","token.mint":"Access token made","token.expire":"Access token set to expire","token.revoke":"Access token revoked","audit.restore":"Audit log restored","state.recover":"State recovered","break_glass.reconcile":"Break-glass journal brought in"},St={"rollback.start":"Roll forward started"},_t={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},vt={ok:"Done"},At=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),w=t=>At.format(new Date(t)),U=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,Tt=t=>t.replace(/^break_glass\.(.+)/,(e,o)=>`Break-glass: ${o.replaceAll("_"," ")}`),Y=({action:t,facts:e})=>e.undoes&&St[t]||(kt[t]??Tt(t)),K=({result:t})=>({shape:_t[t]??"unknown",word:vt[t]??Nt(t)}),Nt=t=>t.charAt(0).toUpperCase()+t.slice(1);var Ot={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var z=1e3,Ct=60*z,Mt=60*Ct,be=24*Mt,Z={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},we=new Intl.DateTimeFormat("en-GB",Z),ye=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...Z}),xe=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"}),Et=t=>t.slice(0,7),W=({git_sha:t,deployment_id:e})=>t&&t!=="unknown"?Et(t):e??"unknown",Q=t=>`/admin/incidents?id=${t}`;function X(t){if(t<100)return`${t} ms`;let e=t/z;return e<10?`${e.toFixed(1)} s`:`${Math.round(e)} s`}var tt=t=>Ot[t.name]??t.name;var Rt={wait:["unknown","Not started"],run:["run","Running"],ok:["ok","Done"],bad:["bad","Failed"],skipped:["ok","Not needed"]},Dt=["Step","State","Attempts","Took","What it said"],It=["Entry","When","Who","What","Why","Result"],ot=({automatic:t,requested_by:e})=>t?"Automatically":e,$=({at:t})=>n`<time datetime=${t}>${w(t)}</time>
  <span class="title">${U(t)}</span>`;function c({id:t,title:e,children:o}){return n`<section class="card-box" aria-labelledby=${t}>
    <h2 id=${t}>${e}</h2>
    ${o}
  </section>`}function T({rows:t}){let e=t.filter(([,o])=>o);return e.length>0&&n`<dl>
      ${e.map(([o,s,r])=>n`<div>
          <dt>${o}</dt>
          <dd>${r&&n`<${$} at=${r} />`} ${s}</dd>
        </div>`)}
    </dl>`}function Ut({incident:t,all:e}){let o=`/api/incidents/${t.rollback_id}?format=`;return n`<section class="card-box" aria-labelledby="report-title">
    <h2 id="report-title">${t.title}</h2>
    <p>${t.summary}</p>
    ${t.draft&&n`<p class="draft"><${E} shape="warn" /> ${t.draft}</p>`}
    <p class="actions">
      <a id="markdown" class="btn btn-outline" download href="${o}markdown">Download Markdown</a>
      <a id="json" class="btn btn-outline" download href="${o}json">Download JSON</a>
      <button type="button" id="print" class="btn btn-outline" onClick=${()=>window.print()}>
        Print
      </button>
      <a id="all" class="btn btn-outline" href=${e}>All incident reports</a>
    </p>
  </section>`}var et=(t,{sentence:e,counted:o})=>[t,n`${e} ${o&&n`<span class="title">${o.sentence}</span>`}`];function Wt({incident:t}){let{evidence:e}=t;if(!e)return n`<p>${t.requested_by} decided: ${t.reason}</p>`;let o=e.log10_evidence;return n`<${T} rows=${[["Verdict",e.sentence],["Judged by",e.judged_by],["Stream",e.stream],["Strength",o!==null&&`log10 of the evidence: ${o.toFixed(1)}`],...e.gate.map(s=>["Gate",s.sentence]),["Tried",e.trial?.refused]]} />`}var Pt=t=>{let[e,o]=Rt[t.state];return{key:t.name,cells:[tt(t),n`<${b} shape=${e} word=${o} />`,t.attempt,t.duration_ms===null?"\u2013":X(t.duration_ms),t.message??"\u2013"]}},Lt=t=>({key:t.id,cells:[t.id,n`<${$} at=${t.at} />`,t.actor==="automatic"?"Automatically":t.actor,n`${Y({...t,facts:{}})} <code class="title">${t.action}</code>`,t.reason??"\u2013",n`<${b} ...${K(t)} />`]});function qt({found:t}){return n`<p>${t.sentence}</p>
    <${T} rows=${[["Versions",t.versions.join(", ")],["Warning",t.warning],["Exclusive",t.is_exclusive&&"The version that was left fails while it is back."],["Kept out of the way",t.rows_quarantined&&`${t.rows_quarantined} rows or values`],["Conflicts",t.conflicts&&`${t.conflicts} values`]]} />`}function Ft({alert:t}){let e=t.acknowledged_at&&`${t.acknowledged_by} took care of it, ${w(t.acknowledged_at)}. `,o=t.resolved_at&&`Over since ${w(t.resolved_at)}.`;return n`<li>
    <p><${$} at=${t.at} /></p>
    <div>
      <p>${t.sentence}</p>
      <p class="muted">Alert ${t.id}. ${t.sent} ${e}${o}</p>
    </div>
  </li>`}var Bt=({note:t})=>n`<${c} id="note-title" title="Note">
  <p class="note">${t}</p>
<//>`,jt=({actions:t})=>n`<${c} id="next-title" title="What to do next">
  <ol>${t.map(e=>n`<li key=${e}>${e}</li>`)}</ol>
<//>`,Gt=({events:t})=>n`<${c} id="timeline-title" title="Timeline">
  <ol class="timeline">
    ${t.map(({at:e,what:o})=>n`<li><p><${$} at=${e} /></p><p>${o}</p></li>`)}
  </ol>
<//>`;function nt({incident:t,all:e}){return n`<article id="report" class="report" aria-labelledby="report-title">
    <${Ut} incident=${t} all=${e} />
    <${c} id="short-title" title="In short">
      <${T} rows=${t.facts.map(({name:o,value:s,at:r})=>[o,s,r])} />
    <//>
    ${t.note&&n`<${Bt} note=${t.note} />`}
    ${t.next_actions.length>0&&n`<${jt} actions=${t.next_actions} />`}
    <${c} id="rate-title" title="Error rate">
      <${T} rows=${[et("Before",t.before),et("After",t.after)]} />
    <//>
    <${c} id="why-title" title="Why"><${Wt} incident=${t} /><//>
    <${Gt} events=${t.timeline} />
    <section class="card-box" aria-label="Steps">
      <${g} id="steps" caption="Steps" columns=${Dt}
        rows=${t.steps.map(Pt)} />
    </section>
    <${c} id="database-title" title="Database"><${qt} found=${t.database} /><//>
    <${c} id="after-title" title="Afterwards"><p>${t.watch}</p><//>
    <${c} id="alerts-title" title="Alerts">
      ${t.alerts.length===0&&n`<p>None was raised.</p>`}
      ${t.alerts.length>0&&n`<ol class="timeline">
        ${t.alerts.map(o=>n`<${Ft} key=${o.id} alert=${o} />`)}
      </ol>`}
    <//>
    <section class="card-box" aria-label="Audit log entries">
      <${g} id="audit" caption="Audit log" columns=${It}
        rows=${t.audit.map(Lt)} />
    </section>
    <p class="muted">Written ${w(t.generated_at)}, ${U(t.generated_at)}.</p>
  </article>`}var st=_(d,"/admin/incidents"),Ht=["When","What","Who","Why","Result","Report"],Jt={completed:["ok","Completed"],failed:["bad","Failed"],pending:["run","Running"],in_progress:["run","Running"]},N=new URLSearchParams(location.search);function Vt({one:t}){let e=t.from_deployment?W(t.from_deployment):"an unknown version";return a`${t.kind==="forward"?"Roll forward":"Rollback"} from <code>${e}</code> to
    ${" "}<code>${W(t.target)}</code>
    <span class="title">${t.environment}</span>`}function Yt({one:t}){let[e,o]=Jt[t.status];return a`<${b} shape=${e} word=${o} />
    ${t.overdue&&a`<span class="title">Took longer than planned</span>`}
    ${t.undone_by&&a`<span class="title">Undone since</span>`}`}var Kt=t=>({key:t.rollback_id,cells:[a`<${$} at=${t.requested_at} />`,a`<${Vt} one=${t} />`,ot(t),t.reason,a`<${Yt} one=${t} />`,a`<a class="btn btn-outline" href="${Q(t.rollback_id)}${C(t.environment)}">Read
      <span class="visually-hidden"> the report of ${t.requested_at}</span></a>`]}),it=t=>`${t} ${t===1?"report":"reports"}`;function zt(){return a`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${N.get("before")?"There are no older ones":"No rollback yet"}</h2>
    <p>As soon as there is a rollback its report appears here.</p>
  </section>`}function Zt({incidents:t,older:e}){return a`${t.length===0&&a`<${zt} />`}
    ${t.length>0&&a`<section class="card-box" aria-label="Reports">
      <${g} id="incidents" caption=${it(t.length)} columns=${Ht}
        rows=${t.map(Kt)} />
    </section>`}
    <p class="actions">
      ${N.get("before")&&a`<a id="newest" class="btn btn-outline" href=${st}>Newest reports</a>`}
      ${e!==null&&a`<a id="older" class="btn btn-outline" href="/admin/incidents?before=${e}${P}">Older reports</a>`}
    </p>`}var Qt=()=>a`<section id="missing" class="card-box" aria-labelledby="missing-title">
  <h2 id="missing-title">There is no such report</h2>
  <p>No rollback has the id in this page's address.</p>
  <p><a class="btn btn-outline" href=${st}>All incident reports</a></p>
</section>`;function Xt(t){document.title=`${t.title} \u2013 WedSync rollback`,M(t.environment);let e=_(t.environment,"/admin/incidents");return a`<${nt} incident=${t} all=${e} />`}var rt=N.get("id"),at=N.get("before"),ct=new URLSearchParams(d==="production"?{}:{environment:d});at&&ct.set("before",at);M();V(rt?{name:"incident report",path:`/api/incidents/${encodeURIComponent(rt)}`,draw:Xt,say:t=>t.title,missing:()=>a`<${Qt} />`}:{name:"list of incident reports",path:`/api/incidents?${ct}`,draw:t=>a`<${Zt} ...${t} />`,say:t=>it(t.incidents.length)});
