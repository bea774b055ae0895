import{html as r,render as Je,signal as le}from"/assets/vendor/ui.js";var Xe={status:"live-status",alert:"live-alert"},J=[],N=null;function p({text:e,region:t="status",isOutcome:n=!1}){n&&(J.length=0,clearTimeout(N),N=null),J.push({text:e,region:t,isOutcome:n}),N===null&&ce()}function ce(){N=null;let e=J.shift();if(e){for(let[t,n]of Object.entries(Xe))document.getElementById(n).textContent=t===e.region?e.text:"";N=setTimeout(ce,e.isOutcome?5e3:1500)}}import{html as i,signal as Ae,useLayoutEffect as Ft,useRef as Ie,useState as j}from"/assets/vendor/ui.js";import{batch as W,computed as S,signal as h}from"/assets/vendor/ui.js";var et=new URLSearchParams(location.search).get("environment"),ue=et==="staging"?"staging":"production";var d=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},$=class extends Error{};async function tt(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new $;return e.json()}async function nt(e){if(e.status===204||e.status===304)return null;let t=await tt(e);if(!e.ok)throw new d(e.status,t);return t}async function w(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await nt(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof d?o:new $(o.message)}}function R(e,t,n,{headers:o,...a}={}){return w(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var ot={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var at="automatic",rt=.05,fe=1e3,q=60*fe,z=60*q,xn=24*z,he={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},st=new Intl.DateTimeFormat("en-GB",he),it=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...he}),de=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var Z=e=>st.format(new Date(e));function me(e,t){return de.format(new Date(e))===de.format(new Date(t))?`today, ${Z(e)}`:it.format(new Date(e))}var G=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function ve(e){let t=Math.max(0,e);return t<2*q?G(Math.floor(t/fe),"second"):t<2*z?G(Math.floor(t/q),"minute"):G(Math.floor(t/z),"hour")}function lt(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var E=e=>e?.status==="pending"||e?.status==="in_progress";function pe(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:$e(e.steps[t])}}var $e=e=>ot[e.name]??e.name;var ge=e=>e===at?"Automatically":e;var F=e=>ct(e)?"Roll forward":"Rollback",ct=e=>e?.kind==="forward";function Q({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>rt}function we(e,t){let n=Q(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${lt(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function be(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&E(t)&&t.requested_by!==n&&a.push({region:"alert",text:ut(t)}),E(t)&&a.push(...dt(o?e:null,t)),o&&E(e)&&!E(t)&&a.push(pt(t)),a}var ut=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${F(e).toLowerCase()}.`;function dt(e,t){let n=[],o=pe(t);if(o&&o.name!==(e&&pe(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=F(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function pt(e){if(e.status==="completed")return{region:"status",text:`${F(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=F(e);return{region:"alert",text:`${t?`${n} failed at: ${$e(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var ft=`/api/overview?environment=${ue}`,xe=15,ht=5,mt=1,vt=2,$t=5,ye=[5,10,20,40,60],gt=1500,wt=45e3,bt=12e4;var yt=2e4,xt=8e3,b=h("loading"),f=h(null),y=h(null),St=h(!navigator.onLine),A=h(!1),_t=h(!1),Tn=h(!1),C=h(null),X=h(Date.now()),ee=h(0),kt=h(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),te=S(()=>X.value+ee.value),Mn=S(()=>C.value&&C.value+ee.value),T=S(()=>E(y.value)),Nn=S(()=>kt.value.has(y.value?.rollback_id)?null:y.value),Se=S(()=>C.value?X.value-C.value:0),An=S(()=>b.value==="ready"&&(A.value||St.value||Se.value>wt)),In=S(()=>Se.value>bt),U=null,B=null,ne=0,I=0,_e=null,P=null;function oe(){return clearTimeout(_e),P??=Ot().finally(()=>P=null),P}async function ke(){await P,ne=0,await oe()}async function Ot(){let e=performance.now();try{await Et(),Mt()}catch(t){Nt(t)}It(performance.now()-e)}async function Et(){let e=T.value;e&&await Ct(y.value.rollback_id);let t=e&&!T.value;(!e||t||Date.now()>=ne)&&await Tt()}async function Ct(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await w(t,{timeoutMs:5e3});Oe(n)}async function Tt(){let e=C.value?xt:yt,t=await w(ft,{timeoutMs:e,headers:U?{"if-none-match":U}:{}});if(ne=Date.now()+xe*1e3,U=t.etag??U,t.body===null)return;let n=f.value&&f.value.ui_version!==t.body.ui_version;W(()=>{ee.value=Date.parse(t.body.now)-Date.now(),_t.value||=!!n,Oe(t.body.active,t.body.viewer.name),f.value=t.body}),we(B,t.body).forEach(p),B=Q(t.body)??B}function Oe(e,t=f.value?.viewer.name){e&&f.value&&be(y.value,e,t).forEach(p),(e||!T.value)&&(y.value=e)}function Ee(e){y.value=e,oe()}function Mt(){A.value&&p({text:"Connection is back. Data is current."}),I=0,W(()=>{b.value="ready",A.value=!1,C.value=X.value=Date.now()})}function Nt(e){if(e instanceof d&&[401,403].includes(e.status))return At(e.status);I+=1;let n=!A.value&&b.value==="ready";W(()=>{A.value=!0,b.value==="loading"&&(b.value="error")}),n&&p({text:"Cannot reach the server. Showing the last known data.",region:"alert"})}function At(e){W(()=>{b.value=e===401?"signed-out":"no-access",f.value=y.value=null})}function It(e){let t=Dt(e);if(t===null)return;let n=T.value&&I===0?1:.85+Math.random()*.3;_e=setTimeout(oe,t*n*1e3)}function Dt(e){return b.value==="signed-out"||b.value==="no-access"?null:document.hidden?T.value?$t:null:I>0?ye[Math.min(I,ye.length)-1]:T.value?e>gt?vt:mt:f.value.overall.state==="bad"||B?ht:xe}import{html as ae}from"/assets/vendor/ui.js";var Lt="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Rt="You are offline. Press the button again when you are back.",re=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:f.value?.viewer.name??"you",requested_at:new Date(te.value).toISOString(),reason:null,next_actions:[],...t});function Te(e){if(e instanceof $)return{text:navigator.onLine?Lt:Rt,isOpen:!0};if(!(e instanceof d))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=ve(te.value-Date.parse(t.requested_at)),s=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:c,requested_at:l}=t;return{text:s,running:re(t.rollback_id,{requested_by:c,requested_at:l})}}return n===401?{text:"You are signed out. Sign in again, then come back here."}:n===403?{text:"You do not have permission."}:{text:e.message}}function Me(e){Ee(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Ne({problem:e,show:t}){return ae`<div class="problem" role="alert">
    ${e&&ae`<p>${e.text}</p>`}
    ${e?.running&&ae`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var Ut=3e4,Bt=400,Pt=4,_=Ae(null),D=Ae(null);function De(e,t){D.value=null,_.value={...t,opener:e}}function Wt(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Le=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),jt=(e,{action:t})=>({action:t,environment:f.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:Le(e)}),Yt=(e,t)=>R("POST","/api/operations",jt(e,t),{timeoutMs:t.timeoutMs??Ut}),Re=e=>(e.reload??ke)();async function Kt(e,t){try{return{done:(await(t.send?t.send(Le(e)):Yt(e,t))).body}}catch(n){return n.status===409&&Re(t),Te(n)}}async function Ht({rollback_id:e,message:t},n,o){if(e)return Fe(re(e,{kind:o.kind,reason:n.reason}));p({text:t}),await Re(o),D.value=t,_.value===o&&(_.value=null)}function Fe(e){_.value=null,Me(e)}function Ue({name:e,index:t,label:n,about:o,isNow:a,isChosen:s,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return i`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${s} disabled=${c} onChange=${l}
      aria-describedby=${o?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${n}${a&&i` <span class="tag">Now</span>`}
    </label>
    ${o&&i`<p id="${u}-about" class="form-text">${o}</p>`}
  </div>`}function Vt({question:e,form:t,isLocked:n,choose:o}){let[a,s]=j(!1),{legend:c,options:l}=e.choices,u=a?l:l.slice(0,Pt);return i`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:O,label:v,about:x},Qe)=>i`<${Ue} key=${O} name="choice"
        isNow=${O===e.subject} isChosen=${O===t.subject}
        choose=${()=>o({subject:O})} ...${{index:Qe,label:v,about:x,isLocked:n}} />`)}
    ${u.length<l.length&&i`<button type="button" class="btn btn-outline" onClick=${()=>s(!0)}>
      Show older
    </button>`}
  </fieldset>`}function Jt({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return i`${a&&i`<fieldset>
      <legend>Why?</legend>
      ${a.map((s,c)=>i`<${Ue} key=${s} name="reason" label=${s}
          isChosen=${s===t.reason} choose=${()=>o({reason:s})}
          ...${{index:c,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${Bt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${s=>o({note:s.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function Gt({question:e}){let[t,n]=j({subject:e.subject,reason:"",note:""}),[o,a]=j(null),[s,c]=j(!1),l=Ie(!1),u=v=>{n(x=>({...x,...v})),a(null)},O=async()=>{if(l.current)return;let v=Wt(t,e);if(a(v),v)return document.getElementById(v.field).focus();l.current=!0,c(!0);let x=await Kt(t,e);if(x.done)return Ht(x.done,t,e);l.current=!1,c(!1),a(x)};return i`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(v=>i`<p key=${v}>${v}</p>`)}
    ${e.choices&&i`<${Vt} isLocked=${s} ...${{question:e,form:t,choose:u}} />`}
    <${Jt} isLocked=${s} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Ne} problem=${o} show=${Fe} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>_.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(s)} onClick=${O}>
          ${s?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function qt({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Be(){let e=Ie(null),t=_.value;return Ft(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),qt(t)}},[t]),i`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>_.value=null}>
    ${t&&i`<${Gt} key=${t.title} question=${t} />`}
  </dialog>`}import{html as Y}from"/assets/vendor/ui.js";function Pe({id:e,caption:t,columns:n,rows:o}){return Y`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>Y`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:s="",cells:c})=>Y`<tr key=${a} role="row" class=${s}>
          ${c.map((l,u)=>Y`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[u]}</span>
              <div class="cell">${l}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as se,signal as zt}from"/assets/vendor/ui.js";var je=zt(""),Zt="You are still signed in: the server did not answer. Press again.";async function We(e){try{await w(e,{method:"DELETE"})}catch(t){if(!(t instanceof d&&t.status===401))return je.value=Zt}localStorage.clear(),location.assign("/admin/sign-in")}function Ye({viewer:e}){return e?se`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>We("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>We("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${je}</p>`:null}function Ke({children:e}){return se`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function He({role:e,children:t}){return se`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as k}from"/assets/vendor/ui.js";var Qt={ok:k`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:k`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:k`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:k`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:k`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function K({shape:e}){return k`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${Qt[e]}
  </svg>`}function ie({shape:e,word:t}){return k`<span class="status status-${e}"><${K} shape=${e} />${t}</span>`}var Xt="/api/flags?environment=production",en=15,Ve=[5,10,20,40,60],tn=2e4,nn=8e3,on=["Feature","What visitors lose when off","State","Changed","Action"],an=["Error rate is high","Page does not open","Wrong or missing data","Other"],rn=["The cause is gone","It was not the cause","It was a mistake","Other"],m=le(null),g=le(null),L=le(!1),V=0,Ge=null,H=null;function sn(e){let t=e.state==="on"?"off":"on",n={environment:m.value.environment,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?an:rn,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>R("PUT","/api/flags",{...n,reason:a}),reload:gn,home:"main"}}function ln({flag:e}){return e.changed_at?r`${ge(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${me(e.changed_at,m.value.now)}</time></span>
    ${e.reason&&r`<span class="title">${e.reason}</span>`}`:"Never"}function cn({flag:e}){if(e.stays_on_because&&e.state==="on")return r`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!m.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return r`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>De(n.currentTarget,sn(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var un=e=>({key:e.key,cells:[r`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?r`<${ie} shape="ok" word="On" />`:r`<${ie} shape="warn" word="Off" />`,r`<${ln} flag=${e} />`,r`<${cn} flag=${e} />`]});function dn(){let e=Z(m.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=g.value?"warn":"ok";return r`<div id="freshness" class="freshness freshness-${n}">
    <p><${K} shape=${n} />${g.value?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${ze}>Refresh now</button>
  </div>`}function pn(){return r`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function fn(){let{flags:e,can_turn:t}=m.value;return r`<${dn} />
    ${!t&&r`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${D.value&&r`<p id="told" class="told"><${K} shape="ok" />${D.value}</p>`}
    ${e.length===0&&r`<${pn} />`}
    ${e.length>0&&r`<section class="card-box" aria-label="Switches">
      <${Pe} id="flags" caption="Feature switches of production" columns=${on}
        rows=${e.map(un)} />
    </section>`}
    <${Be} />`}function hn({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return r`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof $?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(L.value)} onClick=${()=>L.value||ze()}>
      ${L.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function mn(){let e=g.value;return e?.status===401?r`<${Ke} />`:e?.status===403?r`<${He} role="viewer" />`:m.value?r`<${fn} />`:e?r`<${hn} error=${e} />`:r`<p>Loading the feature switches…</p>`}function M(){return clearTimeout(Ge),H??=vn().finally(()=>H=null),H}async function vn(){L.value=!0;try{let e=m.value?nn:tn,{body:t}=await w(Xt,{timeoutMs:e});g.value&&m.value&&p({text:"Connection is back. Data is current."}),V=0,g.value=null,m.value=t,Je(r`<${Ye} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof d)&&!(e instanceof $))throw e;qe(e)}L.value=!1,$n()}function qe(e){V+=1;let t=!g.value;g.value=e,[401,403].includes(e.status)&&(m.value=null);let n=m.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&p({text:n,region:"alert"})}function $n(){if(document.hidden||[401,403].includes(g.value?.status))return;let e=Ve[Math.min(V,Ve.length)-1],t=.85+Math.random()*.3;Ge=setTimeout(M,(V?e:en)*t*1e3)}async function gn(){await H,await M()}async function ze(){await M(),g.value||p({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||M());addEventListener("online",M);addEventListener("offline",()=>qe(new $));var Ze=document.getElementById("page");Ze.replaceChildren();Je(r`<${mn} />`,Ze);M();
