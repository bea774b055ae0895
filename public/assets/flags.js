import{html as s,render as Ge,signal as J}from"/assets/vendor/ui.js";var tt={status:"live-status",alert:"live-alert"},G=[],N=null;function p({text:e,region:t="status",isOutcome:n=!1}){n&&(G.length=0,clearTimeout(N),N=null),G.push({text:e,region:t,isOutcome:n}),N===null&&ue()}function ue(){N=null;let e=G.shift();if(e){for(let[t,n]of Object.entries(tt))document.getElementById(n).textContent=t===e.region?e.text:"";N=setTimeout(ue,e.isOutcome?5e3:1500)}}import{html as i,signal as Ie,useLayoutEffect as Bt,useRef as De,useState as j}from"/assets/vendor/ui.js";import{batch as W,computed as S,signal as h}from"/assets/vendor/ui.js";var nt=new URLSearchParams(location.search).get("environment"),de=nt==="staging"?"staging":"production";var d=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},$=class extends Error{};async function ot(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new $;return e.json()}async function at(e){if(e.status===204||e.status===304)return null;let t=await ot(e);if(!e.ok)throw new d(e.status,t);return t}async function g(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await at(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof d?o:new $(o.message)}}function F(e,t,n,{headers:o,...a}={}){return g(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var st={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var rt="automatic",it=.05,he=1e3,z=60*he,Z=60*z,kn=24*Z,me={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},lt=new Intl.DateTimeFormat("en-GB",me),ct=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...me}),pe=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var Q=e=>lt.format(new Date(e));function ve(e,t){return pe.format(new Date(e))===pe.format(new Date(t))?`today, ${Q(e)}`:ct.format(new Date(e))}var q=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function $e(e){let t=Math.max(0,e);return t<2*z?q(Math.floor(t/he),"second"):t<2*Z?q(Math.floor(t/z),"minute"):q(Math.floor(t/Z),"hour")}function ut(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var E=e=>e?.status==="pending"||e?.status==="in_progress";function fe(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:ge(e.steps[t])}}var ge=e=>st[e.name]??e.name;var we=e=>e===rt?"Automatically":e;var U=e=>dt(e)?"Roll forward":"Rollback",dt=e=>e?.kind==="forward";function X({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>it}function be(e,t){let n=X(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${ut(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function ye(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&E(t)&&t.requested_by!==n&&a.push({region:"alert",text:pt(t)}),E(t)&&a.push(...ft(o?e:null,t)),o&&E(e)&&!E(t)&&a.push(ht(t)),a}var pt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${U(e).toLowerCase()}.`;function ft(e,t){let n=[],o=fe(t);if(o&&o.name!==(e&&fe(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=U(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function ht(e){if(e.status==="completed")return{region:"status",text:`${U(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=U(e);return{region:"alert",text:`${t?`${n} failed at: ${ge(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var mt=`/api/overview?environment=${de}`,Se=15,vt=5,$t=1,gt=2,wt=5,xe=[5,10,20,40,60],bt=1500,yt=45e3,xt=12e4;var St=2e4,_t=8e3,w=h("loading"),f=h(null),b=h(null),kt=h(!navigator.onLine),I=h(!1),Ot=h(!1),An=h(!1),C=h(null),ee=h(Date.now()),te=h(0),Et=h(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),ne=S(()=>ee.value+te.value),In=S(()=>C.value&&C.value+te.value),T=S(()=>E(b.value)),Dn=S(()=>Et.value.has(b.value?.rollback_id)?null:b.value),_e=S(()=>C.value?ee.value-C.value:0),Ln=S(()=>w.value==="ready"&&(I.value||kt.value||_e.value>yt)),Rn=S(()=>_e.value>xt),A=null,B=null,oe=0,D=0,ke=null,P=null;function ae(){return clearTimeout(ke),P??=Ct().finally(()=>P=null),P}async function Oe(){await P,oe=0,await ae()}async function Ct(){let e=performance.now();try{await Tt(),At()}catch(t){It(t)}Lt(performance.now()-e)}async function Tt(){let e=T.value;e&&await Mt(b.value.rollback_id);let t=e&&!T.value;(!e||t||Date.now()>=oe)&&await Nt()}async function Mt(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await g(t,{timeoutMs:5e3});Ee(n)}async function Nt(){let e=C.value?_t:St,t=await g(mt,{timeoutMs:e,headers:A?{"if-none-match":A}:{}});if(oe=Date.now()+Se*1e3,A=t.etag??A,t.body===null)return;let n=f.value&&f.value.ui_version!==t.body.ui_version;W(()=>{te.value=Date.parse(t.body.now)-Date.now(),Ot.value||=!!n,Ee(t.body.active,t.body.viewer.name),f.value=t.body}),be(B,t.body).forEach(p),B=X(t.body)??B}function Ee(e,t=f.value?.viewer.name){e&&f.value&&ye(b.value,e,t).forEach(p),(e||!T.value)&&(b.value=e)}function Ce(e){b.value=e,ae()}function At(){I.value&&p({text:"Connection is back. Data is current."}),D=0,W(()=>{w.value="ready",I.value=!1,C.value=ee.value=Date.now()})}function It(e){if(e instanceof d&&[401,403].includes(e.status))return Dt(e.status);D+=1;let n=!I.value&&w.value==="ready";W(()=>{I.value=!0,w.value==="loading"&&(w.value="error")}),n&&p({text:"Cannot reach the server. Showing the last known data.",region:"alert"})}function Dt(e){A=null,W(()=>{w.value=e===401?"signed-out":"no-access",f.value=b.value=null})}function Lt(e){let t=Rt(e);if(t===null)return;let n=T.value&&D===0?1:.85+Math.random()*.3;ke=setTimeout(ae,t*n*1e3)}function Rt(e){return w.value==="signed-out"||w.value==="no-access"?null:document.hidden?T.value?wt:null:D>0?xe[Math.min(D,xe.length)-1]:T.value?e>bt?gt:$t:f.value.overall.state==="bad"||B?vt:Se}import{html as se}from"/assets/vendor/ui.js";var Ft="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Ut="You are offline. Press the button again when you are back.",re=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:f.value?.viewer.name??"you",requested_at:new Date(ne.value).toISOString(),reason:null,next_actions:[],...t});function Me(e){if(e instanceof $)return{text:navigator.onLine?Ft:Ut,isOpen:!0};if(!(e instanceof d))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=$e(ne.value-Date.parse(t.requested_at)),r=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:c,requested_at:l}=t;return{text:r,running:re(t.rollback_id,{requested_by:c,requested_at:l})}}return n===401?{text:"You are signed out. Sign in again, then come back here."}:n===403?{text:"You do not have permission."}:{text:e.message}}function Ne(e){Ce(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Ae({problem:e,show:t}){return se`<div class="problem" role="alert">
    ${e&&se`<p>${e.text}</p>`}
    ${e?.running&&se`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var Pt=3e4,Wt=400,jt=4,_=Ie(null),L=Ie(null);function Le(e,t){L.value=null,_.value={...t,opener:e}}function Yt(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Re=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),Kt=(e,{action:t})=>({action:t,environment:f.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:Re(e)}),Ht=(e,t)=>F("POST","/api/operations",Kt(e,t),{timeoutMs:t.timeoutMs??Pt}),Fe=e=>(e.reload??Oe)();async function Vt(e,t){try{return{done:(await(t.send?t.send(Re(e)):Ht(e,t))).body}}catch(n){return n.status===409&&Fe(t),Me(n)}}async function Jt({rollback_id:e,message:t},n,o){if(e)return Ue(re(e,{kind:o.kind,reason:n.reason}));p({text:t}),await Fe(o),L.value=t,_.value===o&&(_.value=null)}function Ue(e){_.value=null,Ne(e)}function Be({name:e,index:t,label:n,about:o,isNow:a,isChosen:r,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return i`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${r} disabled=${c} onChange=${l}
      aria-describedby=${o?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${n}${a&&i` <span class="tag">Now</span>`}
    </label>
    ${o&&i`<p id="${u}-about" class="form-text">${o}</p>`}
  </div>`}function Gt({question:e,form:t,isLocked:n,choose:o}){let[a,r]=j(!1),{legend:c,options:l}=e.choices,u=a?l:l.slice(0,jt);return i`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:O,label:v,about:x},et)=>i`<${Be} key=${O} name="choice"
        isNow=${O===e.subject} isChosen=${O===t.subject}
        choose=${()=>o({subject:O})} ...${{index:et,label:v,about:x,isLocked:n}} />`)}
    ${u.length<l.length&&i`<button type="button" class="btn btn-outline" onClick=${()=>r(!0)}>
      Show older
    </button>`}
  </fieldset>`}function qt({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return i`${a&&i`<fieldset>
      <legend>Why?</legend>
      ${a.map((r,c)=>i`<${Be} key=${r} name="reason" label=${r}
          isChosen=${r===t.reason} choose=${()=>o({reason:r})}
          ...${{index:c,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${Wt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${r=>o({note:r.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function zt({question:e}){let[t,n]=j({subject:e.subject,reason:"",note:""}),[o,a]=j(null),[r,c]=j(!1),l=De(!1),u=v=>{n(x=>({...x,...v})),a(null)},O=async()=>{if(l.current)return;let v=Yt(t,e);if(a(v),v)return document.getElementById(v.field).focus();l.current=!0,c(!0);let x=await Vt(t,e);if(x.done)return Jt(x.done,t,e);l.current=!1,c(!1),a(x)};return i`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(v=>i`<p key=${v}>${v}</p>`)}
    ${e.choices&&i`<${Gt} isLocked=${r} ...${{question:e,form:t,choose:u}} />`}
    <${qt} isLocked=${r} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Ae} problem=${o} show=${Ue} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>_.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(r)} onClick=${O}>
          ${r?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Zt({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Pe(){let e=De(null),t=_.value;return Bt(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),Zt(t)}},[t]),i`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>_.value=null}>
    ${t&&i`<${zt} key=${t.title} question=${t} />`}
  </dialog>`}import{html as Y}from"/assets/vendor/ui.js";function We({id:e,caption:t,columns:n,rows:o}){return Y`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>Y`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:r="",cells:c})=>Y`<tr key=${a} role="row" class=${r}>
          ${c.map((l,u)=>Y`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[u]}</span>
              <div class="cell">${l}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as ie,signal as Qt}from"/assets/vendor/ui.js";var Ye=Qt(""),Xt="You are still signed in: the server did not answer. Press again.";async function je(e){try{await g(e,{method:"DELETE"})}catch(t){if(!(t instanceof d&&t.status===401))return Ye.value=Xt}localStorage.clear(),location.assign("/admin/sign-in")}function Ke({viewer:e}){return e?ie`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>je("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>je("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${Ye}</p>`:null}function He({children:e}){return ie`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Ve({role:e,children:t}){return ie`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as k}from"/assets/vendor/ui.js";var en={ok:k`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:k`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:k`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:k`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:k`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function K({shape:e}){return k`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${en[e]}
  </svg>`}function le({shape:e,word:t}){return k`<span class="status status-${e}"><${K} shape=${e} />${t}</span>`}var tn="/api/flags?environment=production",nn=15,Je=[5,10,20,40,60],on=2e4,an=8e3,sn=45e3,rn=["Feature","What visitors lose when off","State","Changed","Action"],ln=["Error rate is high","Page does not open","Wrong or missing data","Other"],cn=["The cause is gone","It was not the cause","It was a mistake","Other"],m=J(null),y=J(null),R=J(!1),ce=J(!1),qe=0,V=0,ze=null,H=null;function un(e){let t=e.state==="on"?"off":"on",n={environment:m.value.environment,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?ln:cn,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>F("PUT","/api/flags",{...n,reason:a}),reload:yn,home:"main"}}function dn({flag:e}){return e.changed_at?s`${we(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${ve(e.changed_at,m.value.now)}</time></span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`:"Never"}function pn({flag:e}){if(e.stays_on_because&&e.state==="on")return s`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!m.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return s`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>Le(n.currentTarget,un(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var fn=e=>({key:e.key,cells:[s`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?s`<${le} shape="ok" word="On" />`:s`<${le} shape="warn" word="Off" />`,s`<${dn} flag=${e} />`,s`<${pn} flag=${e} />`]});function hn(){let e=Q(m.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=y.value||ce.value,o=n?"warn":"ok";return s`<div id="freshness" class="freshness freshness-${o}">
    <p><${K} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${Qe}>Refresh now</button>
  </div>`}function mn(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function vn(){let{flags:e,can_turn:t}=m.value;return s`<${hn} />
    ${!t&&s`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${L.value&&s`<p id="told" class="told"><${K} shape="ok" />${L.value}</p>`}
    ${e.length===0&&s`<${mn} />`}
    ${e.length>0&&s`<section class="card-box" aria-label="Switches">
      <${We} id="flags" caption="Feature switches of production" columns=${rn}
        rows=${e.map(fn)} />
    </section>`}
    <${Pe} />`}function $n({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return s`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof $?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(R.value)} onClick=${()=>R.value||Qe()}>
      ${R.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function gn(){let e=y.value;return e?.status===401?s`<${He} />`:e?.status===403?s`<${Ve} role="viewer" />`:m.value?s`<${vn} />`:e?s`<${$n} error=${e} />`:s`<p>Loading the feature switches…</p>`}function M(){return clearTimeout(ze),ce.value=Date.now()-qe>sn,H??=wn().finally(()=>H=null),H}async function wn(){R.value=!0;try{let e=m.value?an:on,{body:t}=await g(tn,{timeoutMs:e});y.value&&m.value&&p({text:"Connection is back. Data is current."}),V=0,y.value=null,m.value=t,qe=Date.now(),ce.value=!1,Ge(s`<${Ke} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof d)&&!(e instanceof $))throw e;Ze(e)}R.value=!1,bn()}function Ze(e){V+=1;let t=!y.value;y.value=e,[401,403].includes(e.status)&&(m.value=null);let n=m.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&p({text:n,region:"alert"})}function bn(){if(document.hidden||[401,403].includes(y.value?.status))return;let e=Je[Math.min(V,Je.length)-1],t=.85+Math.random()*.3;ze=setTimeout(M,(V?e:nn)*t*1e3)}async function yn(){await H,await M()}async function Qe(){await M(),y.value||p({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||M());addEventListener("online",M);addEventListener("offline",()=>Ze(new $));var Xe=document.getElementById("page");Xe.replaceChildren();Ge(s`<${gn} />`,Xe);M();
