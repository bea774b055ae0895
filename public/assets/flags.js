import{html as s,render as ot,signal as Z}from"/assets/vendor/ui.js";var ut={status:"live-status",alert:"live-alert"},C=[],M=null;function p({text:e,region:t="status",isOutcome:n=!1}){n&&(C.length=0,clearTimeout(M),M=null),C.push({text:e,region:t,isOutcome:n}),C.length>8&&C.shift(),M===null&&Q()}function Q(){if(M=null,!C.length)return;if(document.querySelector("dialog[open]")){M=setTimeout(Q,1500);return}let e=C.shift();for(let[t,n]of Object.entries(ut))document.getElementById(n).textContent=t===e.region?e.text:"";M=setTimeout(Q,e.isOutcome?5e3:1500)}import{html as l,signal as je,useLayoutEffect as zt,useRef as Ye,useState as G}from"/assets/vendor/ui.js";import{html as dt}from"/assets/vendor/ui.js";var pt=new URLSearchParams(location.search).get("environment"),i=pt==="staging"?"staging":"production",he=i==="staging"?"production":"staging",me=e=>e[0].toUpperCase()+e.slice(1),ge=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,Bn=i==="production"?"":`&environment=${i}`,X=i==="staging"?" of staging":"",ve=({page:e})=>dt`<p id="environment-switch">This page is about
  ${" "}<strong>${i}</strong>. <a href=${ge(he,e)}>${me(he)}</a></p>`;function $e(){let e=document.querySelector(".environment");e.textContent=me(i),e.dataset.environment=i;for(let t of document.querySelectorAll("nav a"))t.href=ge(i,t.pathname)}function we({opener:e,home:t="main"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&(document.getElementById(t)??document.getElementById("main")).focus()})}import{batch as Y,computed as x,signal as h}from"/assets/vendor/ui.js";var f=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},$=class extends Error{};async function ft(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new $;return e.json()}async function ht(e){if(e.status===204||e.status===304)return null;let t=await ft(e);if(!e.ok)throw new f(e.status,t);return t}async function y(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await ht(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof f?o:new $(o.message)}}function P(e,t,n,{headers:o,...a}={}){return y(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var mt={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var gt="automatic",vt=.05,Se=1e3,te=60*Se,ne=60*te,jn=24*ne,xe={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},$t=new Intl.DateTimeFormat("en-GB",xe),wt=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...xe}),be=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var oe=e=>$t.format(new Date(e));function _e(e,t){return be.format(new Date(e))===be.format(new Date(t))?`today, ${oe(e)}`:wt.format(new Date(e))}var ee=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function ke(e){let t=Math.max(0,e);return t<2*te?ee(Math.floor(t/Se),"second"):t<2*ne?ee(Math.floor(t/te),"minute"):ee(Math.floor(t/ne),"hour")}function bt(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var S=e=>e?.status==="pending"||e?.status==="in_progress";function Oe(e,t){let n=e?.rollback_id===t?.rollback_id;return S(e)!==n&&S(t)===n}function ye(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:Ee(e.steps[t])}}var Ee=e=>mt[e.name]??e.name;var Te=e=>e===gt?"Automatically":e;var U=e=>yt(e)?"Roll forward":"Rollback",yt=e=>e?.kind==="forward";function ae({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>vt}function Ce(e,t){let n=ae(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${bt(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function Me(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&S(t)&&t.requested_by!==n&&a.push({region:"alert",text:St(t)}),S(t)&&a.push(...xt(o?e:null,t)),o&&S(e)&&!S(t)&&a.push(_t(t)),a}var St=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${U(e).toLowerCase()}.`;function xt(e,t){let n=[],o=ye(t);if(o&&o.name!==(e&&ye(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=U(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function _t(e){if(e.status==="completed")return{region:"status",text:`${U(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=U(e);return{region:"alert",text:`${t?`${n} failed at: ${Ee(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var kt=`/api/overview?environment=${i}`,Ne=15,Ot=5,Et=1,Tt=2,Ct=5,Ae=[5,10,20,40,60],Mt=1500,At=45e3,Nt=12e4;var It=2e4,Dt=8e3,k=h("loading"),w=h(null),b=h(null),Lt=h(!navigator.onLine),D=h(!1),Rt=h(!1),qn=h(!1),A=h(null),se=h(Date.now()),re=h(0),Ft=h(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),K=x(()=>se.value+re.value),zn=x(()=>new Date(K.value).setHours(0,0,0,0)),Zn=x(()=>A.value&&A.value+re.value),L=x(()=>S(b.value)),Qn=x(()=>Ft.value.has(b.value?.rollback_id)?null:b.value),Ie=x(()=>A.value?se.value-A.value:0),Xn=x(()=>k.value==="ready"&&(D.value||Lt.value||Ie.value>At)),eo=x(()=>Ie.value>Nt),I=null,W=null,ie=0,R=0,De=null,j=null;function le(){return clearTimeout(De),j??=Bt().finally(()=>j=null),j}async function Le(){await j,ie=0,await le()}async function Bt(){let e=performance.now();try{await Pt(),jt()}catch(t){Yt(t)}Ht(performance.now()-e)}async function Pt(){let e=L.value;e&&await Ut(b.value.rollback_id);let t=e&&!L.value;(!e||t||Date.now()>=ie)&&await Wt()}async function Ut(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await y(t,{timeoutMs:5e3});Re(n)}async function Wt(){let e=A.value?Dt:It,t=await y(kt,{timeoutMs:e,headers:I?{"if-none-match":I}:{}});if(ie=Date.now()+Ne*1e3,I=t.etag??I,t.body===null)return;let n=w.value&&w.value.ui_version!==t.body.ui_version;Y(()=>{re.value=Date.parse(t.body.now)-Date.now(),Rt.value||=!!n,Re(t.body.active,t.body.viewer.name),w.value=t.body}),Ce(W,t.body).forEach(p),W=ae(t.body)??W}function Re(e,t=w.value?.viewer.name){Oe(b.value,e)||(e&&w.value&&Me(b.value,e,t).forEach(p),b.value=e)}function Fe(e){b.value=e,le()}function jt(){D.value&&p({text:"Connection is back. Data is current."}),R=0,Y(()=>{k.value="ready",D.value=!1,A.value=se.value=Date.now()})}function Yt(e){if(e instanceof f&&[401,403].includes(e.status))return Kt(e.status);R+=1;let t=!D.value&&!ce();Y(()=>{D.value=!0,k.value==="loading"&&(k.value="error")});let n=w.value?"Cannot reach the server. Showing the last known data.":"The status cannot be loaded. You can still roll back.";t&&p({text:n,region:"alert"})}var ce=()=>k.value==="signed-out"||k.value==="no-access";function Kt(e){I=null;let t=e===401?"You are signed out.":"You do not have access.";ce()||p({text:t,region:"alert"}),Y(()=>{k.value=e===401?"signed-out":"no-access",w.value=b.value=null})}function Ht(e){let t=Gt(e);if(t===null)return;let n=L.value&&R===0?1:.85+Math.random()*.3;De=setTimeout(le,t*n*1e3)}function Gt(e){return ce()?null:document.hidden?L.value?Ct:null:R>0?Ae[Math.min(R,Ae.length)-1]:L.value?e>Mt?Tt:Et:w.value.overall.state==="bad"||W?Ot:Ne}import{html as H}from"/assets/vendor/ui.js";var Vt="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Jt="You are signed out. Sign in again, then come back here and press again.",qt="You are offline. Press the button again when you are back.",ue=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:w.value?.viewer.name??"you",requested_at:new Date(K.value).toISOString(),reason:null,next_actions:[],...t});function Pe(e){if(e instanceof $)return{text:navigator.onLine?Vt:qt,isOpen:!0};if(!(e instanceof f))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=ke(K.value-Date.parse(t.requested_at)),r=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:u,requested_at:c}=t;return{text:r,running:ue(t.rollback_id,{requested_by:u,requested_at:c})}}return n===401?{text:Jt,isSignedOut:!0}:n===403?{text:"You do not have permission."}:{text:e.message}}function Ue(e){Fe(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function We({problem:e,show:t}){return H`<div class="problem" role="alert">
    ${e&&H`<p>${e.text}</p>`}
    ${e?.isSignedOut&&H`<a class="btn btn-outline" href="/admin/sign-in" target="_blank">Sign in</a>`}
    ${e?.running&&H`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var Zt=3e4,Qt=400,Xt=4,O=je(null),F=je(null);function Ke(e,t){F.value=null,O.value={...t,opener:e}}function en(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var He=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),tn=(e,{action:t})=>({action:t,environment:i,...e.subject!==void 0&&{subject:e.subject},reason:He(e)}),nn=(e,t)=>P("POST","/api/operations",tn(e,t),{timeoutMs:t.timeoutMs??Zt}),Ge=e=>(e.reload??Le)();async function on(e,t){try{return{done:(await(t.send?t.send(He(e)):nn(e,t))).body}}catch(n){return n.status===409&&Ge(t),Pe(n)}}async function an({rollback_id:e,message:t},n,o){if(e)return Ve(ue(e,{kind:o.kind,reason:n.reason}));p({text:t}),await Ge(o),F.value=t,O.value===o&&(O.value=null)}function Ve(e){O.value=null,Ue(e)}function Je({name:e,index:t,label:n,about:o,isNow:a,isChosen:r,isLocked:u,choose:c}){let d=`operation-${e}-${t}`;return l`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${d}
      checked=${r} disabled=${u} onChange=${c}
      aria-describedby=${o?`${d}-about`:void 0} />
    <label class="form-check-label" for=${d}>
      ${n}${a&&l` <span class="tag">Now</span>`}
    </label>
    ${o&&l`<p id="${d}-about" class="form-text">${o}</p>`}
  </div>`}function sn({question:e,form:t,isLocked:n,choose:o}){let[a,r]=G(!1),{legend:u,options:c}=e.choices,d=a?c:c.slice(0,Xt);return l`<fieldset>
    <legend>${u}</legend>
    ${d.map(({subject:T,label:v,about:_},ct)=>l`<${Je} key=${T} name="choice"
        isNow=${T===e.subject} isChosen=${T===t.subject}
        choose=${()=>o({subject:T})} ...${{index:ct,label:v,about:_,isLocked:n}} />`)}
    ${d.length<c.length&&l`<button type="button" class="btn btn-outline" onClick=${()=>r(!0)}>
      Show older
    </button>`}
  </fieldset>`}function rn({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return l`${a&&l`<fieldset>
      <legend>Why?</legend>
      ${a.map((r,u)=>l`<${Je} key=${r} name="reason" label=${r}
          isChosen=${r===t.reason} choose=${()=>o({reason:r})}
          ...${{index:u,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${Qt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${r=>o({note:r.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function ln({question:e}){let[t,n]=G({subject:e.subject,reason:"",note:""}),[o,a]=G(null),[r,u]=G(!1),c=Ye(!1),d=v=>{n(_=>({..._,...v})),a(null)},T=async()=>{if(c.current)return;let v=en(t,e);if(a(v),v)return document.getElementById(v.field).focus();c.current=!0,u(!0);let _=await on(t,e);if(_.done)return an(_.done,t,e);c.current=!1,u(!1),a(_)};return l`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(v=>l`<p key=${v}>${v}</p>`)}
    ${e.choices&&l`<${sn} isLocked=${r} ...${{question:e,form:t,choose:d}} />`}
    <${rn} isLocked=${r} ...${{question:e,form:t,choose:d}} />
    <div class="dialog-end">
      <${We} problem=${o} show=${Ve} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>O.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(r)} onClick=${T}>
          ${r?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function qe(){let e=Ye(null),t=O.value;return zt(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),we({home:"standing-title",...t})}},[t]),l`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>O.value=null}>
    ${t&&l`<${ln} key=${t.title} question=${t} />`}
  </dialog>`}import{html as V}from"/assets/vendor/ui.js";function ze({id:e,caption:t,columns:n,rows:o}){return V`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>V`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:r="",cells:u})=>V`<tr key=${a} role="row" class=${r}>
          ${u.map((c,d)=>V`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[d]}</span>
              <div class="cell">${c}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as de,signal as cn}from"/assets/vendor/ui.js";var Qe=cn(""),un="You are still signed in: the server did not answer. Press again.";async function Ze(e){try{await y(e,{method:"DELETE"})}catch(t){if(!(t instanceof f&&t.status===401))return Qe.value=un}localStorage.clear(),location.assign("/admin/sign-in")}function Xe({viewer:e}){return e?de`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>Ze("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>Ze("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${Qe}</p>`:null}function et({children:e}){return de`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function tt({role:e,children:t}){return de`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as E}from"/assets/vendor/ui.js";var dn={ok:E`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:E`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:E`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:E`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:E`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function J({shape:e}){return E`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${dn[e]}
  </svg>`}function pe({shape:e,word:t}){return E`<span class="status status-${e}"><${J} shape=${e} />${t}</span>`}var pn="/admin/flags",fn=`/api/flags?environment=${i}`,hn=15,nt=[5,10,20,40,60],mn=2e4,gn=8e3,vn=45e3,$n=["Feature","What visitors lose when off","State","Changed","Action"],wn=["Error rate is high","Page does not open","Wrong or missing data","Other"],bn=["The cause is gone","It was not the cause","It was a mistake","Other"],m=Z(null),g=Z(null),B=Z(!1),fe=Z(!1),at=0,z=0,st=null,q=null;function yn(e){let t=e.state==="on"?"off":"on",n={environment:i,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}${X}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?wn:bn,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>P("PUT","/api/flags",{...n,reason:a}),reload:Ln,home:"main"}}function Sn({flag:e}){return e.changed_at?s`${Te(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${_e(e.changed_at,m.value.now)}</time></span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`:"Never"}function xn({flag:e}){if(e.stays_on_because&&e.state==="on")return s`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!m.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return s`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>Ke(n.currentTarget,yn(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var _n=e=>({key:e.key,cells:[s`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?s`<${pe} shape="ok" word="On" />`:s`<${pe} shape="warn" word="Off" />`,s`<${Sn} flag=${e} />`,s`<${xn} flag=${e} />`]});function kn(){let e=oe(m.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=g.value||fe.value,o=n?"warn":"ok";return s`<div id="freshness" class="freshness freshness-${o}">
    <p><${J} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${it}>Refresh now</button>
  </div>`}function On(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function En(){let{flags:e,can_turn:t}=m.value;return s`<${kn} />
    ${!t&&s`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${F.value&&s`<p id="told" class="told"><${J} shape="ok" />${F.value}</p>`}
    ${e.length===0&&s`<${On} />`}
    ${e.length>0&&s`<section class="card-box" aria-label="Switches">
      <${ze} id="flags" caption="Feature switches of ${i}" columns=${$n}
        rows=${e.map(_n)} />
    </section>`}`}function Tn({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return s`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof $?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(B.value)} onClick=${()=>B.value||it()}>
      ${B.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function Cn(){return m.value?s`<${En} />`:g.value?s`<${Tn} error=${g.value} />`:s`<p>Loading the feature switches…</p>`}var Mn=()=>!!(m.value||g.value);function An(){let e=g.value;return e?.status===401?s`<${et} />`:e?.status===403?s`<${tt} role="viewer" />`:s`<${Cn} />
    ${Mn()&&s`<${ve} page=${pn} />`}`}var Nn=()=>s`<${An} /><${qe} />`;function N(){return clearTimeout(st),fe.value=Date.now()-at>vn,q??=In().finally(()=>q=null),q}async function In(){B.value=!0;try{let e=m.value?gn:mn,{body:t}=await y(fn,{timeoutMs:e});g.value&&m.value&&p({text:"Connection is back. Data is current."}),z=0,g.value=null,m.value=t,at=Date.now(),fe.value=!1,ot(s`<${Xe} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof f)&&!(e instanceof $))throw e;rt(e)}B.value=!1,Dn()}function rt(e){z+=1;let t=!g.value;g.value=e,[401,403].includes(e.status)&&(m.value=null);let n=m.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&p({text:n,region:"alert"})}function Dn(){if(document.hidden||[401,403].includes(g.value?.status))return;let e=nt[Math.min(z,nt.length)-1],t=.85+Math.random()*.3;st=setTimeout(N,(z?e:hn)*t*1e3)}async function Ln(){await q,await N()}async function it(){await N(),g.value||p({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||N());addEventListener("online",N);addEventListener("offline",()=>rt(new $));document.title=`Feature switches${X} \u2013 WedSync rollback`;$e();var lt=document.getElementById("page");lt.replaceChildren();ot(s`<${Nn} />`,lt);N();
