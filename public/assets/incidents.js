import{html as r}from"/assets/vendor/ui.js";import{html as S}from"/assets/vendor/ui.js";function f({id:t,caption:e,columns:o,rows:a}){return S`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${o.map(s=>S`<th role="columnheader" scope="col">${s}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${a.map(({key:s,name:y="",cells:k})=>S`<tr key=${s} role="row" class=${y}>
          ${k.map((N,i)=>S`<td role="cell">
              <span class="cell-label" aria-hidden="true">${o[i]}</span>
              <div class="cell">${N}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as c}from"/assets/vendor/ui.js";var et={ok:c`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:c`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:c`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:c`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:c`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function M({shape:t}){return c`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${et[t]}
  </svg>`}function g({shape:t,word:e}){return c`<span class="status status-${t}"><${M} shape=${t} />${e}</span>`}import{html as m,render as F}from"/assets/vendor/ui.js";var ot={status:"live-status",alert:"live-alert"},d=[],u=null;function E({text:t,region:e="status",isOutcome:o=!1}){o&&(d.length=0,clearTimeout(u),u=null),d.push({text:t,region:e,isOutcome:o}),d.length>8&&d.shift(),u===null&&O()}function O(){if(u=null,!d.length)return;if(document.querySelector("dialog[open]")){u=setTimeout(O,1500);return}let t=d.shift();for(let[e,o]of Object.entries(ot))document.getElementById(o).textContent=e===t.region?t.text:"";u=setTimeout(O,t.isOutcome?5e3:1500)}import{html as C,signal as rt}from"/assets/vendor/ui.js";var p=class extends Error{constructor(e,o){super(o.detail||o.title||`The server answered ${e}.`),this.status=e,this.problem=o}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},h=class extends Error{};async function nt(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new h;return t.json()}async function at(t){if(t.status===204||t.status===304)return null;let e=await nt(t);if(!t.ok)throw new p(t.status,e);return e}async function _(t,{timeoutMs:e=8e3,...o}={}){try{let a=await fetch(t,{...o,signal:AbortSignal.timeout(e)});return{body:await at(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof p?a:new h(a.message)}}var W=rt(""),st="You are still signed in: the server did not answer. Press again.";async function I(t){try{await _(t,{method:"DELETE"})}catch(e){if(!(e instanceof p&&e.status===401))return W.value=st}localStorage.clear(),location.assign("/admin/sign-in")}function U({viewer:t}){return t?C`<span class="muted">Signed in as ${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>I("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>I("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${W}</p>`:null}function P({children:t}){return C`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${t}
  </section>`}function L({role:t,children:e}){return C`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${e}
  </section>`}var it=2e4,q=document.getElementById("page"),v=t=>F(t,q);function lt({error:t,name:e,isTrying:o,again:a}){if(t.status===401)return m`<${P} />`;if(t.status===403)return m`<${L} role="viewer" />`;let s=navigator.onLine?"The server did not answer.":"You are offline.";return m`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${e} cannot be loaded</h2>
    <p>${t instanceof h?s:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(o)}
      onClick=${()=>o||a()}>${o?"Trying\u2026":"Try again"}</button></p>
  </section>`}function B({name:t,path:e,draw:o,say:a,missing:s}){let y=(i,x)=>v(m`<${lt} again=${()=>N(i)} ...${{error:i,name:t,isTrying:x}} />`);async function k(){let i;try{({body:i}=await _(e,{timeoutMs:it}))}catch(x){return s&&[404,422].includes(x.status)?v(s()):y(x,!1),E({text:`The ${t} cannot be loaded.`,region:"alert"})}v(o(i)),F(m`<${U} viewer=${i.viewer} />`,document.getElementById("viewer")),E({text:a(i)})}async function N(i){y(i,!0),await k(),document.activeElement===document.body&&document.getElementById("main").focus()}q.replaceChildren(),v(m`<p>Loading the ${t}…</p>`),k()}import{html as n}from"/assets/vendor/ui.js";var ct={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","operation.suspect":"Switch suspected","flag.off":"Feature turned off","flag.on":"Feature turned on","flags.define":"Switches recorded","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","session.end_all":"Signed out on all devices","session.stolen":"An old session secret was shown: signed out","access.denied":"Access refused","token.mint":"Access token made","token.expire":"Access token set to expire","token.revoke":"Access token revoked","audit.restore":"Audit log restored","state.recover":"State recovered","break_glass.reconcile":"Break-glass journal brought in"},dt={"rollback.start":"Roll forward started"},ut={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},pt={ok:"Done"},ht=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),b=t=>ht.format(new Date(t)),D=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,mt=t=>t.replace(/^break_glass\.(.+)/,(e,o)=>`Break-glass: ${o.replaceAll("_"," ")}`),j=({action:t,facts:e})=>e.undoes&&dt[t]||(ct[t]??mt(t)),G=({result:t})=>({shape:ut[t]??"unknown",word:pt[t]??$t(t)}),$t=t=>t.charAt(0).toUpperCase()+t.slice(1);var ft={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var H=1e3,gt=60*H,bt=60*gt,oe=24*bt,J={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},ne=new Intl.DateTimeFormat("en-GB",J),ae=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...J}),re=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"}),wt=t=>t.slice(0,7),R=({git_sha:t,deployment_id:e})=>t&&t!=="unknown"?wt(t):e??"unknown";function V(t){if(t<100)return`${t} ms`;let e=t/H;return e<10?`${e.toFixed(1)} s`:`${Math.round(e)} s`}var Y=t=>ft[t.name]??t.name;var yt={wait:["unknown","Not started"],run:["run","Running"],ok:["ok","Done"],bad:["bad","Failed"],skipped:["ok","Not needed"]},kt=["Step","State","Attempts","Took","What it said"],xt=["Entry","When","Who","What","Why","Result"],z=({automatic:t,requested_by:e})=>t?"Automatically":e,$=({at:t})=>n`<time datetime=${t}>${b(t)}</time>
  <span class="title">${D(t)}</span>`;function l({id:t,title:e,children:o}){return n`<section class="card-box" aria-labelledby=${t}>
    <h2 id=${t}>${e}</h2>
    ${o}
  </section>`}function A({rows:t}){let e=t.filter(([,o])=>o);return e.length>0&&n`<dl>
      ${e.map(([o,a,s])=>n`<div>
          <dt>${o}</dt>
          <dd>${s&&n`<${$} at=${s} />`} ${a}</dd>
        </div>`)}
    </dl>`}function St({incident:t,all:e}){let o=`/api/incidents/${t.rollback_id}?format=`;return n`<section class="card-box" aria-labelledby="report-title">
    <h2 id="report-title">${t.title}</h2>
    <p>${t.summary}</p>
    ${t.draft&&n`<p class="draft"><${M} shape="warn" /> ${t.draft}</p>`}
    <p class="actions">
      <a id="markdown" class="btn btn-outline" download href="${o}markdown">Download Markdown</a>
      <a id="json" class="btn btn-outline" download href="${o}json">Download JSON</a>
      <button type="button" id="print" class="btn btn-outline" onClick=${()=>window.print()}>
        Print
      </button>
      <a id="all" class="btn btn-outline" href=${e}>All incident reports</a>
    </p>
  </section>`}var K=(t,{sentence:e,counted:o})=>[t,n`${e} ${o&&n`<span class="title">${o.sentence}</span>`}`];function _t({incident:t}){let{evidence:e}=t;if(!e)return n`<p>${t.requested_by} decided: ${t.reason}</p>`;let o=e.log10_evidence;return n`<${A} rows=${[["Verdict",e.sentence],["Judged by",e.judged_by],["Stream",e.stream],["Strength",o!==null&&`log10 of the evidence: ${o.toFixed(1)}`],...e.gate.map(a=>["Gate",a.sentence]),["Tried",e.trial?.refused]]} />`}var vt=t=>{let[e,o]=yt[t.state];return{key:t.name,cells:[Y(t),n`<${g} shape=${e} word=${o} />`,t.attempt,t.duration_ms===null?"\u2013":V(t.duration_ms),t.message??"\u2013"]}},At=t=>({key:t.id,cells:[t.id,n`<${$} at=${t.at} />`,t.actor==="automatic"?"Automatically":t.actor,n`${j({...t,facts:{}})} <code class="title">${t.action}</code>`,t.reason??"\u2013",n`<${g} ...${G(t)} />`]});function Tt({found:t}){return n`<p>${t.sentence}</p>
    <${A} rows=${[["Versions",t.versions.join(", ")],["Warning",t.warning],["Exclusive",t.is_exclusive&&"The version that was left fails while it is back."],["Kept out of the way",t.rows_quarantined&&`${t.rows_quarantined} rows or values`],["Conflicts",t.conflicts&&`${t.conflicts} values`]]} />`}function Nt({alert:t}){let e=t.acknowledged_at&&`${t.acknowledged_by} took care of it, ${b(t.acknowledged_at)}. `,o=t.resolved_at&&`Over since ${b(t.resolved_at)}.`;return n`<li>
    <p><${$} at=${t.at} /></p>
    <div>
      <p>${t.sentence}</p>
      <p class="muted">Alert ${t.id}. ${t.sent} ${e}${o}</p>
    </div>
  </li>`}var Mt=({note:t})=>n`<${l} id="note-title" title="Note">
  <p class="note">${t}</p>
<//>`,Ot=({actions:t})=>n`<${l} id="next-title" title="What to do next">
  <ol>${t.map(e=>n`<li key=${e}>${e}</li>`)}</ol>
<//>`,Et=({events:t})=>n`<${l} id="timeline-title" title="Timeline">
  <ol class="timeline">
    ${t.map(({at:e,what:o})=>n`<li><p><${$} at=${e} /></p><p>${o}</p></li>`)}
  </ol>
<//>`;function Z({incident:t,all:e}){return n`<article id="report" class="report" aria-labelledby="report-title">
    <${St} incident=${t} all=${e} />
    <${l} id="short-title" title="In short">
      <${A} rows=${t.facts.map(({name:o,value:a,at:s})=>[o,a,s])} />
    <//>
    ${t.note&&n`<${Mt} note=${t.note} />`}
    ${t.next_actions.length>0&&n`<${Ot} actions=${t.next_actions} />`}
    <${l} id="rate-title" title="Error rate">
      <${A} rows=${[K("Before",t.before),K("After",t.after)]} />
    <//>
    <${l} id="why-title" title="Why"><${_t} incident=${t} /><//>
    <${Et} events=${t.timeline} />
    <section class="card-box" aria-label="Steps">
      <${f} id="steps" caption="Steps" columns=${kt}
        rows=${t.steps.map(vt)} />
    </section>
    <${l} id="database-title" title="Database"><${Tt} found=${t.database} /><//>
    <${l} id="after-title" title="Afterwards"><p>${t.watch}</p><//>
    <${l} id="alerts-title" title="Alerts">
      ${t.alerts.length===0&&n`<p>None was raised.</p>`}
      ${t.alerts.length>0&&n`<ol class="timeline">
        ${t.alerts.map(o=>n`<${Nt} key=${o.id} alert=${o} />`)}
      </ol>`}
    <//>
    <section class="card-box" aria-label="Audit log entries">
      <${f} id="audit" caption="Audit log" columns=${xt}
        rows=${t.audit.map(At)} />
    </section>
    <p class="muted">Written ${b(t.generated_at)}, ${D(t.generated_at)}.</p>
  </article>`}var w="/admin/incidents",Ct=["When","What","Who","Why","Result","Report"],Dt={completed:["ok","Completed"],failed:["bad","Failed"],pending:["run","Running"],in_progress:["run","Running"]},T=new URLSearchParams(location.search);function Rt({one:t}){let e=t.from_deployment?R(t.from_deployment):"an unknown version";return r`${t.kind==="forward"?"Roll forward":"Rollback"} from <code>${e}</code> to
    ${" "}<code>${R(t.target)}</code>
    <span class="title">${t.environment}</span>`}function It({one:t}){let[e,o]=Dt[t.status];return r`<${g} shape=${e} word=${o} />
    ${t.overdue&&r`<span class="title">Took longer than planned</span>`}
    ${t.undone_by&&r`<span class="title">Undone since</span>`}`}var Wt=t=>({key:t.rollback_id,cells:[r`<${$} at=${t.requested_at} />`,r`<${Rt} one=${t} />`,z(t),t.reason,r`<${It} one=${t} />`,r`<a class="btn btn-outline" href="${w}?id=${t.rollback_id}">Read
      <span class="visually-hidden"> the report of ${t.requested_at}</span></a>`]}),tt=t=>`${t} ${t===1?"report":"reports"}`;function Ut(){return r`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${T.get("before")?"There are no older ones":"No rollback yet"}</h2>
    <p>As soon as there is a rollback its report appears here.</p>
  </section>`}function Pt({incidents:t,older:e}){return r`${t.length===0&&r`<${Ut} />`}
    ${t.length>0&&r`<section class="card-box" aria-label="Reports">
      <${f} id="incidents" caption=${tt(t.length)} columns=${Ct}
        rows=${t.map(Wt)} />
    </section>`}
    <p class="actions">
      ${T.get("before")&&r`<a id="newest" class="btn btn-outline" href=${w}>Newest reports</a>`}
      ${e!==null&&r`<a id="older" class="btn btn-outline" href="${w}?before=${e}">Older reports</a>`}
    </p>`}var Lt=()=>r`<section id="missing" class="card-box" aria-labelledby="missing-title">
  <h2 id="missing-title">There is no such report</h2>
  <p>No rollback has the id in this page's address.</p>
  <p><a class="btn btn-outline" href=${w}>All incident reports</a></p>
</section>`;function Ft(t){return document.title=`${t.title} \u2013 WedSync rollback`,r`<${Z} incident=${t} all=${w} />`}var Q=T.get("id"),X=T.get("before");B(Q?{name:"incident report",path:`/api/incidents/${encodeURIComponent(Q)}`,draw:Ft,say:t=>t.title,missing:()=>r`<${Lt} />`}:{name:"list of incident reports",path:X?`/api/incidents?before=${encodeURIComponent(X)}`:"/api/incidents",draw:t=>r`<${Pt} ...${t} />`,say:t=>tt(t.incidents.length)});
