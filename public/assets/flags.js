import{html as r,render as at,signal as q}from"/assets/vendor/ui.js";var ut={status:"live-status",alert:"live-alert"},A=[],C=null;function f({text:e,region:t="status",isOutcome:n=!1}){n&&(A.length=0,clearTimeout(C),C=null),A.push({text:e,region:t,isOutcome:n}),A.length>8&&A.shift(),C===null&&z()}function z(){if(C=null,!A.length)return;if(document.querySelector("dialog[open]")){C=setTimeout(z,1500);return}let e=A.shift();for(let[t,n]of Object.entries(ut))document.getElementById(n).textContent=t===e.region?e.text:"";C=setTimeout(z,e.isOutcome?5e3:1500)}import{html as l,signal as je,useLayoutEffect as Xt,useRef as Ye,useState as G}from"/assets/vendor/ui.js";import{html as dt}from"/assets/vendor/ui.js";var ft=new URLSearchParams(location.search).get("environment"),i=ft==="staging"?"staging":"production",pe=i==="staging"?"production":"staging",he=e=>e[0].toUpperCase()+e.slice(1),me=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,Un=i==="production"?"":`&environment=${i}`,Z=i==="staging"?" of staging":"",ge=({page:e})=>dt`<p id="environment-switch">This page is about
  ${" "}<strong>${i}</strong>. <a href=${me(pe,e)}>${he(pe)}</a></p>`;function ve(){let e=document.querySelector(".environment");e.textContent=he(i),e.dataset.environment=i;for(let t of document.querySelectorAll("nav a"))t.href=me(i,t.pathname)}function $e({opener:e,home:t="main"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&(document.getElementById(t)??document.getElementById("main")).focus()})}import{batch as j,computed as x,signal as h}from"/assets/vendor/ui.js";function B(e){let t=null,n=null;function o(){return t||(n=new AbortController,t=e(n.signal).finally(()=>t=null)),t}async function a(){n?.abort(),await t,await o()}return{look:o,lookAfresh:a}}var p=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},$=class extends Error{};async function pt(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new $;return e.json()}async function ht(e){if(e.status===204||e.status===304)return null;let t=await pt(e);if(!e.ok)throw new p(e.status,t);return t}function mt(e,t){let n=AbortSignal.timeout(e);return t&&AbortSignal.any?AbortSignal.any([t,n]):n}async function y(e,{timeoutMs:t=8e3,signal:n,...o}={}){try{let a=await fetch(e,{...o,signal:mt(t,n)});return{body:await ht(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof p?a:new $(a.message)}}function P(e,t,n,{headers:o,...a}={}){return y(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var gt={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var vt="automatic",$t=.05,ye=1e3,X=60*ye,ee=60*X,Gn=24*ee,Se={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},bt=new Intl.DateTimeFormat("en-GB",Se),wt=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...Se}),be=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var te=e=>bt.format(new Date(e));function xe(e,t){return be.format(new Date(e))===be.format(new Date(t))?`today, ${te(e)}`:wt.format(new Date(e))}var Q=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function ke(e){let t=Math.max(0,e);return t<2*X?Q(Math.floor(t/ye),"second"):t<2*ee?Q(Math.floor(t/X),"minute"):Q(Math.floor(t/ee),"hour")}function yt(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var S=e=>e?.status==="pending"||e?.status==="in_progress";function _e(e,t){let n=e?.rollback_id===t?.rollback_id;return S(e)!==n&&S(t)===n}function we(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:Oe(e.steps[t])}}var Oe=e=>gt[e.name]??e.name;var Te=e=>e===vt?"Automatically":e;var U=e=>St(e)?"Roll forward":"Rollback",St=e=>e?.kind==="forward";function ne({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>$t}function Ee(e,t){let n=ne(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${yt(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function Ae(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&S(t)&&t.requested_by!==n&&a.push({region:"alert",text:xt(t)}),S(t)&&a.push(...kt(o?e:null,t)),o&&S(e)&&!S(t)&&a.push(_t(t)),a}var xt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${U(e).toLowerCase()}.`;function kt(e,t){let n=[],o=we(t);if(o&&o.name!==(e&&we(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=U(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function _t(e){if(e.status==="completed")return{region:"status",text:`${U(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=U(e);return{region:"alert",text:`${t?`${n} failed at: ${Oe(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var Ot=`/api/overview?environment=${i}`,Me=15,Tt=5,Et=1,At=2,Ct=5,Ce=[5,10,20,40,60],Mt=1500,Nt=45e3,It=12e4;var Dt=2e4,Lt=8e3,_=h("loading"),b=h(null),w=h(null),Rt=h(!navigator.onLine),I=h(!1),Ft=h(!1),Xn=h(!1),M=h(null),oe=h(Date.now()),ae=h(0),Bt=h(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),Y=x(()=>oe.value+ae.value),eo=x(()=>new Date(Y.value).setHours(0,0,0,0)),to=x(()=>M.value&&M.value+ae.value),D=x(()=>S(w.value)),no=x(()=>Bt.value.has(w.value?.rollback_id)?null:w.value),Ne=x(()=>M.value?oe.value-M.value:0),oo=x(()=>_.value==="ready"&&(I.value||Rt.value||Ne.value>Nt)),ao=x(()=>Ne.value>It),N=null,W=null,re=0,L=0,Ie=null,{look:Pt,lookAfresh:De}=B(Ut);async function Le(){re=0,await De()}async function Ut(e){clearTimeout(Ie);let t=performance.now();try{await Wt(e),Gt()}catch(n){if(e.aborted)return;Ht(n)}Jt(performance.now()-t)}async function Wt(e){(!(D.value&&await jt(w.value.rollback_id,e))||Date.now()>=re)&&await Kt(e)}async function jt(e,t){try{await Yt(e,t)}catch{return!1}return D.value}async function Yt(e,t){let n=`/api/rollback/status/${encodeURIComponent(e)}`,{body:o}=await y(n,{timeoutMs:5e3,signal:t});Re(o)}async function Kt(e){let t=M.value?Lt:Dt,o=await y(Ot,{timeoutMs:t,signal:e,headers:N?{"if-none-match":N}:{}});if(re=Date.now()+Me*1e3,N=o.etag??N,o.body===null)return;let a=b.value&&b.value.ui_version!==o.body.ui_version;j(()=>{ae.value=Date.parse(o.body.now)-Date.now(),Ft.value||=!!a,Re(o.body.active,o.body.viewer.name),b.value=o.body}),Ee(W,o.body).forEach(f),W=ne(o.body)??W}function Re(e,t=b.value?.viewer.name){_e(w.value,e)||(e&&b.value&&Ae(w.value,e,t).forEach(f),w.value=e)}function Fe(e){w.value=e,De()}function Gt(){I.value&&f({text:"Connection is back. Data is current."}),L=0,j(()=>{_.value="ready",I.value=!1,M.value=oe.value=Date.now()})}function Ht(e){if(e instanceof p&&[401,403].includes(e.status))return Vt(e.status);L+=1;let t=!I.value&&!se();j(()=>{I.value=!0,_.value==="loading"&&(_.value="error")});let n=b.value?"Cannot reach the server. Showing the last known data.":"The status cannot be loaded. You can still roll back.";t&&f({text:n,region:"alert"})}var se=()=>_.value==="signed-out"||_.value==="no-access";function Vt(e){N=null;let t=e===401?"You are signed out.":"You do not have access.";se()||f({text:t,region:"alert"}),j(()=>{_.value=e===401?"signed-out":"no-access",b.value=w.value=null})}function Jt(e){let t=qt(e);if(t===null)return;let n=D.value&&L===0?1:.85+Math.random()*.3;Ie=setTimeout(Pt,t*n*1e3)}function qt(e){return se()?null:document.hidden?D.value?Ct:null:L>0?Ce[Math.min(L,Ce.length)-1]:D.value?e>Mt?At:Et:b.value.overall.state==="bad"||W?Tt:Me}import{html as K}from"/assets/vendor/ui.js";var zt="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Zt="You are signed out. Sign in again, then come back here and press again.",Qt="You are offline. Press the button again when you are back.",ie=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:b.value?.viewer.name??"you",requested_at:new Date(Y.value).toISOString(),reason:null,next_actions:[],...t});function Pe(e){if(e instanceof $)return{text:navigator.onLine?zt:Qt,isOpen:!0};if(!(e instanceof p))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=ke(Y.value-Date.parse(t.requested_at)),s=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:u,requested_at:c}=t;return{text:s,running:ie(t.rollback_id,{requested_by:u,requested_at:c})}}return n===401?{text:Zt,isSignedOut:!0}:n===403?{text:"You do not have permission."}:{text:e.message}}function Ue(e){Fe(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function We({problem:e,show:t}){return K`<div class="problem" role="alert">
    ${e&&K`<p>${e.text}</p>`}
    ${e?.isSignedOut&&K`<a class="btn btn-outline" href="/admin/sign-in" target="_blank">Sign in</a>`}
    ${e?.running&&K`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var en=3e4,tn=400,nn=4,O=je(null),R=je(null);function Ke(e,t){R.value=null,O.value={...t,opener:e}}function on(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Ge=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),an=(e,{action:t})=>({action:t,environment:i,...e.subject!==void 0&&{subject:e.subject},reason:Ge(e)}),rn=(e,t)=>P("POST","/api/operations",an(e,t),{timeoutMs:t.timeoutMs??en}),He=e=>(e.reload??Le)();async function sn(e,t){try{return{done:(await(t.send?t.send(Ge(e)):rn(e,t))).body}}catch(n){return n.status===409&&He(t),Pe(n)}}async function ln({rollback_id:e,message:t},n,o){if(e)return Ve(ie(e,{kind:o.kind,reason:n.reason}));f({text:t}),await He(o),R.value=t,O.value===o&&(O.value=null)}function Ve(e){O.value=null,Ue(e)}function Je({name:e,index:t,label:n,about:o,isNow:a,isChosen:s,isLocked:u,choose:c}){let d=`operation-${e}-${t}`;return l`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${d}
      checked=${s} disabled=${u} onChange=${c}
      aria-describedby=${o?`${d}-about`:void 0} />
    <label class="form-check-label" for=${d}>
      ${n}${a&&l` <span class="tag">Now</span>`}
    </label>
    ${o&&l`<p id="${d}-about" class="form-text">${o}</p>`}
  </div>`}function cn({question:e,form:t,isLocked:n,choose:o}){let[a,s]=G(!1),{legend:u,options:c}=e.choices,d=a?c:c.slice(0,nn);return l`<fieldset>
    <legend>${u}</legend>
    ${d.map(({subject:E,label:v,about:k},ct)=>l`<${Je} key=${E} name="choice"
        isNow=${E===e.subject} isChosen=${E===t.subject}
        choose=${()=>o({subject:E})} ...${{index:ct,label:v,about:k,isLocked:n}} />`)}
    ${d.length<c.length&&l`<button type="button" class="btn btn-outline" onClick=${()=>s(!0)}>
      Show older
    </button>`}
  </fieldset>`}function un({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return l`${a&&l`<fieldset>
      <legend>Why?</legend>
      ${a.map((s,u)=>l`<${Je} key=${s} name="reason" label=${s}
          isChosen=${s===t.reason} choose=${()=>o({reason:s})}
          ...${{index:u,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${tn}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${s=>o({note:s.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function dn({question:e}){let[t,n]=G({subject:e.subject,reason:"",note:""}),[o,a]=G(null),[s,u]=G(!1),c=Ye(!1),d=v=>{n(k=>({...k,...v})),a(null)},E=async()=>{if(c.current)return;let v=on(t,e);if(a(v),v)return document.getElementById(v.field).focus();c.current=!0,u(!0);let k=await sn(t,e);if(k.done)return ln(k.done,t,e);c.current=!1,u(!1),a(k)};return l`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(v=>l`<p key=${v}>${v}</p>`)}
    ${e.choices&&l`<${cn} isLocked=${s} ...${{question:e,form:t,choose:d}} />`}
    <${un} isLocked=${s} ...${{question:e,form:t,choose:d}} />
    <div class="dialog-end">
      <${We} problem=${o} show=${Ve} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>O.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(s)} onClick=${E}>
          ${s?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function qe(){let e=Ye(null),t=O.value;return Xt(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),$e({home:"standing-title",...t})}},[t]),l`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>O.value=null}>
    ${t&&l`<${dn} key=${t.title} question=${t} />`}
  </dialog>`}import{html as H}from"/assets/vendor/ui.js";function ze({id:e,caption:t,columns:n,rows:o}){return H`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>H`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:s="",cells:u})=>H`<tr key=${a} role="row" class=${s}>
          ${u.map((c,d)=>H`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[d]}</span>
              <div class="cell">${c}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as le,signal as fn}from"/assets/vendor/ui.js";var Qe=fn(""),pn="You are still signed in: the server did not answer. Press again.";async function Ze(e){try{await y(e,{method:"DELETE"})}catch(t){if(!(t instanceof p&&t.status===401))return Qe.value=pn}localStorage.clear(),location.assign("/admin/sign-in")}function Xe({viewer:e}){return e?le`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>Ze("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>Ze("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${Qe}</p>`:null}function et({children:e}){return le`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function tt({role:e,children:t}){return le`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as T}from"/assets/vendor/ui.js";var hn={ok:T`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:T`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:T`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:T`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:T`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function V({shape:e}){return T`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${hn[e]}
  </svg>`}function ce({shape:e,word:t}){return T`<span class="status status-${e}"><${V} shape=${e} />${t}</span>`}var mn="/admin/flags",gn=`/api/flags?environment=${i}`,vn=15,nt=[5,10,20,40,60],$n=2e4,bn=8e3,wn=45e3,yn=["Feature","What visitors lose when off","State","Changed","Action"],Sn=["Error rate is high","Page does not open","Wrong or missing data","Other"],xn=["The cause is gone","It was not the cause","It was a mistake","Other"],m=q(null),g=q(null),F=q(!1),ue=q(!1),ot=0,J=0,rt=null,{look:de,lookAfresh:fe}=B(Rn);function kn(e){let t=e.state==="on"?"off":"on",n={environment:i,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}${Z}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?Sn:xn,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>P("PUT","/api/flags",{...n,reason:a}),reload:fe,home:"main"}}function _n({flag:e}){return e.changed_at?r`${Te(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${xe(e.changed_at,m.value.now)}</time></span>
    ${e.reason&&r`<span class="title">${e.reason}</span>`}`:"Never"}function On({flag:e}){if(e.stays_on_because&&e.state==="on")return r`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!m.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return r`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>Ke(n.currentTarget,kn(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var Tn=e=>({key:e.key,cells:[r`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?r`<${ce} shape="ok" word="On" />`:r`<${ce} shape="warn" word="Off" />`,r`<${_n} flag=${e} />`,r`<${On} flag=${e} />`]});function En(){let e=te(m.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=g.value||ue.value,o=n?"warn":"ok";return r`<div id="freshness" class="freshness freshness-${o}">
    <p><${V} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${it}>Refresh now</button>
  </div>`}function An(){return r`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function Cn(){let{flags:e,can_turn:t}=m.value;return r`<${En} />
    ${!t&&r`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${R.value&&r`<p id="told" class="told"><${V} shape="ok" />${R.value}</p>`}
    ${e.length===0&&r`<${An} />`}
    ${e.length>0&&r`<section class="card-box" aria-label="Switches">
      <${ze} id="flags" caption="Feature switches of ${i}" columns=${yn}
        rows=${e.map(Tn)} />
    </section>`}`}function Mn({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return r`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof $?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(F.value)} onClick=${()=>F.value||it()}>
      ${F.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function Nn(){return m.value?r`<${Cn} />`:g.value?r`<${Mn} error=${g.value} />`:r`<p>Loading the feature switches…</p>`}var In=()=>!!(m.value||g.value);function Dn(){let e=g.value;return e?.status===401?r`<${et} />`:e?.status===403?r`<${tt} role="viewer" />`:r`<${Nn} />
    ${In()&&r`<${ge} page=${mn} />`}`}var Ln=()=>r`<${Dn} /><${qe} />`;async function Rn(e){clearTimeout(rt),ue.value=Date.now()-ot>wn,F.value=!0;try{let t=m.value?bn:$n,{body:n}=await y(gn,{timeoutMs:t,signal:e});g.value&&m.value&&f({text:"Connection is back. Data is current."}),J=0,g.value=null,m.value=n,ot=Date.now(),ue.value=!1,at(r`<${Xe} viewer=${n.viewer} />`,document.getElementById("viewer"))}catch(t){if(e.aborted)return;if(!(t instanceof p)&&!(t instanceof $))throw t;st(t)}F.value=!1,Fn()}function st(e){J+=1;let t=!g.value;g.value=e,[401,403].includes(e.status)&&(m.value=null);let n=m.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&f({text:n,region:"alert"})}function Fn(){if(document.hidden||[401,403].includes(g.value?.status))return;let e=nt[Math.min(J,nt.length)-1],t=.85+Math.random()*.3;rt=setTimeout(de,(J?e:vn)*t*1e3)}async function it(){await de(),g.value||f({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||fe());addEventListener("online",fe);addEventListener("offline",()=>st(new $));document.title=`Feature switches${Z} \u2013 WedSync rollback`;ve();var lt=document.getElementById("page");lt.replaceChildren();at(r`<${Ln} />`,lt);de();
