import{html as s,render as tt,signal as J}from"/assets/vendor/ui.js";var lt={status:"live-status",alert:"live-alert"},q=[],A=null;function f({text:e,region:t="status",isOutcome:n=!1}){n&&(q.length=0,clearTimeout(A),A=null),q.push({text:e,region:t,isOutcome:n}),A===null&&pe()}function pe(){A=null;let e=q.shift();if(e){for(let[t,n]of Object.entries(lt))document.getElementById(n).textContent=t===e.region?e.text:"";A=setTimeout(pe,e.isOutcome?5e3:1500)}}import{html as i,signal as Ue,useLayoutEffect as Gt,useRef as We,useState as Y}from"/assets/vendor/ui.js";import{batch as j,computed as k,signal as m}from"/assets/vendor/ui.js";import{html as ct}from"/assets/vendor/ui.js";var ut=new URLSearchParams(location.search).get("environment"),d=ut==="staging"?"staging":"production",fe=d==="staging"?"production":"staging",he=e=>e[0].toUpperCase()+e.slice(1),me=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,z=d==="staging"?" of staging":"",ve=({page:e})=>ct`<p id="environment-switch">This page is about
  ${" "}<strong>${d}</strong>. <a href=${me(fe,e)}>${he(fe)}</a></p>`;function ge(){let e=document.querySelector(".environment");e.textContent=he(d),e.dataset.environment=d;for(let t of document.querySelectorAll("nav a"))t.href=me(d,t.pathname)}var p=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},w=class extends Error{};async function dt(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new w;return e.json()}async function pt(e){if(e.status===204||e.status===304)return null;let t=await dt(e);if(!e.ok)throw new p(e.status,t);return t}async function y(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await pt(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof p?o:new w(o.message)}}function P(e,t,n,{headers:o,...a}={}){return y(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var ft={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var ht="automatic",mt=.05,be=1e3,Q=60*be,X=60*Q,Fn=24*X,ye={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},vt=new Intl.DateTimeFormat("en-GB",ye),gt=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...ye}),$e=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var ee=e=>vt.format(new Date(e));function Se(e,t){return $e.format(new Date(e))===$e.format(new Date(t))?`today, ${ee(e)}`:gt.format(new Date(e))}var Z=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function xe(e){let t=Math.max(0,e);return t<2*Q?Z(Math.floor(t/be),"second"):t<2*X?Z(Math.floor(t/Q),"minute"):Z(Math.floor(t/X),"hour")}function $t(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var S=e=>e?.status==="pending"||e?.status==="in_progress";function _e(e,t){let n=e?.rollback_id===t?.rollback_id;return S(e)!==n&&S(t)===n}function we(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:ke(e.steps[t])}}var ke=e=>ft[e.name]??e.name;var Oe=e=>e===ht?"Automatically":e;var B=e=>wt(e)?"Roll forward":"Rollback",wt=e=>e?.kind==="forward";function te({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>mt}function Ee(e,t){let n=te(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${$t(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function Ce(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&S(t)&&t.requested_by!==n&&a.push({region:"alert",text:bt(t)}),S(t)&&a.push(...yt(o?e:null,t)),o&&S(e)&&!S(t)&&a.push(St(t)),a}var bt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${B(e).toLowerCase()}.`;function yt(e,t){let n=[],o=we(t);if(o&&o.name!==(e&&we(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=B(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function St(e){if(e.status==="completed")return{region:"status",text:`${B(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=B(e);return{region:"alert",text:`${t?`${n} failed at: ${ke(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var xt=`/api/overview?environment=${d}`,Me=15,_t=5,kt=1,Ot=2,Et=5,Te=[5,10,20,40,60],Ct=1500,Tt=45e3,Mt=12e4;var At=2e4,Nt=8e3,x=m("loading"),h=m(null),b=m(null),It=m(!navigator.onLine),I=m(!1),Dt=m(!1),Kn=m(!1),T=m(null),ne=m(Date.now()),oe=m(0),Lt=m(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),ae=k(()=>ne.value+oe.value),Hn=k(()=>T.value&&T.value+oe.value),D=k(()=>S(b.value)),Vn=k(()=>Lt.value.has(b.value?.rollback_id)?null:b.value),Ae=k(()=>T.value?ne.value-T.value:0),Gn=k(()=>x.value==="ready"&&(I.value||It.value||Ae.value>Tt)),Jn=k(()=>Ae.value>Mt),N=null,U=null,se=0,L=0,Ne=null,W=null;function re(){return clearTimeout(Ne),W??=Rt().finally(()=>W=null),W}async function Ie(){await W,se=0,await re()}async function Rt(){let e=performance.now();try{await Ft(),Ut()}catch(t){Wt(t)}Yt(performance.now()-e)}async function Ft(){let e=D.value;e&&await Pt(b.value.rollback_id);let t=e&&!D.value;(!e||t||Date.now()>=se)&&await Bt()}async function Pt(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await y(t,{timeoutMs:5e3});De(n)}async function Bt(){let e=T.value?Nt:At,t=await y(xt,{timeoutMs:e,headers:N?{"if-none-match":N}:{}});if(se=Date.now()+Me*1e3,N=t.etag??N,t.body===null)return;let n=h.value&&h.value.ui_version!==t.body.ui_version;j(()=>{oe.value=Date.parse(t.body.now)-Date.now(),Dt.value||=!!n,De(t.body.active,t.body.viewer.name),h.value=t.body}),Ee(U,t.body).forEach(f),U=te(t.body)??U}function De(e,t=h.value?.viewer.name){_e(b.value,e)||(e&&h.value&&Ce(b.value,e,t).forEach(f),b.value=e)}function Le(e){b.value=e,re()}function Ut(){I.value&&f({text:"Connection is back. Data is current."}),L=0,j(()=>{x.value="ready",I.value=!1,T.value=ne.value=Date.now()})}function Wt(e){if(e instanceof p&&[401,403].includes(e.status))return jt(e.status);L+=1;let n=!I.value&&x.value==="ready";j(()=>{I.value=!0,x.value==="loading"&&(x.value="error")}),n&&f({text:"Cannot reach the server. Showing the last known data.",region:"alert"})}function jt(e){N=null,j(()=>{x.value=e===401?"signed-out":"no-access",h.value=b.value=null})}function Yt(e){let t=Kt(e);if(t===null)return;let n=D.value&&L===0?1:.85+Math.random()*.3;Ne=setTimeout(re,t*n*1e3)}function Kt(e){return x.value==="signed-out"||x.value==="no-access"?null:document.hidden?D.value?Et:null:L>0?Te[Math.min(L,Te.length)-1]:D.value?e>Ct?Ot:kt:h.value.overall.state==="bad"||U?_t:Me}import{html as ie}from"/assets/vendor/ui.js";var Ht="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Vt="You are offline. Press the button again when you are back.",le=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:h.value?.viewer.name??"you",requested_at:new Date(ae.value).toISOString(),reason:null,next_actions:[],...t});function Fe(e){if(e instanceof w)return{text:navigator.onLine?Ht:Vt,isOpen:!0};if(!(e instanceof p))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=xe(ae.value-Date.parse(t.requested_at)),r=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:c,requested_at:l}=t;return{text:r,running:le(t.rollback_id,{requested_by:c,requested_at:l})}}return n===401?{text:"You are signed out. Sign in again, then come back here."}:n===403?{text:"You do not have permission."}:{text:e.message}}function Pe(e){Le(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Be({problem:e,show:t}){return ie`<div class="problem" role="alert">
    ${e&&ie`<p>${e.text}</p>`}
    ${e?.running&&ie`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var Jt=3e4,qt=400,zt=4,O=Ue(null),R=Ue(null);function je(e,t){R.value=null,O.value={...t,opener:e}}function Zt(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Ye=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),Qt=(e,{action:t})=>({action:t,environment:h.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:Ye(e)}),Xt=(e,t)=>P("POST","/api/operations",Qt(e,t),{timeoutMs:t.timeoutMs??Jt}),Ke=e=>(e.reload??Ie)();async function en(e,t){try{return{done:(await(t.send?t.send(Ye(e)):Xt(e,t))).body}}catch(n){return n.status===409&&Ke(t),Fe(n)}}async function tn({rollback_id:e,message:t},n,o){if(e)return He(le(e,{kind:o.kind,reason:n.reason}));f({text:t}),await Ke(o),R.value=t,O.value===o&&(O.value=null)}function He(e){O.value=null,Pe(e)}function Ve({name:e,index:t,label:n,about:o,isNow:a,isChosen:r,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return i`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${r} disabled=${c} onChange=${l}
      aria-describedby=${o?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${n}${a&&i` <span class="tag">Now</span>`}
    </label>
    ${o&&i`<p id="${u}-about" class="form-text">${o}</p>`}
  </div>`}function nn({question:e,form:t,isLocked:n,choose:o}){let[a,r]=Y(!1),{legend:c,options:l}=e.choices,u=a?l:l.slice(0,zt);return i`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:C,label:$,about:_},it)=>i`<${Ve} key=${C} name="choice"
        isNow=${C===e.subject} isChosen=${C===t.subject}
        choose=${()=>o({subject:C})} ...${{index:it,label:$,about:_,isLocked:n}} />`)}
    ${u.length<l.length&&i`<button type="button" class="btn btn-outline" onClick=${()=>r(!0)}>
      Show older
    </button>`}
  </fieldset>`}function on({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return i`${a&&i`<fieldset>
      <legend>Why?</legend>
      ${a.map((r,c)=>i`<${Ve} key=${r} name="reason" label=${r}
          isChosen=${r===t.reason} choose=${()=>o({reason:r})}
          ...${{index:c,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${qt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${r=>o({note:r.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function an({question:e}){let[t,n]=Y({subject:e.subject,reason:"",note:""}),[o,a]=Y(null),[r,c]=Y(!1),l=We(!1),u=$=>{n(_=>({..._,...$})),a(null)},C=async()=>{if(l.current)return;let $=Zt(t,e);if(a($),$)return document.getElementById($.field).focus();l.current=!0,c(!0);let _=await en(t,e);if(_.done)return tn(_.done,t,e);l.current=!1,c(!1),a(_)};return i`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map($=>i`<p key=${$}>${$}</p>`)}
    ${e.choices&&i`<${nn} isLocked=${r} ...${{question:e,form:t,choose:u}} />`}
    <${on} isLocked=${r} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Be} problem=${o} show=${He} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>O.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(r)} onClick=${C}>
          ${r?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function sn({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Ge(){let e=We(null),t=O.value;return Gt(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),sn(t)}},[t]),i`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>O.value=null}>
    ${t&&i`<${an} key=${t.title} question=${t} />`}
  </dialog>`}import{html as K}from"/assets/vendor/ui.js";function Je({id:e,caption:t,columns:n,rows:o}){return K`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>K`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:r="",cells:c})=>K`<tr key=${a} role="row" class=${r}>
          ${c.map((l,u)=>K`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[u]}</span>
              <div class="cell">${l}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as ce,signal as rn}from"/assets/vendor/ui.js";var ze=rn(""),ln="You are still signed in: the server did not answer. Press again.";async function qe(e){try{await y(e,{method:"DELETE"})}catch(t){if(!(t instanceof p&&t.status===401))return ze.value=ln}localStorage.clear(),location.assign("/admin/sign-in")}function Ze({viewer:e}){return e?ce`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>qe("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>qe("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${ze}</p>`:null}function Qe({children:e}){return ce`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Xe({role:e,children:t}){return ce`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as E}from"/assets/vendor/ui.js";var cn={ok:E`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:E`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:E`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:E`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:E`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function H({shape:e}){return E`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${cn[e]}
  </svg>`}function ue({shape:e,word:t}){return E`<span class="status status-${e}"><${H} shape=${e} />${t}</span>`}var un="/admin/flags",dn=`/api/flags?environment=${d}`,pn=15,et=[5,10,20,40,60],fn=2e4,hn=8e3,mn=45e3,vn=["Feature","What visitors lose when off","State","Changed","Action"],gn=["Error rate is high","Page does not open","Wrong or missing data","Other"],$n=["The cause is gone","It was not the cause","It was a mistake","Other"],v=J(null),g=J(null),F=J(!1),de=J(!1),nt=0,G=0,ot=null,V=null;function wn(e){let t=e.state==="on"?"off":"on",n={environment:d,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}${z}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?gn:$n,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>P("PUT","/api/flags",{...n,reason:a}),reload:Nn,home:"main"}}function bn({flag:e}){return e.changed_at?s`${Oe(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${Se(e.changed_at,v.value.now)}</time></span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`:"Never"}function yn({flag:e}){if(e.stays_on_because&&e.state==="on")return s`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!v.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return s`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>je(n.currentTarget,wn(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var Sn=e=>({key:e.key,cells:[s`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?s`<${ue} shape="ok" word="On" />`:s`<${ue} shape="warn" word="Off" />`,s`<${bn} flag=${e} />`,s`<${yn} flag=${e} />`]});function xn(){let e=ee(v.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=g.value||de.value,o=n?"warn":"ok";return s`<div id="freshness" class="freshness freshness-${o}">
    <p><${H} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${st}>Refresh now</button>
  </div>`}function _n(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function kn(){let{flags:e,can_turn:t}=v.value;return s`<${xn} />
    ${!t&&s`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${R.value&&s`<p id="told" class="told"><${H} shape="ok" />${R.value}</p>`}
    ${e.length===0&&s`<${_n} />`}
    ${e.length>0&&s`<section class="card-box" aria-label="Switches">
      <${Je} id="flags" caption="Feature switches of ${d}" columns=${vn}
        rows=${e.map(Sn)} />
    </section>`}`}function On({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return s`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof w?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(F.value)} onClick=${()=>F.value||st()}>
      ${F.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function En(){return v.value?s`<${kn} />`:g.value?s`<${On} error=${g.value} />`:s`<p>Loading the feature switches…</p>`}var Cn=()=>!!(v.value||g.value);function Tn(){let e=g.value;return e?.status===401?s`<${Qe} />`:e?.status===403?s`<${Xe} role="viewer" />`:s`<${En} />
    ${Cn()&&s`<${ve} page=${un} />`}
    <${Ge} />`}function M(){return clearTimeout(ot),de.value=Date.now()-nt>mn,V??=Mn().finally(()=>V=null),V}async function Mn(){F.value=!0;try{let e=v.value?hn:fn,{body:t}=await y(dn,{timeoutMs:e});g.value&&v.value&&f({text:"Connection is back. Data is current."}),G=0,g.value=null,v.value=t,nt=Date.now(),de.value=!1,tt(s`<${Ze} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof p)&&!(e instanceof w))throw e;at(e)}F.value=!1,An()}function at(e){G+=1;let t=!g.value;g.value=e,[401,403].includes(e.status)&&(v.value=null);let n=v.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&f({text:n,region:"alert"})}function An(){if(document.hidden||[401,403].includes(g.value?.status))return;let e=et[Math.min(G,et.length)-1],t=.85+Math.random()*.3;ot=setTimeout(M,(G?e:pn)*t*1e3)}async function Nn(){await V,await M()}async function st(){await M(),g.value||f({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||M());addEventListener("online",M);addEventListener("offline",()=>at(new w));document.title=`Feature switches${z} \u2013 WedSync rollback`;ge();var rt=document.getElementById("page");rt.replaceChildren();tt(s`<${Tn} />`,rt);M();
