import{html as s,render as nt,signal as z}from"/assets/vendor/ui.js";var ct={status:"live-status",alert:"live-alert"},C=[],M=null;function p({text:e,region:t="status",isOutcome:n=!1}){n&&(C.length=0,clearTimeout(M),M=null),C.push({text:e,region:t,isOutcome:n}),C.length>8&&C.shift(),M===null&&Z()}function Z(){if(M=null,!C.length)return;if(document.querySelector("dialog[open]")){M=setTimeout(Z,1500);return}let e=C.shift();for(let[t,n]of Object.entries(ct))document.getElementById(n).textContent=t===e.region?e.text:"";M=setTimeout(Z,e.isOutcome?5e3:1500)}import{html as l,signal as We,useLayoutEffect as qt,useRef as je,useState as G}from"/assets/vendor/ui.js";import{html as ut}from"/assets/vendor/ui.js";var dt=new URLSearchParams(location.search).get("environment"),i=dt==="staging"?"staging":"production",pe=i==="staging"?"production":"staging",he=e=>e[0].toUpperCase()+e.slice(1),me=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,Q=i==="staging"?" of staging":"",ge=({page:e})=>ut`<p id="environment-switch">This page is about
  ${" "}<strong>${i}</strong>. <a href=${me(pe,e)}>${he(pe)}</a></p>`;function ve(){let e=document.querySelector(".environment");e.textContent=he(i),e.dataset.environment=i;for(let t of document.querySelectorAll("nav a"))t.href=me(i,t.pathname)}function $e({opener:e,home:t="main"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&(document.getElementById(t)??document.getElementById("main")).focus()})}import{batch as Y,computed as k,signal as h}from"/assets/vendor/ui.js";var f=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},$=class extends Error{};async function ft(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new $;return e.json()}async function pt(e){if(e.status===204||e.status===304)return null;let t=await ft(e);if(!e.ok)throw new f(e.status,t);return t}async function y(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await pt(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof f?o:new $(o.message)}}function P(e,t,n,{headers:o,...a}={}){return y(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var ht={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var mt="automatic",gt=.05,ye=1e3,ee=60*ye,te=60*ee,Un=24*te,Se={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},vt=new Intl.DateTimeFormat("en-GB",Se),$t=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...Se}),we=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var ne=e=>vt.format(new Date(e));function xe(e,t){return we.format(new Date(e))===we.format(new Date(t))?`today, ${ne(e)}`:$t.format(new Date(e))}var X=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function _e(e){let t=Math.max(0,e);return t<2*ee?X(Math.floor(t/ye),"second"):t<2*te?X(Math.floor(t/ee),"minute"):X(Math.floor(t/te),"hour")}function wt(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var S=e=>e?.status==="pending"||e?.status==="in_progress";function ke(e,t){let n=e?.rollback_id===t?.rollback_id;return S(e)!==n&&S(t)===n}function be(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:Oe(e.steps[t])}}var Oe=e=>ht[e.name]??e.name;var Ee=e=>e===mt?"Automatically":e;var U=e=>bt(e)?"Roll forward":"Rollback",bt=e=>e?.kind==="forward";function oe({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>gt}function Te(e,t){let n=oe(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${wt(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function Ce(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&S(t)&&t.requested_by!==n&&a.push({region:"alert",text:yt(t)}),S(t)&&a.push(...St(o?e:null,t)),o&&S(e)&&!S(t)&&a.push(xt(t)),a}var yt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${U(e).toLowerCase()}.`;function St(e,t){let n=[],o=be(t);if(o&&o.name!==(e&&be(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=U(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function xt(e){if(e.status==="completed")return{region:"status",text:`${U(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=U(e);return{region:"alert",text:`${t?`${n} failed at: ${Oe(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var _t=`/api/overview?environment=${i}`,Ae=15,kt=5,Ot=1,Et=2,Tt=5,Me=[5,10,20,40,60],Ct=1500,Mt=45e3,At=12e4;var Nt=2e4,It=8e3,x=h("loading"),w=h(null),b=h(null),Dt=h(!navigator.onLine),D=h(!1),Lt=h(!1),Vn=h(!1),A=h(null),ae=h(Date.now()),se=h(0),Rt=h(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),re=k(()=>ae.value+se.value),Jn=k(()=>A.value&&A.value+se.value),L=k(()=>S(b.value)),qn=k(()=>Rt.value.has(b.value?.rollback_id)?null:b.value),Ne=k(()=>A.value?ae.value-A.value:0),zn=k(()=>x.value==="ready"&&(D.value||Dt.value||Ne.value>Mt)),Zn=k(()=>Ne.value>At),I=null,W=null,ie=0,R=0,Ie=null,j=null;function le(){return clearTimeout(Ie),j??=Ft().finally(()=>j=null),j}async function De(){await j,ie=0,await le()}async function Ft(){let e=performance.now();try{await Bt(),Wt()}catch(t){jt(t)}Kt(performance.now()-e)}async function Bt(){let e=L.value;e&&await Pt(b.value.rollback_id);let t=e&&!L.value;(!e||t||Date.now()>=ie)&&await Ut()}async function Pt(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await y(t,{timeoutMs:5e3});Le(n)}async function Ut(){let e=A.value?It:Nt,t=await y(_t,{timeoutMs:e,headers:I?{"if-none-match":I}:{}});if(ie=Date.now()+Ae*1e3,I=t.etag??I,t.body===null)return;let n=w.value&&w.value.ui_version!==t.body.ui_version;Y(()=>{se.value=Date.parse(t.body.now)-Date.now(),Lt.value||=!!n,Le(t.body.active,t.body.viewer.name),w.value=t.body}),Te(W,t.body).forEach(p),W=oe(t.body)??W}function Le(e,t=w.value?.viewer.name){ke(b.value,e)||(e&&w.value&&Ce(b.value,e,t).forEach(p),b.value=e)}function Re(e){b.value=e,le()}function Wt(){D.value&&p({text:"Connection is back. Data is current."}),R=0,Y(()=>{x.value="ready",D.value=!1,A.value=ae.value=Date.now()})}function jt(e){if(e instanceof f&&[401,403].includes(e.status))return Yt(e.status);R+=1;let n=!D.value&&x.value==="ready";Y(()=>{D.value=!0,x.value==="loading"&&(x.value="error")}),n&&p({text:"Cannot reach the server. Showing the last known data.",region:"alert"})}function Yt(e){I=null,Y(()=>{x.value=e===401?"signed-out":"no-access",w.value=b.value=null})}function Kt(e){let t=Gt(e);if(t===null)return;let n=L.value&&R===0?1:.85+Math.random()*.3;Ie=setTimeout(le,t*n*1e3)}function Gt(e){return x.value==="signed-out"||x.value==="no-access"?null:document.hidden?L.value?Tt:null:R>0?Me[Math.min(R,Me.length)-1]:L.value?e>Ct?Et:Ot:w.value.overall.state==="bad"||W?kt:Ae}import{html as K}from"/assets/vendor/ui.js";var Ht="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Vt="You are signed out. Sign in again, then come back here and press again.",Jt="You are offline. Press the button again when you are back.",ce=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:w.value?.viewer.name??"you",requested_at:new Date(re.value).toISOString(),reason:null,next_actions:[],...t});function Be(e){if(e instanceof $)return{text:navigator.onLine?Ht:Jt,isOpen:!0};if(!(e instanceof f))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=_e(re.value-Date.parse(t.requested_at)),r=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:u,requested_at:c}=t;return{text:r,running:ce(t.rollback_id,{requested_by:u,requested_at:c})}}return n===401?{text:Vt,isSignedOut:!0}:n===403?{text:"You do not have permission."}:{text:e.message}}function Pe(e){Re(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Ue({problem:e,show:t}){return K`<div class="problem" role="alert">
    ${e&&K`<p>${e.text}</p>`}
    ${e?.isSignedOut&&K`<a class="btn btn-outline" href="/admin/sign-in" target="_blank">Sign in</a>`}
    ${e?.running&&K`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var zt=3e4,Zt=400,Qt=4,O=We(null),F=We(null);function Ye(e,t){F.value=null,O.value={...t,opener:e}}function Xt(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Ke=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),en=(e,{action:t})=>({action:t,environment:i,...e.subject!==void 0&&{subject:e.subject},reason:Ke(e)}),tn=(e,t)=>P("POST","/api/operations",en(e,t),{timeoutMs:t.timeoutMs??zt}),Ge=e=>(e.reload??De)();async function nn(e,t){try{return{done:(await(t.send?t.send(Ke(e)):tn(e,t))).body}}catch(n){return n.status===409&&Ge(t),Be(n)}}async function on({rollback_id:e,message:t},n,o){if(e)return He(ce(e,{kind:o.kind,reason:n.reason}));p({text:t}),await Ge(o),F.value=t,O.value===o&&(O.value=null)}function He(e){O.value=null,Pe(e)}function Ve({name:e,index:t,label:n,about:o,isNow:a,isChosen:r,isLocked:u,choose:c}){let d=`operation-${e}-${t}`;return l`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${d}
      checked=${r} disabled=${u} onChange=${c}
      aria-describedby=${o?`${d}-about`:void 0} />
    <label class="form-check-label" for=${d}>
      ${n}${a&&l` <span class="tag">Now</span>`}
    </label>
    ${o&&l`<p id="${d}-about" class="form-text">${o}</p>`}
  </div>`}function an({question:e,form:t,isLocked:n,choose:o}){let[a,r]=G(!1),{legend:u,options:c}=e.choices,d=a?c:c.slice(0,Qt);return l`<fieldset>
    <legend>${u}</legend>
    ${d.map(({subject:T,label:v,about:_},lt)=>l`<${Ve} key=${T} name="choice"
        isNow=${T===e.subject} isChosen=${T===t.subject}
        choose=${()=>o({subject:T})} ...${{index:lt,label:v,about:_,isLocked:n}} />`)}
    ${d.length<c.length&&l`<button type="button" class="btn btn-outline" onClick=${()=>r(!0)}>
      Show older
    </button>`}
  </fieldset>`}function sn({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return l`${a&&l`<fieldset>
      <legend>Why?</legend>
      ${a.map((r,u)=>l`<${Ve} key=${r} name="reason" label=${r}
          isChosen=${r===t.reason} choose=${()=>o({reason:r})}
          ...${{index:u,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${Zt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${r=>o({note:r.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function rn({question:e}){let[t,n]=G({subject:e.subject,reason:"",note:""}),[o,a]=G(null),[r,u]=G(!1),c=je(!1),d=v=>{n(_=>({..._,...v})),a(null)},T=async()=>{if(c.current)return;let v=Xt(t,e);if(a(v),v)return document.getElementById(v.field).focus();c.current=!0,u(!0);let _=await nn(t,e);if(_.done)return on(_.done,t,e);c.current=!1,u(!1),a(_)};return l`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(v=>l`<p key=${v}>${v}</p>`)}
    ${e.choices&&l`<${an} isLocked=${r} ...${{question:e,form:t,choose:d}} />`}
    <${sn} isLocked=${r} ...${{question:e,form:t,choose:d}} />
    <div class="dialog-end">
      <${Ue} problem=${o} show=${He} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>O.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(r)} onClick=${T}>
          ${r?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Je(){let e=je(null),t=O.value;return qt(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),$e({home:"standing-title",...t})}},[t]),l`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>O.value=null}>
    ${t&&l`<${rn} key=${t.title} question=${t} />`}
  </dialog>`}import{html as H}from"/assets/vendor/ui.js";function qe({id:e,caption:t,columns:n,rows:o}){return H`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>H`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:r="",cells:u})=>H`<tr key=${a} role="row" class=${r}>
          ${u.map((c,d)=>H`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[d]}</span>
              <div class="cell">${c}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as ue,signal as ln}from"/assets/vendor/ui.js";var Ze=ln(""),cn="You are still signed in: the server did not answer. Press again.";async function ze(e){try{await y(e,{method:"DELETE"})}catch(t){if(!(t instanceof f&&t.status===401))return Ze.value=cn}localStorage.clear(),location.assign("/admin/sign-in")}function Qe({viewer:e}){return e?ue`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>ze("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>ze("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${Ze}</p>`:null}function Xe({children:e}){return ue`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function et({role:e,children:t}){return ue`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as E}from"/assets/vendor/ui.js";var un={ok:E`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:E`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:E`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:E`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:E`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function V({shape:e}){return E`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${un[e]}
  </svg>`}function de({shape:e,word:t}){return E`<span class="status status-${e}"><${V} shape=${e} />${t}</span>`}var dn="/admin/flags",fn=`/api/flags?environment=${i}`,pn=15,tt=[5,10,20,40,60],hn=2e4,mn=8e3,gn=45e3,vn=["Feature","What visitors lose when off","State","Changed","Action"],$n=["Error rate is high","Page does not open","Wrong or missing data","Other"],wn=["The cause is gone","It was not the cause","It was a mistake","Other"],m=z(null),g=z(null),B=z(!1),fe=z(!1),ot=0,q=0,at=null,J=null;function bn(e){let t=e.state==="on"?"off":"on",n={environment:i,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}${Q}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?$n:wn,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>P("PUT","/api/flags",{...n,reason:a}),reload:Dn,home:"main"}}function yn({flag:e}){return e.changed_at?s`${Ee(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${xe(e.changed_at,m.value.now)}</time></span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`:"Never"}function Sn({flag:e}){if(e.stays_on_because&&e.state==="on")return s`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!m.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return s`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>Ye(n.currentTarget,bn(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var xn=e=>({key:e.key,cells:[s`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?s`<${de} shape="ok" word="On" />`:s`<${de} shape="warn" word="Off" />`,s`<${yn} flag=${e} />`,s`<${Sn} flag=${e} />`]});function _n(){let e=ne(m.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=g.value||fe.value,o=n?"warn":"ok";return s`<div id="freshness" class="freshness freshness-${o}">
    <p><${V} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${rt}>Refresh now</button>
  </div>`}function kn(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function On(){let{flags:e,can_turn:t}=m.value;return s`<${_n} />
    ${!t&&s`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${F.value&&s`<p id="told" class="told"><${V} shape="ok" />${F.value}</p>`}
    ${e.length===0&&s`<${kn} />`}
    ${e.length>0&&s`<section class="card-box" aria-label="Switches">
      <${qe} id="flags" caption="Feature switches of ${i}" columns=${vn}
        rows=${e.map(xn)} />
    </section>`}`}function En({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return s`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof $?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(B.value)} onClick=${()=>B.value||rt()}>
      ${B.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function Tn(){return m.value?s`<${On} />`:g.value?s`<${En} error=${g.value} />`:s`<p>Loading the feature switches…</p>`}var Cn=()=>!!(m.value||g.value);function Mn(){let e=g.value;return e?.status===401?s`<${Xe} />`:e?.status===403?s`<${et} role="viewer" />`:s`<${Tn} />
    ${Cn()&&s`<${ge} page=${dn} />`}`}var An=()=>s`<${Mn} /><${Je} />`;function N(){return clearTimeout(at),fe.value=Date.now()-ot>gn,J??=Nn().finally(()=>J=null),J}async function Nn(){B.value=!0;try{let e=m.value?mn:hn,{body:t}=await y(fn,{timeoutMs:e});g.value&&m.value&&p({text:"Connection is back. Data is current."}),q=0,g.value=null,m.value=t,ot=Date.now(),fe.value=!1,nt(s`<${Qe} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof f)&&!(e instanceof $))throw e;st(e)}B.value=!1,In()}function st(e){q+=1;let t=!g.value;g.value=e,[401,403].includes(e.status)&&(m.value=null);let n=m.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&p({text:n,region:"alert"})}function In(){if(document.hidden||[401,403].includes(g.value?.status))return;let e=tt[Math.min(q,tt.length)-1],t=.85+Math.random()*.3;at=setTimeout(N,(q?e:pn)*t*1e3)}async function Dn(){await J,await N()}async function rt(){await N(),g.value||p({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||N());addEventListener("online",N);addEventListener("offline",()=>st(new $));document.title=`Feature switches${Q} \u2013 WedSync rollback`;ve();var it=document.getElementById("page");it.replaceChildren();nt(s`<${An} />`,it);N();
