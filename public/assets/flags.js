import{html as s,render as et,signal as J}from"/assets/vendor/ui.js";var it={status:"live-status",alert:"live-alert"},q=[],N=null;function f({text:e,region:t="status",isOutcome:n=!1}){n&&(q.length=0,clearTimeout(N),N=null),q.push({text:e,region:t,isOutcome:n}),N===null&&pe()}function pe(){N=null;let e=q.shift();if(e){for(let[t,n]of Object.entries(it))document.getElementById(n).textContent=t===e.region?e.text:"";N=setTimeout(pe,e.isOutcome?5e3:1500)}}import{html as i,signal as Be,useLayoutEffect as Vt,useRef as Ue,useState as Y}from"/assets/vendor/ui.js";import{batch as j,computed as _,signal as m}from"/assets/vendor/ui.js";import{html as lt}from"/assets/vendor/ui.js";var ct=new URLSearchParams(location.search).get("environment"),d=ct==="staging"?"staging":"production",fe=d==="staging"?"production":"staging",he=e=>e[0].toUpperCase()+e.slice(1),me=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,z=d==="staging"?" of staging":"",ve=({page:e})=>lt`<p id="environment-switch">This page is about
  ${" "}<strong>${d}</strong>. <a href=${me(fe,e)}>${he(fe)}</a></p>`;function ge(){let e=document.querySelector(".environment");e.textContent=he(d),e.dataset.environment=d;for(let t of document.querySelectorAll("nav a"))t.href=me(d,t.pathname)}var p=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},w=class extends Error{};async function ut(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new w;return e.json()}async function dt(e){if(e.status===204||e.status===304)return null;let t=await ut(e);if(!e.ok)throw new p(e.status,t);return t}async function b(e,{timeoutMs:t=8e3,...n}={}){try{let o=await fetch(e,{...n,signal:AbortSignal.timeout(t)});return{body:await dt(o),etag:o.headers.get("etag")}}catch(o){throw o instanceof p?o:new w(o.message)}}function P(e,t,n,{headers:o,...a}={}){return b(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var pt={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var ft="automatic",ht=.05,be=1e3,Q=60*be,X=60*Q,Rn=24*X,ye={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},mt=new Intl.DateTimeFormat("en-GB",ye),vt=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...ye}),$e=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var ee=e=>mt.format(new Date(e));function xe(e,t){return $e.format(new Date(e))===$e.format(new Date(t))?`today, ${ee(e)}`:vt.format(new Date(e))}var Z=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function Se(e){let t=Math.max(0,e);return t<2*Q?Z(Math.floor(t/be),"second"):t<2*X?Z(Math.floor(t/Q),"minute"):Z(Math.floor(t/X),"hour")}function gt(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var C=e=>e?.status==="pending"||e?.status==="in_progress";function we(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:_e(e.steps[t])}}var _e=e=>pt[e.name]??e.name;var ke=e=>e===ft?"Automatically":e;var B=e=>$t(e)?"Roll forward":"Rollback",$t=e=>e?.kind==="forward";function te({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>ht}function Oe(e,t){let n=te(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${gt(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function Ee(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&C(t)&&t.requested_by!==n&&a.push({region:"alert",text:wt(t)}),C(t)&&a.push(...bt(o?e:null,t)),o&&C(e)&&!C(t)&&a.push(yt(t)),a}var wt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${B(e).toLowerCase()}.`;function bt(e,t){let n=[],o=we(t);if(o&&o.name!==(e&&we(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=B(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function yt(e){if(e.status==="completed")return{region:"status",text:`${B(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=B(e);return{region:"alert",text:`${t?`${n} failed at: ${_e(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var xt=`/api/overview?environment=${d}`,Te=15,St=5,_t=1,kt=2,Ot=5,Ce=[5,10,20,40,60],Et=1500,Ct=45e3,Tt=12e4;var Mt=2e4,At=8e3,y=m("loading"),h=m(null),x=m(null),Nt=m(!navigator.onLine),D=m(!1),It=m(!1),Yn=m(!1),T=m(null),ne=m(Date.now()),oe=m(0),Dt=m(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),ae=_(()=>ne.value+oe.value),Kn=_(()=>T.value&&T.value+oe.value),M=_(()=>C(x.value)),Hn=_(()=>Dt.value.has(x.value?.rollback_id)?null:x.value),Me=_(()=>T.value?ne.value-T.value:0),Vn=_(()=>y.value==="ready"&&(D.value||Nt.value||Me.value>Ct)),Gn=_(()=>Me.value>Tt),I=null,U=null,se=0,L=0,Ae=null,W=null;function re(){return clearTimeout(Ae),W??=Lt().finally(()=>W=null),W}async function Ne(){await W,se=0,await re()}async function Lt(){let e=performance.now();try{await Rt(),Bt()}catch(t){Ut(t)}jt(performance.now()-e)}async function Rt(){let e=M.value;e&&await Ft(x.value.rollback_id);let t=e&&!M.value;(!e||t||Date.now()>=se)&&await Pt()}async function Ft(e){let t=`/api/rollback/status/${encodeURIComponent(e)}`,{body:n}=await b(t,{timeoutMs:5e3});Ie(n)}async function Pt(){let e=T.value?At:Mt,t=await b(xt,{timeoutMs:e,headers:I?{"if-none-match":I}:{}});if(se=Date.now()+Te*1e3,I=t.etag??I,t.body===null)return;let n=h.value&&h.value.ui_version!==t.body.ui_version;j(()=>{oe.value=Date.parse(t.body.now)-Date.now(),It.value||=!!n,Ie(t.body.active,t.body.viewer.name),h.value=t.body}),Oe(U,t.body).forEach(f),U=te(t.body)??U}function Ie(e,t=h.value?.viewer.name){e&&h.value&&Ee(x.value,e,t).forEach(f),(e||!M.value)&&(x.value=e)}function De(e){x.value=e,re()}function Bt(){D.value&&f({text:"Connection is back. Data is current."}),L=0,j(()=>{y.value="ready",D.value=!1,T.value=ne.value=Date.now()})}function Ut(e){if(e instanceof p&&[401,403].includes(e.status))return Wt(e.status);L+=1;let n=!D.value&&y.value==="ready";j(()=>{D.value=!0,y.value==="loading"&&(y.value="error")}),n&&f({text:"Cannot reach the server. Showing the last known data.",region:"alert"})}function Wt(e){I=null,j(()=>{y.value=e===401?"signed-out":"no-access",h.value=x.value=null})}function jt(e){let t=Yt(e);if(t===null)return;let n=M.value&&L===0?1:.85+Math.random()*.3;Ae=setTimeout(re,t*n*1e3)}function Yt(e){return y.value==="signed-out"||y.value==="no-access"?null:document.hidden?M.value?Ot:null:L>0?Ce[Math.min(L,Ce.length)-1]:M.value?e>Et?kt:_t:h.value.overall.state==="bad"||U?St:Te}import{html as ie}from"/assets/vendor/ui.js";var Kt="No answer yet. Your request may still have arrived. Press the button again: it will not run twice.",Ht="You are offline. Press the button again when you are back.",le=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:h.value?.viewer.name??"you",requested_at:new Date(ae.value).toISOString(),reason:null,next_actions:[],...t});function Re(e){if(e instanceof w)return{text:navigator.onLine?Kt:Ht,isOpen:!0};if(!(e instanceof p))throw e;let{problem:t,status:n,type:o}=e;if(o==="rollback-in-progress"&&t.rollback_id){let a=Se(ae.value-Date.parse(t.requested_at)),r=`${t.requested_by} already started a rollback ${a} ago.`,{requested_by:c,requested_at:l}=t;return{text:r,running:le(t.rollback_id,{requested_by:c,requested_at:l})}}return n===401?{text:"You are signed out. Sign in again, then come back here."}:n===403?{text:"You do not have permission."}:{text:e.message}}function Fe(e){De(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Pe({problem:e,show:t}){return ie`<div class="problem" role="alert">
    ${e&&ie`<p>${e.text}</p>`}
    ${e?.running&&ie`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var Gt=3e4,Jt=400,qt=4,k=Be(null),R=Be(null);function We(e,t){R.value=null,k.value={...t,opener:e}}function zt(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var je=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),Zt=(e,{action:t})=>({action:t,environment:h.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:je(e)}),Qt=(e,t)=>P("POST","/api/operations",Zt(e,t),{timeoutMs:t.timeoutMs??Gt}),Ye=e=>(e.reload??Ne)();async function Xt(e,t){try{return{done:(await(t.send?t.send(je(e)):Qt(e,t))).body}}catch(n){return n.status===409&&Ye(t),Re(n)}}async function en({rollback_id:e,message:t},n,o){if(e)return Ke(le(e,{kind:o.kind,reason:n.reason}));f({text:t}),await Ye(o),R.value=t,k.value===o&&(k.value=null)}function Ke(e){k.value=null,Fe(e)}function He({name:e,index:t,label:n,about:o,isNow:a,isChosen:r,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return i`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${r} disabled=${c} onChange=${l}
      aria-describedby=${o?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${n}${a&&i` <span class="tag">Now</span>`}
    </label>
    ${o&&i`<p id="${u}-about" class="form-text">${o}</p>`}
  </div>`}function tn({question:e,form:t,isLocked:n,choose:o}){let[a,r]=Y(!1),{legend:c,options:l}=e.choices,u=a?l:l.slice(0,qt);return i`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:E,label:$,about:S},rt)=>i`<${He} key=${E} name="choice"
        isNow=${E===e.subject} isChosen=${E===t.subject}
        choose=${()=>o({subject:E})} ...${{index:rt,label:$,about:S,isLocked:n}} />`)}
    ${u.length<l.length&&i`<button type="button" class="btn btn-outline" onClick=${()=>r(!0)}>
      Show older
    </button>`}
  </fieldset>`}function nn({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return i`${a&&i`<fieldset>
      <legend>Why?</legend>
      ${a.map((r,c)=>i`<${He} key=${r} name="reason" label=${r}
          isChosen=${r===t.reason} choose=${()=>o({reason:r})}
          ...${{index:c,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${Jt}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${r=>o({note:r.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function on({question:e}){let[t,n]=Y({subject:e.subject,reason:"",note:""}),[o,a]=Y(null),[r,c]=Y(!1),l=Ue(!1),u=$=>{n(S=>({...S,...$})),a(null)},E=async()=>{if(l.current)return;let $=zt(t,e);if(a($),$)return document.getElementById($.field).focus();l.current=!0,c(!0);let S=await Xt(t,e);if(S.done)return en(S.done,t,e);l.current=!1,c(!1),a(S)};return i`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map($=>i`<p key=${$}>${$}</p>`)}
    ${e.choices&&i`<${tn} isLocked=${r} ...${{question:e,form:t,choose:u}} />`}
    <${nn} isLocked=${r} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Pe} problem=${o} show=${Ke} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>k.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(r)} onClick=${E}>
          ${r?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function an({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Ve(){let e=Ue(null),t=k.value;return Vt(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),an(t)}},[t]),i`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>k.value=null}>
    ${t&&i`<${on} key=${t.title} question=${t} />`}
  </dialog>`}import{html as K}from"/assets/vendor/ui.js";function Ge({id:e,caption:t,columns:n,rows:o}){return K`<table id=${e} class="table cards" role="table">
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
  </table>`}import{html as ce,signal as sn}from"/assets/vendor/ui.js";var qe=sn(""),rn="You are still signed in: the server did not answer. Press again.";async function Je(e){try{await b(e,{method:"DELETE"})}catch(t){if(!(t instanceof p&&t.status===401))return qe.value=rn}localStorage.clear(),location.assign("/admin/sign-in")}function ze({viewer:e}){return e?ce`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>Je("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>Je("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${qe}</p>`:null}function Ze({children:e}){return ce`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Qe({role:e,children:t}){return ce`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as O}from"/assets/vendor/ui.js";var ln={ok:O`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:O`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:O`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:O`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:O`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function H({shape:e}){return O`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${ln[e]}
  </svg>`}function ue({shape:e,word:t}){return O`<span class="status status-${e}"><${H} shape=${e} />${t}</span>`}var cn="/admin/flags",un=`/api/flags?environment=${d}`,dn=15,Xe=[5,10,20,40,60],pn=2e4,fn=8e3,hn=45e3,mn=["Feature","What visitors lose when off","State","Changed","Action"],vn=["Error rate is high","Page does not open","Wrong or missing data","Other"],gn=["The cause is gone","It was not the cause","It was a mistake","Other"],v=J(null),g=J(null),F=J(!1),de=J(!1),tt=0,G=0,nt=null,V=null;function $n(e){let t=e.state==="on"?"off":"on",n={environment:d,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}${z}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?vn:gn,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>P("PUT","/api/flags",{...n,reason:a}),reload:An,home:"main"}}function wn({flag:e}){return e.changed_at?s`${ke(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${xe(e.changed_at,v.value.now)}</time></span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`:"Never"}function bn({flag:e}){if(e.stays_on_because&&e.state==="on")return s`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!v.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return s`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>We(n.currentTarget,$n(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var yn=e=>({key:e.key,cells:[s`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?s`<${ue} shape="ok" word="On" />`:s`<${ue} shape="warn" word="Off" />`,s`<${wn} flag=${e} />`,s`<${bn} flag=${e} />`]});function xn(){let e=ee(v.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=g.value||de.value,o=n?"warn":"ok";return s`<div id="freshness" class="freshness freshness-${o}">
    <p><${H} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${at}>Refresh now</button>
  </div>`}function Sn(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function _n(){let{flags:e,can_turn:t}=v.value;return s`<${xn} />
    ${!t&&s`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${R.value&&s`<p id="told" class="told"><${H} shape="ok" />${R.value}</p>`}
    ${e.length===0&&s`<${Sn} />`}
    ${e.length>0&&s`<section class="card-box" aria-label="Switches">
      <${Ge} id="flags" caption="Feature switches of ${d}" columns=${mn}
        rows=${e.map(yn)} />
    </section>`}`}function kn({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return s`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof w?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(F.value)} onClick=${()=>F.value||at()}>
      ${F.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function On(){return v.value?s`<${_n} />`:g.value?s`<${kn} error=${g.value} />`:s`<p>Loading the feature switches…</p>`}var En=()=>!!(v.value||g.value);function Cn(){let e=g.value;return e?.status===401?s`<${Ze} />`:e?.status===403?s`<${Qe} role="viewer" />`:s`<${On} />
    ${En()&&s`<${ve} page=${cn} />`}
    <${Ve} />`}function A(){return clearTimeout(nt),de.value=Date.now()-tt>hn,V??=Tn().finally(()=>V=null),V}async function Tn(){F.value=!0;try{let e=v.value?fn:pn,{body:t}=await b(un,{timeoutMs:e});g.value&&v.value&&f({text:"Connection is back. Data is current."}),G=0,g.value=null,v.value=t,tt=Date.now(),de.value=!1,et(s`<${ze} viewer=${t.viewer} />`,document.getElementById("viewer"))}catch(e){if(!(e instanceof p)&&!(e instanceof w))throw e;ot(e)}F.value=!1,Mn()}function ot(e){G+=1;let t=!g.value;g.value=e,[401,403].includes(e.status)&&(v.value=null);let n=v.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&f({text:n,region:"alert"})}function Mn(){if(document.hidden||[401,403].includes(g.value?.status))return;let e=Xe[Math.min(G,Xe.length)-1],t=.85+Math.random()*.3;nt=setTimeout(A,(G?e:dn)*t*1e3)}async function An(){await V,await A()}async function at(){await A(),g.value||f({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||A());addEventListener("online",A);addEventListener("offline",()=>ot(new w));document.title=`Feature switches${z} \u2013 WedSync rollback`;ge();var st=document.getElementById("page");st.replaceChildren();et(s`<${Cn} />`,st);A();
