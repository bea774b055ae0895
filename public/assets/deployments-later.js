import{$ as N,A as S,B as P,D as L,G as d,L as R,N as K,O as U,R as A,V as Q,W as V,X as q,Y as J,Z as Y,a as le,aa as E,b as j,ba as g,c as W,d as D,h as M,j as y,k as O,l as p,n as b,p as B,q as F,y as H}from"./deployments-chunk.js";import{html as Ve}from"/assets/vendor/ui.js";import{html as s}from"/assets/vendor/ui.js";import{html as x}from"/assets/vendor/ui.js";function z({id:e,caption:t,columns:o,rows:n}){return x`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${o.map(i=>x`<th role="columnheader" scope="col">${i}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${n.map(({key:i,name:a="",cells:c})=>x`<tr key=${i} role="row" class=${a}>
          ${c.map((l,u)=>x`<td role="cell">
              <span class="cell-label" aria-hidden="true">${o[u]}</span>
              <div class="cell">${l}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}var se={passing:["ok","Healthy"],failing:["bad","Not healthy"]},ce=["rollback","rolled_back_elsewhere"],de=["Version","When","Health","Database","By","Action"];function ue({version:e}){return s`<code>${O(e.git_sha)}</code>
    ${e.is_live&&s` <span class="tag tag-live">Live</span>`}
    ${ce.includes(e.how)&&s` <span class="tag">Rollback</span>`}
    ${e.how==="roll_forward"&&s` <span class="tag">Roll forward</span>`}
    ${e.title&&s`<span class="title">${e.title}</span>`}`}function $e({version:e}){if(!e.live_from)return"Not live yet";let t=Date.parse(d.value.now),o=s`<time datetime=${e.live_from}>${b(e.live_from,t)}</time>`,n=e.live_until&&Date.parse(e.live_until);return s`${o}
    ${n&&s`<span class="muted"> for ${F(n-Date.parse(e.live_from))}</span>`}`}function fe({version:e}){let{who:t,how:o}=P(e);return s`${t} <span class="muted">${o}</span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`}function pe(e,t){return e.is_live?"This version is live now":e.eligible?K.value?"A rollback is running":d.value.can_rollback?t.has(e)?null:"Same as another row of this version":"Needs the role operator":e.why_not??"Cannot be gone back to"}function me({version:e,offered:t}){let o=pe(e,t);if(o)return s`<span class="muted">${o}</span>`;let n=d.value.blocked?.code==="failed";return s`<button type="button" class="btn btn-outline" aria-haspopup="dialog"
    onClick=${a=>Y({opener:a.currentTarget,target:e.deployment_id,needsNote:n})}>Roll back to ${O(e.git_sha)}…</button>`}function he(e,t){let[o,n]=se[e.health]??["unknown","Not known"];return{name:e.is_live?"is-live":"",cells:[s`<${ue} version=${e} />`,s`<${$e} version=${e} />`,s`<${W} shape=${o} word=${n} />`,B(e),s`<${fe} version=${e} />`,s`<${me} version=${e} offered=${t} />`]}}function X(){let{history:e}=d.value,t=new Set(H(d.value));return s`<section class="card-box" aria-label="Deployment history">
    <${z} id="history" caption="Deployment history" columns=${de}
      rows=${e.map(o=>he(o,t))} />
  </section>`}import{html as r}from"/assets/vendor/ui.js";import{html as $,signal as Z,useLayoutEffect as be,useRef as G,useState as T}from"/assets/vendor/ui.js";var ve=3e4,we=400,ye=4,v=Z(null),k=Z(null);function ge(e,t){k.value=null,v.value={...t,opener:e}}function ke(e,{choices:t,subject:o,reasons:n}){return t&&e.subject===o?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:n&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!n&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var _e=(e,{action:t})=>({action:t,environment:d.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:[e.reason,e.note.trim()].filter(Boolean).join(": ")});async function Se(e,t){let o=_e(e,t);try{return{done:(await M("POST","/api/operations",o,{timeoutMs:ve})).body}}catch(n){return n.status===409&&A(),V(n)}}async function Ne({rollback_id:e,message:t},o,n){if(e)return ee(Q(e,{kind:n.kind,reason:o.reason}));D({text:t}),await A(),k.value=t,v.value===n&&(v.value=null)}function ee(e){v.value=null,q(e)}function te({name:e,index:t,label:o,about:n,isNow:i,isChosen:a,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return $`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${a} disabled=${c} onChange=${l}
      aria-describedby=${n?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${o}${i&&$` <span class="tag">Now</span>`}
    </label>
    ${n&&$`<p id="${u}-about" class="form-text">${n}</p>`}
  </div>`}function xe({question:e,form:t,isLocked:o,choose:n}){let[i,a]=T(!1),{legend:c,options:l}=e.choices,u=i?l:l.slice(0,ye);return $`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:m,label:f,about:h},re)=>$`<${te} key=${m} name="choice"
        isNow=${m===e.subject} isChosen=${m===t.subject}
        choose=${()=>n({subject:m})} ...${{index:re,label:f,about:h,isLocked:o}} />`)}
    ${u.length<l.length&&$`<button type="button" class="btn btn-outline" onClick=${()=>a(!0)}>
      Show older
    </button>`}
  </fieldset>`}function Te({question:e,form:t,isLocked:o,choose:n}){let{reasons:i}=e;return $`${i&&$`<fieldset>
      <legend>Why?</legend>
      ${i.map((a,c)=>$`<${te} key=${a} name="reason" label=${a}
          isChosen=${a===t.reason} choose=${()=>n({reason:a})}
          ...${{index:c,isLocked:o}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${i?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${we}
      required=${!i} disabled=${o} value=${t.note}
      onInput=${a=>n({note:a.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function Ce({question:e}){let[t,o]=T({subject:e.subject,reason:"",note:""}),[n,i]=T(null),[a,c]=T(!1),l=G(!1),u=f=>{o(h=>({...h,...f})),i(null)},m=async()=>{if(l.current)return;let f=ke(t,e);if(i(f),f)return document.getElementById(f.field).focus();l.current=!0,c(!0);let h=await Se(t,e);if(h.done)return Ne(h.done,t,e);l.current=!1,c(!1),i(h)};return $`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(f=>$`<p key=${f}>${f}</p>`)}
    ${e.choices&&$`<${xe} isLocked=${a} ...${{question:e,form:t,choose:u}} />`}
    <${Te} isLocked=${a} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${J} problem=${n} show=${ee} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>v.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(a)} onClick=${m}>
          ${a?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Oe(e){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById("standing-title")?.focus()})}function Le(){let e=G(null),t=v.value;return be(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),Oe(t.opener)}},[t]),$`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>v.value=null}>
    ${t&&$`<${Ce} key=${t.title} question=${t} />`}
  </dialog>`}var ae={};le(ae,{liftPin:()=>We,liftQuarantine:()=>De,quarantineSubject:()=>_,setFloor:()=>Be,setMode:()=>Me,tryAgain:()=>je,undoRollback:()=>Ie});import{html as oe}from"/assets/vendor/ui.js";var Re=["It was not the release","The cause is gone","It was a mistake","Other"],Ae=["The cause is gone","The platform is back","Other"],Ee=["The next release is ready","The rollback was undone","Other"];function Ie({rollback_id:e,database_effect:t,...o}){let n=p(o),i=d.value.live;return{action:"roll_forward",kind:"forward",subject:e,isRed:!0,title:"Undo the rollback?",sentences:[`The live site goes forward again to ${n}${o.title&&`, ${o.title}`}, the version that the rollback left. This takes less than 60 seconds.`,t,"What you roll forward to is not rolled back by itself: people are told instead."],reasons:Re,cancel:i?`Keep ${p(i)}`:"Keep current version",confirm:()=>`Roll forward to ${n}`}}function je({rollback_id:e,kind:t,target:o,visitors_get:n}){let i=p(o),a=l=>l.deployment_id===o.deployment_id,c=!L({kind:t})&&d.value.history.find(a);return{action:"retry",kind:t,subject:e,isRed:!0,title:L({kind:t})?"Try to roll forward again?":"Try the rollback again?",sentences:[...n?[`Now: ${n}`]:[],`It goes to ${i} again, as a new one. What is done already is found, and not done twice.`,...c?[c.database_effect]:[]],reasons:Ae,cancel:"Leave it as it is",confirm:()=>`Try ${i} again`}}var We=e=>({action:"lift_pin",title:"Lift the pin?",sentences:[e.sentence,"Lifting it sets that back to what it was before the rollback. What is live stays live."],reasons:Ee,cancel:"Keep the pin",confirm:()=>"Lift the pin"}),_=({git_sha:e,deployment_id:t})=>e==="unknown"?t:e;function De(e){let t=p(e);return{action:"lift_quarantine",subject:_(e),title:`Lift the quarantine of ${t}?`,sentences:[`${S(e.by)}, ${b(e.since,R.value)}: ${e.reason}`,`${t} may then be gone back to again, also by an automatic rollback. Nothing else changes.`],cancel:"Keep it away",confirm:()=>`Lift ${t}`}}var Me=e=>({action:"set_mode",subject:e,title:"Change what happens by itself?",sentences:["Rolling back by hand works in each of them."],choices:{legend:"When the evidence is enough",options:Object.entries(y).map(([t,{name:o,means:n}])=>({subject:t,label:o,about:n}))},cancel:`Keep it ${y[e]?.name.toLowerCase()??e}`,confirm:t=>`Set to ${y[t]?.name.toLowerCase()??t}`}),ne={subject:"",label:"No floor",about:"Any version that was live and well."};function Be(e){let o=d.value.history.filter(a=>a.live_from).map(({deployment_id:a,title:c,live_from:l,...u})=>({subject:a,label:oe`<code>${p({deployment_id:a,...u})}</code> ${c}`,about:`Live from ${b(l,R.value)}.`})),n=o.find(({subject:a})=>a===e)??{subject:e,label:oe`<code>${e}</code>`},i=o.filter(a=>a!==n);return{action:"set_security_floor",subject:e??"",title:"Move the security floor?",sentences:["Nobody goes back to what first went live before it, not even with a note. Set it to the release that closed a hole."],choices:{legend:"Never go back past",options:e?[n,ne,...i]:[ne,...i]},cancel:"Keep the floor",confirm:a=>a?"Set this floor":"Remove the floor"}}var C=(e,t="")=>r`<time class=${t} datetime=${e}>
  ${b(e,Date.parse(d.value.now))}</time>`;function Fe({mode:e,set:t}){let{name:o,means:n}=y[e]??{name:e,means:""},i=t?.reason?`: ${t.reason}`:"";return r`<p><strong>${o}.</strong> ${n}
      ${t&&r` <span class="muted">Set by ${t.by}, ${C(t.at)}${i}</span>`}</p>
    ${E()&&r`<${g} id="mode-btn" label="Change the mode…" question=${({setMode:a})=>a(e)} />`}`}function He({undo:e}){return r`<p>It left <code>${p(e)}</code> ${e.title}, and can be undone.</p>
    ${N()&&r`<${g} id="undo-btn" label="Undo the rollback…" waits
      question=${({undoRollback:t})=>t(e)} />`}`}function Pe({pin:e}){return e?r`<p>${e.sentence} <span class="muted">Since ${C(e.since)}.</span></p>
    ${N()&&r`<${g} id="pin-btn" label="Lift the pin…" waits question=${({liftPin:t})=>t(e)} />`}`:"None."}function Ke({versions:e}){return e.length?r`<ul>
    ${e.map(t=>r`<li key=${_(t)} class="fact">
        <p><code>${p(t)}</code> ${t.reason}
          ${" "}<span class="muted">${S(t.by)}, ${C(t.since)}</span></p>
        ${N()&&_(t)&&r`<${g} label="Lift ${p(t)}…"
          question=${({liftQuarantine:o})=>o(t)} />`}
      </li>`)}
  </ul>`:"None."}function Ue({id:e}){let t=d.value.history.find(n=>n.deployment_id===e),o=r`<code>${p(t??{deployment_id:e})}</code>`;return r`<p>${e?r`Never back past ${o}.`:"None."}</p>
    ${E()&&r`<${g} id="floor-btn" label="Move the floor…" question=${({setFloor:n})=>n(e)} />`}`}function Qe({alerts:e}){return r`<ul>
    ${e.map(t=>r`<li key=${t.id}>${t.sentence}
        ${" "}${C(t.at,"when muted")}</li>`)}
  </ul>`}function w({name:e,children:t}){return r`<div><dt>${e}</dt><dd class="fact">${t}</dd></div>`}function ie(){let{mode:e,pin:t,security_floor:o,quarantined:n=[],alerts:i=[]}=d.value,{promotion:a,mode_set:c,undo:l}=d.value,u=U.value?.rollback_id===l?.rollback_id,m=i.filter(f=>!f.needs_a_person);return r`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title" tabindex="-1">How it is set</h2>
    ${k.value&&r`<p class="told"><${j} shape="ok" />${k.value}</p>`}
    <dl>
      <${w} name="By itself"><${Fe} mode=${e} set=${c} /><//>
      ${l&&!u&&r`<${w} name="Last rollback"><${He} undo=${l} /><//>`}
      ${a&&r`<${w} name="Next release">${a.sentence}<//>`}
      <${w} name="Pin"><${Pe} pin=${t} /><//>
      <${w} name="Security floor"><${Ue} id=${o} /><//>
      <${w} name="Quarantine"><${Ke} versions=${n} /><//>
      ${m.length>0&&r`<${w} name="Lately"><${Qe} alerts=${m} /><//>`}
    </dl>
  </section>`}var vt=()=>Ve`<${ie} /><${X} />`;export{Le as AskDialog,vt as Rest,ge as ask,ae as operations};
