import{html as s,render as We,signal as re}from"/assets/vendor/ui.js";var Je={status:"live-status",alert:"live-alert"},V=[],N=null;function m({text:e,region:t="status",isOutcome:n=!1}){n&&(V.length=0,clearTimeout(N),N=null),V.push({text:e,region:t,isOutcome:n}),N===null&&ie()}function ie(){N=null;let e=V.shift();if(e){for(let[t,n]of Object.entries(Je))document.getElementById(n).textContent=t===e.region?e.text:"";N=setTimeout(ie,e.isOutcome?5e3:1500)}}import{html as i,signal as Ce,useLayoutEffect as Ct,useRef as Te,useState as W}from"/assets/vendor/ui.js";import{batch as P,computed as S,signal as f}from"/assets/vendor/ui.js";var v=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},$=class extends Error{};async function Ge(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new $;return e.json()}async function ze(e){if(e.status===204||e.status===304)return null;let t=await Ge(e);if(!e.ok)throw new v(e.status,t);return t}async function g(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await ze(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof v?o:new $(o.message)}}function R(e,t,n,{headers:o,...a}={}){return g(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var Ze={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var qe="automatic",ue=1e3,G=60*ue,z=60*G,dn=24*z,de={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},Qe=new Intl.DateTimeFormat("en-GB",de),Xe=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...de}),le=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var Z=e=>Qe.format(new Date(e));function fe(e,t){return le.format(new Date(e))===le.format(new Date(t))?`today, ${Z(e)}`:Xe.format(new Date(e))}var J=(e,t)=>`${e} ${t}${e===1?"":"s"}`;function pe(e){let t=Math.max(0,e);return t<2*G?J(Math.floor(t/ue),"second"):t<2*z?J(Math.floor(t/G),"minute"):J(Math.floor(t/z),"hour")}var E=e=>e?.status==="pending"||e?.status==="in_progress";function ce(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:he(e.steps[t])}}var he=e=>Ze[e.name]??e.name;var me=e=>e===qe?"Automatically":e;var F=e=>et(e)?"Roll forward":"Rollback",et=e=>e?.kind==="forward";function ve(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&E(t)&&t.requested_by!==n&&a.push({region:"alert",text:tt(t)}),E(t)&&a.push(...nt(o?e:null,t)),o&&E(e)&&!E(t)&&a.push(ot(t)),a}var tt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${F(e).toLowerCase()}.`;function nt(e,t){let n=[],o=ce(t);if(o&&o.name!==(e&&ce(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=F(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function ot(e){if(e.status==="completed")return{region:"status",text:`${F(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=F(e);return{region:"alert",text:`${t?`${n} failed at: ${he(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var at="/api/overview?environment=production",we=15,st=5,rt=1,it=2,lt=5,$e=[5,10,20,40,60],ct=1500,ut=45e3,dt=12e4;var ft=2e4,pt=8e3,b=f("loading"),d=f(null),y=f(null),ht=f(!navigator.onLine),A=f(!1),mt=f(!1),$n=f(!1),C=f(null),q=f(Date.now()),Q=f(0),vt=f(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),X=S(()=>q.value+Q.value),wn=S(()=>C.value&&C.value+Q.value),T=S(()=>E(y.value)),gn=S(()=>vt.value.has(y.value?.rollback_id)?null:y.value),ge=S(()=>C.value?q.value-C.value:0),bn=S(()=>b.value==="ready"&&(A.value||ht.value||ge.value>ut)),yn=S(()=>ge.value>dt),U=null,ee=0,I=0,be=null,B=null;function te(){return clearTimeout(be),B??=$t().finally(()=>B=null),B}async function ye(){await B,ee=0,await te()}async function $t(){let e=performance.now();try{await wt(),yt()}catch(t){xt(t)}_t(performance.now()-e)}async function wt(){let e=T.value;e&&await gt(y.value.rollback_id);let t=e&&!T.value;(!e||t||Date.now()>=ee)&&await bt()}async function gt(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await g(t,{timeoutMs:5e3});xe(n)}async function bt(){let e=C.value?pt:ft,t=await g(at,{timeoutMs:e,headers:U?{"if-none-match":U}:{}});if(ee=Date.now()+we*1e3,U=t.etag??U,t.body===null)return;let n=d.value&&d.value.ui_version!==t.body.ui_version;P(()=>{Q.value=Date.parse(t.body.now)-Date.now(),mt.value||=!!n,xe(t.body.active,t.body.viewer.name),d.value=t.body})}function xe(e,t=d.value?.viewer.name){e&&d.value&&ve(y.value,e,t).forEach(m),(e||!T.value)&&(y.value=e)}function Se(e){y.value=e,te()}function yt(){A.value&&m({text:"Connection is back. Data is current."}),I=0,P(()=>{b.value="ready",A.value=!1,C.value=q.value=Date.now()})}function xt(e){if(e instanceof v&&[401,403].includes(e.status))return St(e.status);I+=1;let n=!A.value&&b.value==="ready";P(()=>{A.value=!0,b.value==="loading"&&(b.value="error")}),n&&m({text:"Cannot reach the server. Showing the last known data.",region:"alert"})}function St(e){P(()=>{b.value=e===401?"signed-out":"no-access",d.value=y.value=null})}function _t(e){let t=kt(e);if(t===null)return;let n=T.value&&I===0?1:.85+Math.random()*.3;be=setTimeout(te,t*n*1e3)}function kt(e){return b.value==="signed-out"||b.value==="no-access"?null:document.hidden?T.value?lt:null:I>0?$e[Math.min(I,$e.length)-1]:T.value?e>ct?it:rt:d.value.overall.state==="bad"?st:we}import{html as ne}from"/assets/vendor/ui.js";var Ot="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Et="You are offline. Press the button again when you are back.",oe=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:d.value?.viewer.name??"you",requested_at:new Date(X.value).toISOString(),reason:null,next_actions:[],...t});function ke(e){if(e instanceof $)return{text:navigator.onLine?Ot:Et,isOpen:!0};if(!(e instanceof v))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=pe(X.value-Date.parse(t.requested_at)),r=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:c,requested_at:l}=t;return{text:r,running:oe(t.rollback_id,{requested_by:c,requested_at:l})}}return n===401?{text:"You are signed out. Sign in again, then come back here."}:n===403?{text:"You do not have permission."}:{text:e.message}}function Oe(e){Se(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Ee({problem:e,show:t}){return ne`<div class="problem" role="alert">
    ${e&&ne`<p>${e.text}</p>`}
    ${e?.running&&ne`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var Tt=3e4,Mt=400,Nt=4,_=Ce(null),D=Ce(null);function Me(e,t){D.value=null,_.value={...t,opener:e}}function At(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Ne=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),It=(e,{action:t})=>({action:t,environment:d.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:Ne(e)}),Dt=(e,t)=>R("POST","/api/operations",It(e,t),{timeoutMs:Tt}),Ae=e=>(e.reload??ye)();async function Lt(e,t){try{return{done:(await(t.send?t.send(Ne(e)):Dt(e,t))).body}}catch(n){return n.status===409&&Ae(t),ke(n)}}async function Rt({rollback_id:e,message:t},n,o){if(e)return Ie(oe(e,{kind:o.kind,reason:n.reason}));m({text:t}),await Ae(o),D.value=t,_.value===o&&(_.value=null)}function Ie(e){_.value=null,Oe(e)}function De({name:e,index:t,label:n,about:o,isNow:a,isChosen:r,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return i`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${r} disabled=${c} onChange=${l}
      aria-describedby=${o?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${n}${a&&i` <span class="tag">Now</span>`}
    </label>
    ${o&&i`<p id="${u}-about" class="form-text">${o}</p>`}
  </div>`}function Ft({question:e,form:t,isLocked:n,choose:o}){let[a,r]=W(!1),{legend:c,options:l}=e.choices,u=a?l:l.slice(0,Nt);return i`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:O,label:h,about:x},Ve)=>i`<${De} key=${O} name="choice"
        isNow=${O===e.subject} isChosen=${O===t.subject}
        choose=${()=>o({subject:O})} ...${{index:Ve,label:h,about:x,isLocked:n}} />`)}
    ${u.length<l.length&&i`<button type="button" class="btn btn-outline" onClick=${()=>r(!0)}>
      Show older
    </button>`}
  </fieldset>`}function Ut({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return i`${a&&i`<fieldset>
      <legend>Why?</legend>
      ${a.map((r,c)=>i`<${De} key=${r} name="reason" label=${r}
          isChosen=${r===t.reason} choose=${()=>o({reason:r})}
          ...${{index:c,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${Mt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${r=>o({note:r.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function Bt({question:e}){let[t,n]=W({subject:e.subject,reason:"",note:""}),[o,a]=W(null),[r,c]=W(!1),l=Te(!1),u=h=>{n(x=>({...x,...h})),a(null)},O=async()=>{if(l.current)return;let h=At(t,e);if(a(h),h)return document.getElementById(h.field).focus();l.current=!0,c(!0);let x=await Lt(t,e);if(x.done)return Rt(x.done,t,e);l.current=!1,c(!1),a(x)};return i`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(h=>i`<p key=${h}>${h}</p>`)}
    ${e.choices&&i`<${Ft} isLocked=${r} ...${{question:e,form:t,choose:u}} />`}
    <${Ut} isLocked=${r} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Ee} problem=${o} show=${Ie} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>_.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(r)} onClick=${O}>
          ${r?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Pt({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Le(){let e=Te(null),t=_.value;return Ct(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),Pt(t)}},[t]),i`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>_.value=null}>
    ${t&&i`<${Bt} key=${t.title} question=${t} />`}
  </dialog>`}import{html as j}from"/assets/vendor/ui.js";function Re({id:e,caption:t,columns:n,rows:o}){return j`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>j`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:r="",cells:c})=>j`<tr key=${a} role="row" class=${r}>
          ${c.map((l,u)=>j`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[u]}</span>
              <div class="cell">${l}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as ae}from"/assets/vendor/ui.js";async function Wt(){await g("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function Fe({viewer:e}){return e?ae`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${Wt}>
      Sign out
    </button>`:null}function Ue({children:e}){return ae`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Be({role:e,children:t}){return ae`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as k}from"/assets/vendor/ui.js";var jt={ok:k`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:k`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:k`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:k`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:k`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function Y({shape:e}){return k`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${jt[e]}
  </svg>`}function se({shape:e,word:t}){return k`<span class="status status-${e}"><${Y} shape=${e} />${t}</span>`}var Yt="/api/flags?environment=production",Kt=15,Pe=[5,10,20,40,60],Ht=2e4,Vt=8e3,Jt=["Feature","What visitors lose when off","State","Changed","Action"],Gt=["Error rate is high","Page does not open","Wrong or missing data","Other"],zt=["The cause is gone","It was not the cause","It was a mistake","Other"],p=re(null),w=re(null),L=re(!1),H=0,je=null,K=null;function Zt(e){let t=e.state==="on"?"off":"on",n={environment:p.value.environment,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?Gt:zt,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>R("PUT","/api/flags",{...n,reason:a}),reload:ln,home:"main"}}function qt({flag:e}){return e.changed_at?s`${me(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${fe(e.changed_at,p.value.now)}</time></span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`:"Never"}function Qt({flag:e}){if(e.stays_on_because&&e.state==="on")return s`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!p.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return s`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>Me(n.currentTarget,Zt(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var Xt=e=>({key:e.key,cells:[s`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?s`<${se} shape="ok" word="On" />`:s`<${se} shape="warn" word="Off" />`,s`<${qt} flag=${e} />`,s`<${Qt} flag=${e} />`]});function en(){let e=Z(p.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=w.value?"warn":"ok";return s`<div id="freshness" class="freshness freshness-${n}">
    <p><${Y} shape=${n} />${w.value?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${Ke}>Refresh now</button>
  </div>`}function tn(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function nn(){let{flags:e,can_turn:t}=p.value;return s`<${en} />
    ${!t&&s`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${D.value&&s`<p id="told" class="told"><${Y} shape="ok" />${D.value}</p>`}
    ${e.length===0&&s`<${tn} />`}
    ${e.length>0&&s`<section class="card-box" aria-label="Switches">
      <${Re} id="flags" caption="Feature switches of production" columns=${Jt}
        rows=${e.map(Xt)} />
    </section>`}
    <${Le} />`}function on({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return s`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof $?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(L.value)} onClick=${()=>L.value||Ke()}>
      ${L.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function an(){let e=w.value;return e?.status===401?s`<${Ue} />`:e?.status===403?s`<${Be} role="viewer" />`:p.value?s`<${nn} />`:e?s`<${on} error=${e} />`:s`<p>Loading the feature switches…</p>`}function M(){return clearTimeout(je),K??=sn().finally(()=>K=null),K}async function sn(){L.value=!0;try{let e=p.value?Vt:Ht,{body:t}=await g(Yt,{timeoutMs:e});w.value&&p.value&&m({text:"Connection is back. Data is current."}),H=0,w.value=null,p.value=t,We(s`<${Fe} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof v)&&!(e instanceof $))throw e;Ye(e)}L.value=!1,rn()}function Ye(e){H+=1;let t=!w.value;w.value=e,[401,403].includes(e.status)&&(p.value=null);let n=p.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&m({text:n,region:"alert"})}function rn(){if(document.hidden||[401,403].includes(w.value?.status))return;let e=Pe[Math.min(H,Pe.length)-1],t=.85+Math.random()*.3;je=setTimeout(M,(H?e:Kt)*t*1e3)}async function ln(){await K,await M()}async function Ke(){await M(),w.value||m({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||M());addEventListener("online",M);addEventListener("offline",()=>Ye(new $));var He=document.getElementById("page");He.replaceChildren();We(s`<${an} />`,He);M();
