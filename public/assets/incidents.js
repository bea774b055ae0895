import{html as r}from"/assets/vendor/ui.js";import{html as x}from"/assets/vendor/ui.js";function m({id:t,caption:e,columns:o,rows:a}){return x`<table id=${t} class="table cards" role="table">
    <caption>${e}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${o.map(s=>x`<th role="columnheader" scope="col">${s}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${a.map(({key:s,name:g="",cells:w})=>x`<tr key=${s} role="row" class=${g}>
          ${w.map((A,i)=>x`<td role="cell">
              <span class="cell-label" aria-hidden="true">${o[i]}</span>
              <div class="cell">${A}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as c}from"/assets/vendor/ui.js";var X={ok:c`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:c`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:c`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:c`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:c`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function N({shape:t}){return c`<svg class="icon icon-${t}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${X[t]}
  </svg>`}function h({shape:t,word:e}){return c`<span class="status status-${t}"><${N} shape=${t} />${e}</span>`}import{html as p,render as P}from"/assets/vendor/ui.js";var tt={status:"live-status",alert:"live-alert"},E=[],$=null;function C({text:t,region:e="status",isOutcome:o=!1}){o&&(E.length=0,clearTimeout($),$=null),E.push({text:t,region:e,isOutcome:o}),$===null&&R()}function R(){$=null;let t=E.shift();if(t){for(let[e,o]of Object.entries(tt))document.getElementById(o).textContent=e===t.region?t.text:"";$=setTimeout(R,t.isOutcome?5e3:1500)}}import{html as M}from"/assets/vendor/ui.js";var k=class extends Error{constructor(e,o){super(o.detail||o.title||`The server answered ${e}.`),this.status=e,this.problem=o}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},d=class extends Error{};async function et(t){if(!/[/+]json/.test(t.headers.get("content-type")??""))throw new d;return t.json()}async function ot(t){if(t.status===204||t.status===304)return null;let e=await et(t);if(!t.ok)throw new k(t.status,e);return e}async function S(t,{timeoutMs:e=8e3,...o}={}){try{let a=await fetch(t,{...o,signal:AbortSignal.timeout(e)});return{body:await ot(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof k?a:new d(a.message)}}async function nt(){await S("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function I({viewer:t}){return t?M`<span class="muted">Signed in as ${t.name} (${t.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${nt}>
      Sign out
    </button>`:null}function W({children:t}){return M`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${t}
  </section>`}function U({role:t,children:e}){return M`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${t}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${e}
  </section>`}var at=2e4,L=document.getElementById("page"),_=t=>P(t,L);function rt({error:t,name:e,isTrying:o,again:a}){if(t.status===401)return p`<${W} />`;if(t.status===403)return p`<${U} role="viewer" />`;let s=navigator.onLine?"The server did not answer.":"You are offline.";return p`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The ${e} cannot be loaded</h2>
    <p>${t instanceof d?s:t.message}</p>
    <p><button type="button" id="again" class="btn btn-outline" aria-disabled=${String(o)}
      onClick=${()=>o||a()}>${o?"Trying\u2026":"Try again"}</button></p>
  </section>`}function F({name:t,path:e,draw:o,say:a,missing:s}){let g=(i,y)=>_(p`<${rt} again=${()=>A(i)} ...${{error:i,name:t,isTrying:y}} />`);async function w(){let i;try{({body:i}=await S(e,{timeoutMs:at}))}catch(y){return s&&[404,422].includes(y.status)?_(s()):g(y,!1),C({text:`The ${t} cannot be loaded.`,region:"alert"})}_(o(i)),P(p`<${I} viewer=${i.viewer} />`,document.getElementById("viewer")),C({text:a(i)})}async function A(i){g(i,!0),await w(),document.activeElement===document.body&&document.getElementById("main").focus()}L.replaceChildren(),_(p`<p>Loading the ${t}…</p>`),w()}import{html as n}from"/assets/vendor/ui.js";var st={"rollback.start":"Rollback started","rollback.end":"Rollback ended","database.back":"Database taken back","database.left":"Database left as it was","operation.acknowledge":"Alert taken care of","operation.unlock":"Unlocked","operation.lift_quarantine":"Quarantine lifted","operation.set_mode":"Mode changed","operation.set_security_floor":"Security floor moved","operation.preflight":"Preflight asked for","operation.database_forward":"Database brought forward","operation.accept_database":"Database accepted","pin.lift":"Pin lifted","deployment.went_live":"Went live","deployment.mover_known":"Who let it go live","deployment.check":"Deployment checked","migrations.record":"Migrations recorded","archive.purge":"Archives exported and dropped","archive.restore":"Archive restored","archive.erase":"Rows of a person erased","session.start":"Signed in","session.end":"Signed out","token.mint":"Access token made"},it={"rollback.start":"Roll forward started"},lt={ok:"ok",accepted:"ok",completed:"ok",failed:"bad",refused:"bad"},ct={ok:"Done"},dt=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",year:"numeric",hour:"2-digit",minute:"2-digit",second:"2-digit",hourCycle:"h23",timeZoneName:"short"}),f=t=>dt.format(new Date(t)),O=t=>`${new Date(t).toISOString().slice(0,19).replace("T"," ")} UTC`,q=({action:t,facts:e})=>e.undoes&&it[t]||(st[t]??t),B=({result:t})=>({shape:lt[t]??"unknown",word:ct[t]??pt(t)}),pt=t=>t.charAt(0).toUpperCase()+t.slice(1);var ut={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var j=1e3,mt=60*j,ht=60*mt,Qt=24*ht,H={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},Xt=new Intl.DateTimeFormat("en-GB",H),te=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...H}),ee=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"}),$t=t=>t.slice(0,7),D=({git_sha:t,deployment_id:e})=>t&&t!=="unknown"?$t(t):e??"unknown";function G(t){if(t<100)return`${t} ms`;let e=t/j;return e<10?`${e.toFixed(1)} s`:`${Math.round(e)} s`}var V=t=>ut[t.name]??t.name;var ft={wait:["unknown","Not started"],run:["run","Running"],ok:["ok","Done"],bad:["bad","Failed"],skipped:["ok","Not needed"]},bt=["Step","State","Attempts","Took","What it said"],gt=["Entry","When","Who","What","Why","Result"],Y=({automatic:t,requested_by:e})=>t?"Automatically":e,u=({at:t})=>n`<time datetime=${t}>${f(t)}</time>
  <span class="title">${O(t)}</span>`;function l({id:t,title:e,children:o}){return n`<section class="card-box" aria-labelledby=${t}>
    <h2 id=${t}>${e}</h2>
    ${o}
  </section>`}function v({rows:t}){let e=t.filter(([,o])=>o);return e.length>0&&n`<dl>
      ${e.map(([o,a,s])=>n`<div>
          <dt>${o}</dt>
          <dd>${s&&n`<${u} at=${s} />`} ${a}</dd>
        </div>`)}
    </dl>`}function wt({incident:t,all:e}){let o=`/api/incidents/${t.rollback_id}?format=`;return n`<section class="card-box" aria-labelledby="report-title">
    <h2 id="report-title">${t.title}</h2>
    <p>${t.summary}</p>
    ${t.draft&&n`<p class="draft"><${N} shape="warn" /> ${t.draft}</p>`}
    <p class="actions">
      <a id="markdown" class="btn btn-outline" download href="${o}markdown">Download Markdown</a>
      <a id="json" class="btn btn-outline" download href="${o}json">Download JSON</a>
      <button type="button" id="print" class="btn btn-outline" onClick=${()=>window.print()}>
        Print
      </button>
      <a id="all" class="btn btn-outline" href=${e}>All incident reports</a>
    </p>
  </section>`}var J=(t,{sentence:e,counted:o})=>[t,n`${e} ${o&&n`<span class="title">${o.sentence}</span>`}`];function yt({incident:t}){let{evidence:e}=t;if(!e)return n`<p>${t.requested_by} decided: ${t.reason}</p>`;let o=e.log10_evidence;return n`<${v} rows=${[["Verdict",e.sentence],["Judged by",e.judged_by],["Stream",e.stream],["Strength",o!==null&&`log10 of the evidence: ${o.toFixed(1)}`],...e.gate.map(a=>["Gate",a.sentence]),["Tried",e.trial?.refused]]} />`}var xt=t=>{let[e,o]=ft[t.state];return{key:t.name,cells:[V(t),n`<${h} shape=${e} word=${o} />`,t.attempt,t.duration_ms===null?"\u2013":G(t.duration_ms),t.message??"\u2013"]}},kt=t=>({key:t.id,cells:[t.id,n`<${u} at=${t.at} />`,t.actor==="automatic"?"Automatically":t.actor,n`${q({...t,facts:{}})} <code class="title">${t.action}</code>`,t.reason??"\u2013",n`<${h} ...${B(t)} />`]});function St({found:t}){return n`<p>${t.sentence}</p>
    <${v} rows=${[["Versions",t.versions.join(", ")],["Warning",t.warning],["Exclusive",t.is_exclusive&&"The version that was left fails while it is back."],["Kept out of the way",t.rows_quarantined&&`${t.rows_quarantined} rows or values`],["Conflicts",t.conflicts&&`${t.conflicts} values`]]} />`}function _t({alert:t}){let e=t.acknowledged_at&&`${t.acknowledged_by} took care of it, ${f(t.acknowledged_at)}. `,o=t.resolved_at&&`Over since ${f(t.resolved_at)}.`;return n`<li>
    <p><${u} at=${t.at} /></p>
    <div>
      <p>${t.sentence}</p>
      <p class="muted">Alert ${t.id}. ${t.sent} ${e}${o}</p>
    </div>
  </li>`}var vt=({note:t})=>n`<${l} id="note-title" title="Note">
  <p class="note">${t}</p>
<//>`,Tt=({actions:t})=>n`<${l} id="next-title" title="What to do next">
  <ol>${t.map(e=>n`<li key=${e}>${e}</li>`)}</ol>
<//>`,At=({events:t})=>n`<${l} id="timeline-title" title="Timeline">
  <ol class="timeline">
    ${t.map(({at:e,what:o})=>n`<li><p><${u} at=${e} /></p><p>${o}</p></li>`)}
  </ol>
<//>`;function K({incident:t,all:e}){return n`<article id="report" class="report" aria-labelledby="report-title">
    <${wt} incident=${t} all=${e} />
    <${l} id="short-title" title="In short">
      <${v} rows=${t.facts.map(({name:o,value:a,at:s})=>[o,a,s])} />
    <//>
    ${t.note&&n`<${vt} note=${t.note} />`}
    ${t.next_actions.length>0&&n`<${Tt} actions=${t.next_actions} />`}
    <${l} id="rate-title" title="Error rate">
      <${v} rows=${[J("Before",t.before),J("After",t.after)]} />
    <//>
    <${l} id="why-title" title="Why"><${yt} incident=${t} /><//>
    <${At} events=${t.timeline} />
    <section class="card-box" aria-label="Steps">
      <${m} id="steps" caption="Steps" columns=${bt}
        rows=${t.steps.map(xt)} />
    </section>
    <${l} id="database-title" title="Database"><${St} found=${t.database} /><//>
    <${l} id="after-title" title="Afterwards"><p>${t.watch}</p><//>
    <${l} id="alerts-title" title="Alerts">
      ${t.alerts.length===0&&n`<p>None was raised.</p>`}
      ${t.alerts.length>0&&n`<ol class="timeline">
        ${t.alerts.map(o=>n`<${_t} key=${o.id} alert=${o} />`)}
      </ol>`}
    <//>
    <section class="card-box" aria-label="Audit log entries">
      <${m} id="audit" caption="Audit log" columns=${gt}
        rows=${t.audit.map(kt)} />
    </section>
    <p class="muted">Written ${f(t.generated_at)}, ${O(t.generated_at)}.</p>
  </article>`}var b="/admin/incidents",Nt=["When","What","Who","Why","Result","Report"],Et={completed:["ok","Completed"],failed:["bad","Failed"],pending:["run","Running"],in_progress:["run","Running"]},T=new URLSearchParams(location.search);function Ct({one:t}){let e=t.from_deployment?D(t.from_deployment):"an unknown version";return r`${t.kind==="forward"?"Roll forward":"Rollback"} from <code>${e}</code> to
    ${" "}<code>${D(t.target)}</code>
    <span class="title">${t.environment}</span>`}function Mt({one:t}){let[e,o]=Et[t.status];return r`<${h} shape=${e} word=${o} />
    ${t.overdue&&r`<span class="title">Took longer than planned</span>`}
    ${t.undone_by&&r`<span class="title">Undone since</span>`}`}var Ot=t=>({key:t.rollback_id,cells:[r`<${u} at=${t.requested_at} />`,r`<${Ct} one=${t} />`,Y(t),t.reason,r`<${Mt} one=${t} />`,r`<a class="btn btn-outline" href="${b}?id=${t.rollback_id}">Read
      <span class="visually-hidden"> the report of ${t.requested_at}</span></a>`]}),Q=t=>`${t} ${t===1?"report":"reports"}`;function Dt(){return r`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">${T.get("before")?"There are no older ones":"No rollback yet"}</h2>
    <p>As soon as there is a rollback its report appears here.</p>
  </section>`}function Rt({incidents:t,older:e}){return r`${t.length===0&&r`<${Dt} />`}
    ${t.length>0&&r`<section class="card-box" aria-label="Reports">
      <${m} id="incidents" caption=${Q(t.length)} columns=${Nt}
        rows=${t.map(Ot)} />
    </section>`}
    <p class="actions">
      ${T.get("before")&&r`<a id="newest" class="btn btn-outline" href=${b}>Newest reports</a>`}
      ${e!==null&&r`<a id="older" class="btn btn-outline" href="${b}?before=${e}">Older reports</a>`}
    </p>`}var It=()=>r`<section id="missing" class="card-box" aria-labelledby="missing-title">
  <h2 id="missing-title">There is no such report</h2>
  <p>No rollback has the id in this page's address.</p>
  <p><a class="btn btn-outline" href=${b}>All incident reports</a></p>
</section>`;function Wt(t){return document.title=`${t.title} \u2013 WedSync rollback`,r`<${K} incident=${t} all=${b} />`}var z=T.get("id"),Z=T.get("before");F(z?{name:"incident report",path:`/api/incidents/${encodeURIComponent(z)}`,draw:Wt,say:t=>t.title,missing:()=>r`<${It} />`}:{name:"list of incident reports",path:Z?`/api/incidents?before=${encodeURIComponent(Z)}`:"/api/incidents",draw:t=>r`<${Rt} ...${t} />`,say:t=>Q(t.incidents.length)});
