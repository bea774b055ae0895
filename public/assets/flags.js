import{html as r,render as rt,signal as z}from"/assets/vendor/ui.js";var dt={status:"live-status",alert:"live-alert"},A=[],C=null;function p({text:e,region:t="status",isOutcome:n=!1}){n&&(A.length=0,clearTimeout(C),C=null),A.push({text:e,region:t,isOutcome:n}),A.length>8&&A.shift(),C===null&&Z()}function Z(){if(C=null,!A.length)return;if(document.querySelector("dialog[open]")){C=setTimeout(Z,1500);return}let e=A.shift();for(let[t,n]of Object.entries(dt))document.getElementById(n).textContent=t===e.region?e.text:"";C=setTimeout(Z,e.isOutcome?5e3:1500)}import{html as l,signal as Je,useLayoutEffect as sn,useRef as qe,useState as H}from"/assets/vendor/ui.js";import{html as pt}from"/assets/vendor/ui.js";var ft=new URLSearchParams(location.search).get("environment"),u=ft==="staging"?"staging":"production",he=u==="staging"?"production":"staging",me=e=>e[0].toUpperCase()+e.slice(1),ge=(e,t="/admin/deployments")=>e==="production"?t:`${t}?environment=${e}`,ht=e=>e==="production"?"":`&environment=${e}`,Hn=ht(u),Q=u==="staging"?" of staging":"",$e=({page:e})=>pt`<p id="environment-switch">This page is about
  ${" "}<strong>${u}</strong>. <a href=${ge(he,e)}>${me(he)}</a></p>`;function ve(e=u){let t=document.querySelector(".environment");t.textContent=me(e),t.dataset.environment=e;for(let n of document.querySelectorAll("nav a"))n.href=ge(e,n.pathname)}function be({opener:e,home:t="main"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&(document.getElementById(t)??document.getElementById("main")).focus()})}import{batch as j,computed as x,signal as m}from"/assets/vendor/ui.js";function U(e){let t=null,n=null;function o(){return t||(n=new AbortController,t=e(n.signal).finally(()=>t=null)),t}async function a(){n?.abort(),await t,await o()}return{look:o,lookAfresh:a}}var f=class extends Error{constructor(t,n){super(n.detail||n.title||`The server answered ${t}.`),this.status=t,this.problem=n}get type(){return String(this.problem.type??"").split(/[/#]/).pop()}},h=class extends Error{},mt=/[\u202a-\u202e\u2066-\u2069]/g,gt=(e,t)=>typeof t=="string"?t.replace(mt,""):t;async function $t(e){if(!/[/+]json/.test(e.headers.get("content-type")??""))throw new h;return JSON.parse(await e.text(),gt)}async function vt(e){if(e.status===204||e.status===304)return null;let t=await $t(e);if(!e.ok)throw new f(e.status,t);return t}function bt(e,t){let n=AbortSignal.timeout(e);return t&&AbortSignal.any?AbortSignal.any([t,n]):n}async function y(e,{timeoutMs:t=8e3,signal:n,...o}={}){try{let a=await fetch(e,{...o,signal:bt(t,n)});return{body:await vt(a),etag:a.headers.get("etag")}}catch(a){throw a instanceof f?a:new h(a.message)}}function B(e,t,n,{headers:o,...a}={}){return y(t,{...a,method:e,headers:{"content-type":"application/json",...o},body:JSON.stringify(n)})}var wt={record:"Record the rollback",switch:"Switch traffic",database:"Database",caches:"Clear caches",verify:"Check it works"};var yt="automatic",St=.05,Se=1e3,ee=60*Se,te=60*ee,Zn=24*te,xe={hour:"2-digit",minute:"2-digit",hourCycle:"h23",timeZoneName:"short"},xt=new Intl.DateTimeFormat("en-GB",xe),kt=new Intl.DateTimeFormat("en-GB",{day:"numeric",month:"short",...xe}),we=new Intl.DateTimeFormat("en-GB",{dateStyle:"short"});var ne=e=>xt.format(new Date(e));function ke(e,t){return we.format(new Date(e))===we.format(new Date(t))?`today, ${ne(e)}`:kt.format(new Date(e))}var X=(e,t)=>`${e.toLocaleString("en")} ${t}${e===1?"":"s"}`;function _e(e){let t=Math.max(0,e);return t<2*ee?X(Math.floor(t/Se),"second"):t<2*te?X(Math.floor(t/ee),"minute"):X(Math.floor(t/te),"hour")}function _t(e){let t=e*100;return`${Number(t<10?t.toFixed(1):Math.round(t))} %`}var S=e=>e?.status==="pending"||e?.status==="in_progress";function Oe(e,t){let n=e?.rollback_id===t?.rollback_id;return S(e)!==n&&S(t)===n}function ye(e){let t=e.steps.findIndex(n=>n.state==="run");return t<0?null:{position:t+1,of:e.steps.length,name:Te(e.steps[t])}}var Te=e=>wt[e.name]??e.name;var Ee=e=>e===yt?"Automatically":e;var P=e=>Ot(e)?"Roll forward":"Rollback",Ot=e=>e?.kind==="forward";function oe({traffic:{verdict:e,is_fresh:t}}){return!t||!e?.requests?null:["suspect","rollback"].includes(e.state)&&e.rate>St}function Ae(e,t){let n=oe(t);return e===null||n===null||n===e?[]:n?[{region:"alert",text:`Error rate is ${_t(t.traffic.verdict.rate).replace("%","percent")}, above the 5 percent limit.`}]:[{text:"Error rate is back below 5 percent."}]}function Ce(e,t,n){let o=e?.rollback_id===t.rollback_id,a=[];return!o&&S(t)&&t.requested_by!==n&&a.push({region:"alert",text:Tt(t)}),S(t)&&a.push(...Et(o?e:null,t)),o&&S(e)&&!S(t)&&a.push(At(t)),a}var Tt=e=>e.automatic?"A rollback started automatically.":`${e.requested_by} started a ${P(e).toLowerCase()}.`;function Et(e,t){let n=[],o=ye(t);if(o&&o.name!==(e&&ye(e)?.name)&&n.push({region:"status",text:`Step ${o.position} of ${o.of}: ${o.name}`}),t.overdue&&!e?.overdue){let a=P(t).toLowerCase();n.push({region:"alert",text:`The ${a} takes longer than 60 seconds.`})}return n}function At(e){if(e.status==="completed")return{region:"status",text:`${P(e)} completed`,isOutcome:!0};let t=e.steps.find(a=>a.state==="bad"),n=P(e);return{region:"alert",text:`${t?`${n} failed at: ${Te(t)}.`:`${n} failed.`} ${e.error??""}`.trim(),isOutcome:!0}}var Ct=`/api/overview?environment=${u}`,Ie=15,Nt=5,It=1,Mt=2,Dt=5,Ne=[5,10,20,40,60],Lt=1500,Rt=45e3,Ft=12e4;var Ut=2e4,Bt=8e3,_=m("loading"),b=m(null),w=m(null),Pt=m(!navigator.onLine),M=m(!1),Wt=m(!1),ro=m(!1),N=m(null),ae=m(Date.now()),re=m(0),jt=m(new Set(JSON.parse(sessionStorage.getItem("closed")??"[]"))),Y=x(()=>ae.value+re.value),so=x(()=>new Date(Y.value).setHours(0,0,0,0)),io=x(()=>N.value&&N.value+re.value),D=x(()=>S(w.value)),lo=x(()=>jt.value.has(w.value?.rollback_id)?null:w.value),Me=x(()=>N.value?ae.value-N.value:0),co=x(()=>_.value==="ready"&&(M.value||Pt.value||Me.value>Rt)),uo=x(()=>Me.value>Ft),I=null,W=null,se=0,L=0,De=null,{look:Yt,lookAfresh:Le}=U(Gt);async function Re(){se=0,await Le()}async function Gt(e){clearTimeout(De);let t=performance.now();try{await Kt(e),qt()}catch(n){if(e.aborted)return;zt(n)}Qt(performance.now()-t)}async function Kt(e){(!(D.value&&await Ht(w.value.rollback_id,e))||Date.now()>=se)&&await Jt(e)}async function Ht(e,t){try{await Vt(e,t)}catch{return!1}return D.value}async function Vt(e,t){let n=`/api/rollback/status/${encodeURIComponent(e)}`,{body:o}=await y(n,{timeoutMs:5e3,signal:t});Fe(o)}async function Jt(e){let t=N.value?Bt:Ut,o=await y(Ct,{timeoutMs:t,signal:e,headers:I?{"if-none-match":I}:{}});if(se=Date.now()+Ie*1e3,I=o.etag??I,o.body===null)return;let a=b.value&&b.value.ui_version!==o.body.ui_version;j(()=>{re.value=Date.parse(o.body.now)-Date.now(),Wt.value||=!!a,Fe(o.body.active,o.body.viewer.name),b.value=o.body}),Ae(W,o.body).forEach(p),W=oe(o.body)??W}function Fe(e,t=b.value?.viewer.name){Oe(w.value,e)||(e&&b.value&&Ce(w.value,e,t).forEach(p),w.value=e)}function Ue(e){w.value=e,Le()}function qt(){M.value&&p({text:"Connection is back. Data is current."}),L=0,j(()=>{_.value="ready",M.value=!1,N.value=ae.value=Date.now()})}function zt(e){if(e instanceof f&&[401,403].includes(e.status))return Zt(e.status);L+=1;let t=!M.value&&!ie();j(()=>{M.value=!0,_.value==="loading"&&(_.value="error")});let n=b.value?"Cannot reach the server. Showing the last known data.":"The status cannot be loaded. You can still roll back.";t&&p({text:n,region:"alert"})}var ie=()=>_.value==="signed-out"||_.value==="no-access";function Zt(e){I=null;let t=e===401?"You are signed out.":"You do not have access.";ie()||p({text:t,region:"alert"}),j(()=>{_.value=e===401?"signed-out":"no-access",b.value=w.value=null})}function Qt(e){let t=Xt(e);if(t===null)return;let n=D.value&&L===0?1:.85+Math.random()*.3;De=setTimeout(Yt,t*n*1e3)}function Xt(e){return ie()?null:document.hidden?D.value?Dt:null:L>0?Ne[Math.min(L,Ne.length)-1]:D.value?e>Lt?Mt:It:b.value.overall.state==="bad"||W?Nt:Ie}import{html as K}from"/assets/vendor/ui.js";import{html as le,signal as en}from"/assets/vendor/ui.js";var G=`/admin/sign-in?to=${encodeURIComponent(location.pathname+location.search)}`,We=en(""),tn="You are still signed in: the server did not answer. Press again.";async function Pe(e){try{await y(e,{method:"DELETE"})}catch(t){if(!(t instanceof f&&t.status===401))return We.value=tn}localStorage.clear(),location.assign("/admin/sign-in")}function je({viewer:e}){return e?le`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>Pe("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>Pe("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${We}</p>`:null}function Ye({children:e}){return le`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href=${G}>Sign in</a></p>
    ${e}
  </section>`}function Ge({role:e,children:t}){return le`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href=${G}>Sign in with another token</a></p>
    ${t}
  </section>`}var nn="No answer yet. Your request may still have arrived. ",on="Press the button again: it will not run twice.",an="You are signed out. Sign in again, then come back here and press again.",rn="You are offline. Press the button again when you are back.",ce=(e,t)=>({rollback_id:e,status:"pending",overdue:!1,steps:[],target:null,from_deployment:null,requested_by:b.value?.viewer.name??"you",requested_at:new Date(Y.value).toISOString(),reason:null,next_actions:[],...t});function Ke(e,t=on){if(e instanceof h)return{text:navigator.onLine?nn+t:rn,isOpen:!0};if(!(e instanceof f))throw e;let{problem:n,status:o,type:a}=e;if(a==="rollback-in-progress"&&n.rollback_id){let s=_e(Y.value-Date.parse(n.requested_at)),d=`${n.requested_by} already started a rollback ${s} ago.`,{requested_by:c,requested_at:i}=n;return{text:d,running:ce(n.rollback_id,{requested_by:c,requested_at:i})}}return o===401?{text:an,isSignedOut:!0}:o===403?{text:"You do not have permission."}:{text:e.message}}function He(e){Ue(e),requestAnimationFrame(()=>document.getElementById("rollback-heading")?.focus())}function Ve({problem:e,show:t}){return K`<div class="problem" role="alert">
    ${e&&K`<p>${e.text}</p>`}
    ${e?.isSignedOut&&K`<a class="btn btn-outline" href=${G} target="_blank">Sign in</a>`}
    ${e?.running&&K`<button type="button" class="btn btn-outline" onClick=${()=>t(e.running)}>
      Show it
    </button>`}
  </div>`}var ln=3e4,cn="Close this and look at the page before you ask again.",un=400,dn=4,O=Je(null),R=Je(null);function ze(e,t){R.value=null,O.value={...t,opener:e}}function pn(e,{choices:t,subject:n,reasons:o}){return t&&e.subject===n?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:o&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!o&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Ze=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),fn=(e,{action:t})=>({action:t,environment:u,...e.subject!==void 0&&{subject:e.subject},reason:Ze(e)}),hn=(e,t)=>B("POST","/api/operations",fn(e,t),{timeoutMs:t.timeoutMs??ln}),Qe=e=>(e.reload??Re)();async function mn(e,t){try{return{done:(await(t.send?t.send(Ze(e)):hn(e,t))).body}}catch(n){return(n.status===409||n instanceof h)&&Qe(t),Ke(n,cn)}}async function gn({rollback_id:e,message:t},n,o){if(e)return Xe(ce(e,{kind:o.kind,reason:n.reason}));p({text:t}),await Qe(o),R.value=t,O.value===o&&(O.value=null)}function Xe(e){O.value=null,He(e)}function et({name:e,index:t,label:n,about:o,isNow:a,isChosen:s,isLocked:d,choose:c}){let i=`operation-${e}-${t}`;return l`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${i}
      checked=${s} disabled=${d} onChange=${c}
      aria-describedby=${o?`${i}-about`:void 0} />
    <label class="form-check-label" for=${i}>
      ${n}${a&&l` <span class="tag">Now</span>`}
    </label>
    ${o&&l`<p id="${i}-about" class="form-text">${o}</p>`}
  </div>`}function $n({question:e,form:t,isLocked:n,choose:o}){let[a,s]=H(!1),{legend:d,options:c}=e.choices,i=a?c:c.slice(0,dn);return l`<fieldset>
    <legend>${d}</legend>
    ${i.map(({subject:E,label:v,about:k},ut)=>l`<${et} key=${E} name="choice"
        isNow=${E===e.subject} isChosen=${E===t.subject}
        choose=${()=>o({subject:E})} ...${{index:ut,label:v,about:k,isLocked:n}} />`)}
    ${i.length<c.length&&l`<button type="button" class="btn btn-outline" onClick=${()=>s(!0)}>
      Show older
    </button>`}
  </fieldset>`}function vn({question:e,form:t,isLocked:n,choose:o}){let{reasons:a}=e;return l`${a&&l`<fieldset>
      <legend>Why?</legend>
      ${a.map((s,d)=>l`<${et} key=${s} name="reason" label=${s}
          isChosen=${s===t.reason} choose=${()=>o({reason:s})}
          ...${{index:d,isLocked:n}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${a?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${un}
      required=${!a} disabled=${n} value=${t.note}
      onInput=${s=>o({note:s.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function bn({question:e}){let[t,n]=H({subject:e.subject,reason:"",note:""}),[o,a]=H(null),[s,d]=H(!1),c=qe(!1),i=v=>{n(k=>({...k,...v})),a(null)},E=async()=>{if(c.current)return;let v=pn(t,e);if(a(v),v)return document.getElementById(v.field).focus();c.current=!0,d(!0);let k=await mn(t,e);if(k.done)return gn(k.done,t,e);c.current=!1,d(!1),a(k)};return l`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(v=>l`<p key=${v}>${v}</p>`)}
    ${e.choices&&l`<${$n} isLocked=${s} ...${{question:e,form:t,choose:i}} />`}
    <${vn} isLocked=${s} ...${{question:e,form:t,choose:i}} />
    <div class="dialog-end">
      <${Ve} problem=${o} show=${Xe} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>O.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(s)} onClick=${E}>
          ${s?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function tt(){let e=qe(null),t=O.value;return sn(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),be({home:"standing-title",...t})}},[t]),l`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>O.value=null}>
    ${t&&l`<${bn} key=${t.title} question=${t} />`}
  </dialog>`}import{html as V}from"/assets/vendor/ui.js";function nt({id:e,caption:t,columns:n,rows:o}){return V`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${n.map(a=>V`<th role="columnheader" scope="col">${a}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${o.map(({key:a,name:s="",cells:d})=>V`<tr key=${a} role="row" class=${s}>
          ${d.map((c,i)=>V`<td role="cell">
              <span class="cell-label" aria-hidden="true">${n[i]}</span>
              <div class="cell">${c}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}import{html as T}from"/assets/vendor/ui.js";var wn={ok:T`<circle cx="12" cy="12" r="10" /><path d="m7 12.5 3.5 3.5L17 9" />`,warn:T`<path d="M12 2.5 22.5 21h-21z" /><path d="M12 9.5v5m0 3v.2" />`,bad:T`<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" /><path d="m8.5 8.5 7 7m0-7-7 7" />`,run:T`<path d="M12 2a10 10 0 1 1-7.1 2.9" />`,unknown:T`<circle cx="12" cy="12" r="10" stroke-dasharray="4 3.85" />`};function J({shape:e}){return T`<svg class="icon icon-${e}" viewBox="0 0 24 24" aria-hidden="true" fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
    ${wn[e]}
  </svg>`}function ue({shape:e,word:t}){return T`<span class="status status-${e}"><${J} shape=${e} />${t}</span>`}var yn="/admin/flags",Sn=`/api/flags?environment=${u}`,xn=15,ot=[5,10,20,40,60],kn=2e4,_n=8e3,On=45e3,Tn=["Feature","What visitors lose when off","State","Changed","Action"],En=["Error rate is high","Page does not open","Wrong or missing data","Other"],An=["The cause is gone","It was not the cause","It was a mistake","Other"],g=z(null),$=z(null),F=z(!1),de=z(!1),at=0,q=0,st=null,{look:pe,lookAfresh:fe}=U(jn);function Cn(e){let t=e.state==="on"?"off":"on",n={environment:u,key:e.key,state:t,expected_state:e.state},o=t==="off";return{title:`Turn ${t} ${e.title}${Q}?`,sentences:o?[e.loses,"It stays off until somebody turns it on again."]:["Visitors have it again within seconds."],isRed:o,reasons:o?En:An,cancel:o?"Keep it on":"Keep it off",confirm:()=>`Turn ${t} ${e.title}`,send:a=>B("PUT","/api/flags",{...n,reason:a}),reload:fe,home:"main"}}function Nn({flag:e}){return e.changed_at?r`${Ee(e.changed_by)}<span class="title">
      <time datetime=${e.changed_at}>${ke(e.changed_at,g.value.now)}</time></span>
    ${e.reason&&r`<span class="title">${e.reason}</span>`}`:"Never"}function In({flag:e}){if(e.stays_on_because&&e.state==="on")return r`<span class="muted">Cannot be turned off: ${e.stays_on_because}</span>`;if(!g.value.can_turn)return"\u2013";let t=e.state==="on"?"off":"on";return r`<button type="button" id="turn-${e.key}" class="btn btn-outline"
    aria-haspopup="dialog" onClick=${n=>ze(n.currentTarget,Cn(e))}>
    Turn ${t}<span class="visually-hidden"> ${e.title}</span>…
  </button>`}var Mn=e=>({key:e.key,cells:[r`${e.title}<span class="title">${e.owner}</span>`,e.loses,e.state==="on"?r`<${ue} shape="ok" word="On" />`:r`<${ue} shape="warn" word="Off" />`,r`<${Nn} flag=${e} />`,r`<${In} flag=${e} />`]});function Dn(){let e=ne(g.value.now),t=navigator.onLine?"This page is not up to date.":"You are offline.",n=$.value||de.value,o=n?"warn":"ok";return r`<div id="freshness" class="freshness freshness-${o}">
    <p><${J} shape=${o} />${n?`${t} Last update ${e}.`:`Live. Updated ${e}`}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${lt}>Refresh now</button>
  </div>`}function Ln(){return r`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No feature can be switched yet</h2>
    <p>Features appear here once the app's CI has told of them: docs/flags.md.</p>
  </section>`}function Rn(){let{flags:e,can_turn:t}=g.value;return r`<${Dn} />
    ${!t&&r`<p id="read-only">You can look, but not turn anything. Ask an admin for the role operator.</p>`}
    ${R.value&&r`<p id="told" class="told"><${J} shape="ok" />${R.value}</p>`}
    ${e.length===0&&r`<${Ln} />`}
    ${e.length>0&&r`<section class="card-box" aria-label="Switches">
      <${nt} id="flags" caption="Feature switches of ${u}" columns=${Tn}
        rows=${e.map(Mn)} />
    </section>`}`}function Fn({error:e}){let t=navigator.onLine?"The server did not answer.":"You are offline.";return r`<section id="problem" class="card-box" aria-labelledby="problem-title">
    <h2 id="problem-title">The feature switches cannot be loaded</h2>
    <p>${e instanceof h?t:e.message} The page tries again by itself.</p>
    <p><button type="button" id="again" class="btn btn-outline"
      aria-disabled=${String(F.value)} onClick=${()=>F.value||lt()}>
      ${F.value?"Trying\u2026":"Try again now"}</button></p>
  </section>`}function Un(){return g.value?r`<${Rn} />`:$.value?r`<${Fn} error=${$.value} />`:r`<p>Loading the feature switches…</p>`}var Bn=()=>!!(g.value||$.value);function Pn(){let e=$.value;return e?.status===401?r`<${Ye} />`:e?.status===403?r`<${Ge} role="viewer" />`:r`<${Un} />
    ${Bn()&&r`<${$e} page=${yn} />`}`}var Wn=()=>r`<${Pn} /><${tt} />`;async function jn(e){clearTimeout(st),de.value=Date.now()-at>On,F.value=!0;try{let t=g.value?_n:kn,{body:n}=await y(Sn,{timeoutMs:t,signal:e});$.value&&g.value&&p({text:"Connection is back. Data is current."}),q=0,$.value=null,g.value=n,at=Date.now(),de.value=!1,rt(r`<${je} viewer=${n.viewer} />`,document.getElementById("viewer"))}catch(t){if(e.aborted)return;if(!(t instanceof f)&&!(t instanceof h))throw t;it(t)}F.value=!1,Yn()}function it(e){q+=1;let t=!$.value;$.value=e,[401,403].includes(e.status)&&(g.value=null);let n=g.value?"Cannot reach the server. Showing the last known data.":"The feature switches cannot be loaded.";t&&p({text:n,region:"alert"})}function Yn(){if(document.hidden||[401,403].includes($.value?.status))return;let e=ot[Math.min(q,ot.length)-1],t=.85+Math.random()*.3;st=setTimeout(pe,(q?e:xn)*t*1e3)}async function lt(){await pe(),$.value||p({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}document.addEventListener("visibilitychange",()=>document.hidden||fe());addEventListener("online",fe);addEventListener("offline",()=>it(new h));document.title=`Feature switches${Q} \u2013 WedSync rollback`;ve();var ct=document.getElementById("page");ct.replaceChildren();rt(r`<${Wn} />`,ct);pe();
