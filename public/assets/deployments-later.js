import{B as N,C as K,E as L,H as d,M as R,O as U,P as Q,S as A,W as V,X as q,Y as J,Z as Y,_ as z,a as se,aa as x,b as j,ba as E,c as W,ca as g,d as D,h as M,j as y,k as S,l as f,m as B,o as b,q as F,r as H,z as P}from"./deployments-chunk.js";import{html as qe}from"/assets/vendor/ui.js";import{html as s}from"/assets/vendor/ui.js";import{html as T}from"/assets/vendor/ui.js";function X({id:e,caption:t,columns:o,rows:n}){return T`<table id=${e} class="table cards" role="table">
    <caption>${t}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${o.map(i=>T`<th role="columnheader" scope="col">${i}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${n.map(({key:i,name:a="",cells:c})=>T`<tr key=${i} role="row" class=${a}>
          ${c.map((l,u)=>T`<td role="cell">
              <span class="cell-label" aria-hidden="true">${o[u]}</span>
              <div class="cell">${l}</div>
            </td>`)}
        </tr>`)}
    </tbody>
  </table>`}var ce={passing:["ok","Healthy"],failing:["bad","Not healthy"]},de=["rollback","rolled_back_elsewhere"],ue=["Version","When","Health","Database","By","Action"];function $e({version:e}){return s`<code>${S(e.git_sha)}</code>
    ${e.is_live&&s` <span class="tag tag-live">Live</span>`}
    ${de.includes(e.how)&&s` <span class="tag">Rollback</span>`}
    ${e.how==="roll_forward"&&s` <span class="tag">Roll forward</span>`}
    ${e.title&&s`<span class="title">${e.title}</span>`}`}function pe({version:e}){if(!e.live_from)return"Not live yet";let t=Date.parse(d.value.now),o=s`<time datetime=${e.live_from}>${b(e.live_from,t)}</time>`,n=e.live_until&&Date.parse(e.live_until);return s`${o}
    ${n&&s`<span class="muted"> for ${H(n-Date.parse(e.live_from))}</span>`}`}function fe({version:e}){let{who:t,how:o}=K(e);return s`${t} <span class="muted">${o}</span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}
    ${e.rollback_id&&s`<a class="report-link" href=${B(e.rollback_id)}>Incident report
      <span class="visually-hidden"> of going to ${S(e.git_sha)}</span></a>`}`}function me(e,t){return e.is_live?"This version is live now":e.eligible?U.value?"A rollback is running":d.value.can_rollback?t.has(e)?null:"Same as another row of this version":"Needs the role operator":e.why_not??"Cannot be gone back to"}function he({version:e,offered:t}){let o=me(e,t);if(o)return s`<span class="muted">${o}</span>`;let n=d.value.blocked?.code==="failed";return s`<button type="button" class="btn btn-outline" aria-haspopup="dialog"
    onClick=${a=>z({opener:a.currentTarget,target:e.deployment_id,needsNote:n})}>Roll back to ${S(e.git_sha)}…</button>`}function be(e,t){let[o,n]=ce[e.health]??["unknown","Not known"];return{name:e.is_live?"is-live":"",cells:[s`<${$e} version=${e} />`,s`<${pe} version=${e} />`,s`<${W} shape=${o} word=${n} />`,F(e),s`<${fe} version=${e} />`,s`<${he} version=${e} offered=${t} />`]}}function Z(){let{history:e}=d.value,t=new Set(P(d.value));return s`<section class="card-box" aria-label="Deployment history">
    <${X} id="history" caption="Deployment history" columns=${ue}
      rows=${e.map(o=>be(o,t))} />
  </section>`}import{html as r}from"/assets/vendor/ui.js";import{html as $,signal as G,useLayoutEffect as ve,useRef as ee,useState as C}from"/assets/vendor/ui.js";var we=3e4,ye=400,ge=4,v=G(null),k=G(null);function ke(e,t){k.value=null,v.value={...t,opener:e}}function _e(e,{choices:t,subject:o,reasons:n}){return t&&e.subject===o?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:n&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!n&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var Se=(e,{action:t})=>({action:t,environment:d.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:[e.reason,e.note.trim()].filter(Boolean).join(": ")});async function Ne(e,t){let o=Se(e,t);try{return{done:(await M("POST","/api/operations",o,{timeoutMs:we})).body}}catch(n){return n.status===409&&A(),q(n)}}async function xe({rollback_id:e,message:t},o,n){if(e)return te(V(e,{kind:n.kind,reason:o.reason}));D({text:t}),await A(),k.value=t,v.value===n&&(v.value=null)}function te(e){v.value=null,J(e)}function oe({name:e,index:t,label:o,about:n,isNow:i,isChosen:a,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return $`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${a} disabled=${c} onChange=${l}
      aria-describedby=${n?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${o}${i&&$` <span class="tag">Now</span>`}
    </label>
    ${n&&$`<p id="${u}-about" class="form-text">${n}</p>`}
  </div>`}function Te({question:e,form:t,isLocked:o,choose:n}){let[i,a]=C(!1),{legend:c,options:l}=e.choices,u=i?l:l.slice(0,ge);return $`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:m,label:p,about:h},le)=>$`<${oe} key=${m} name="choice"
        isNow=${m===e.subject} isChosen=${m===t.subject}
        choose=${()=>n({subject:m})} ...${{index:le,label:p,about:h,isLocked:o}} />`)}
    ${u.length<l.length&&$`<button type="button" class="btn btn-outline" onClick=${()=>a(!0)}>
      Show older
    </button>`}
  </fieldset>`}function Ce({question:e,form:t,isLocked:o,choose:n}){let{reasons:i}=e;return $`${i&&$`<fieldset>
      <legend>Why?</legend>
      ${i.map((a,c)=>$`<${oe} key=${a} name="reason" label=${a}
          isChosen=${a===t.reason} choose=${()=>n({reason:a})}
          ...${{index:c,isLocked:o}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${i?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${ye}
      required=${!i} disabled=${o} value=${t.note}
      onInput=${a=>n({note:a.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function Oe({question:e}){let[t,o]=C({subject:e.subject,reason:"",note:""}),[n,i]=C(null),[a,c]=C(!1),l=ee(!1),u=p=>{o(h=>({...h,...p})),i(null)},m=async()=>{if(l.current)return;let p=_e(t,e);if(i(p),p)return document.getElementById(p.field).focus();l.current=!0,c(!0);let h=await Ne(t,e);if(h.done)return xe(h.done,t,e);l.current=!1,c(!1),i(h)};return $`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(p=>$`<p key=${p}>${p}</p>`)}
    ${e.choices&&$`<${Te} isLocked=${a} ...${{question:e,form:t,choose:u}} />`}
    <${Ce} isLocked=${a} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Y} problem=${n} show=${te} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>v.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(a)} onClick=${m}>
          ${a?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Le(e){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById("standing-title")?.focus()})}function Re(){let e=ee(null),t=v.value;return ve(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),Le(t.opener)}},[t]),$`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>v.value=null}>
    ${t&&$`<${Oe} key=${t.title} question=${t} />`}
  </dialog>`}var ie={};se(ie,{liftPin:()=>De,liftQuarantine:()=>Me,quarantineSubject:()=>_,setFloor:()=>Fe,setMode:()=>Be,tryAgain:()=>We,undoRollback:()=>je});import{html as ne}from"/assets/vendor/ui.js";var Ae=["It was not the release","The cause is gone","It was a mistake","Other"],Ee=["The cause is gone","The platform is back","Other"],Ie=["The next release is ready","The rollback was undone","Other"];function je({rollback_id:e,database_effect:t,...o}){let n=f(o),i=d.value.live;return{action:"roll_forward",kind:"forward",subject:e,isRed:!0,title:"Undo the rollback?",sentences:[`The live site goes forward again to ${n}${o.title&&`, ${o.title}`}, the version that the rollback left. This takes less than 60 seconds.`,t,"What you roll forward to is not rolled back by itself: people are told instead."],reasons:Ae,cancel:i?`Keep ${f(i)}`:"Keep current version",confirm:()=>`Roll forward to ${n}`}}function We({rollback_id:e,kind:t,target:o,visitors_get:n}){let i=f(o),a=l=>l.deployment_id===o.deployment_id,c=!L({kind:t})&&d.value.history.find(a);return{action:"retry",kind:t,subject:e,isRed:!0,title:L({kind:t})?"Try to roll forward again?":"Try the rollback again?",sentences:[...n?[`Now: ${n}`]:[],`It goes to ${i} again, as a new one. What is done already is found, and not done twice.`,...c?[c.database_effect]:[]],reasons:Ee,cancel:"Leave it as it is",confirm:()=>`Try ${i} again`}}var De=e=>({action:"lift_pin",title:"Lift the pin?",sentences:[e.sentence,"Lifting it sets that back to what it was before the rollback. What is live stays live."],reasons:Ie,cancel:"Keep the pin",confirm:()=>"Lift the pin"}),_=({git_sha:e,deployment_id:t})=>e==="unknown"?t:e;function Me(e){let t=f(e);return{action:"lift_quarantine",subject:_(e),title:`Lift the quarantine of ${t}?`,sentences:[`${N(e.by)}, ${b(e.since,R.value)}: ${e.reason}`,`${t} may then be gone back to again, also by an automatic rollback. Nothing else changes.`],cancel:"Keep it away",confirm:()=>`Lift ${t}`}}var Be=e=>({action:"set_mode",subject:e,title:"Change what happens by itself?",sentences:["Rolling back by hand works in each of them."],choices:{legend:"When the evidence is enough",options:Object.entries(y).map(([t,{name:o,means:n}])=>({subject:t,label:o,about:n}))},cancel:`Keep it ${y[e]?.name.toLowerCase()??e}`,confirm:t=>`Set to ${y[t]?.name.toLowerCase()??t}`}),ae={subject:"",label:"No floor",about:"Any version that was live and well."};function Fe(e){let o=d.value.history.filter(a=>a.live_from).map(({deployment_id:a,title:c,live_from:l,...u})=>({subject:a,label:ne`<code>${f({deployment_id:a,...u})}</code> ${c}`,about:`Live from ${b(l,R.value)}.`})),n=o.find(({subject:a})=>a===e)??{subject:e,label:ne`<code>${e}</code>`},i=o.filter(a=>a!==n);return{action:"set_security_floor",subject:e??"",title:"Move the security floor?",sentences:["Nobody goes back to what first went live before it, not even with a note. Set it to the release that closed a hole."],choices:{legend:"Never go back past",options:e?[n,ae,...i]:[ae,...i]},cancel:"Keep the floor",confirm:a=>a?"Set this floor":"Remove the floor"}}var O=(e,t="")=>r`<time class=${t} datetime=${e}>
  ${b(e,Date.parse(d.value.now))}</time>`;function He({mode:e,set:t}){let{name:o,means:n}=y[e]??{name:e,means:""},i=t?.reason?`: ${t.reason}`:"";return r`<p><strong>${o}.</strong> ${n}
      ${t&&r` <span class="muted">Set by ${t.by}, ${O(t.at)}${i}</span>`}</p>
    ${E()&&r`<${g} id="mode-btn" label="Change the mode…" question=${({setMode:a})=>a(e)} />`}`}function Pe({undo:e}){return r`<p>It left <code>${f(e)}</code> ${e.title}, and can be undone.</p>
    ${x()&&r`<${g} id="undo-btn" label="Undo the rollback…" waits
      question=${({undoRollback:t})=>t(e)} />`}`}function Ke({pin:e}){return e?r`<p>${e.sentence} <span class="muted">Since ${O(e.since)}.</span></p>
    ${x()&&r`<${g} id="pin-btn" label="Lift the pin…" waits question=${({liftPin:t})=>t(e)} />`}`:"None."}function Ue({versions:e}){return e.length?r`<ul>
    ${e.map(t=>r`<li key=${_(t)} class="fact">
        <p><code>${f(t)}</code> ${t.reason}
          ${" "}<span class="muted">${N(t.by)}, ${O(t.since)}</span></p>
        ${x()&&_(t)&&r`<${g} label="Lift ${f(t)}…"
          question=${({liftQuarantine:o})=>o(t)} />`}
      </li>`)}
  </ul>`:"None."}function Qe({id:e}){let t=d.value.history.find(n=>n.deployment_id===e),o=r`<code>${f(t??{deployment_id:e})}</code>`;return r`<p>${e?r`Never back past ${o}.`:"None."}</p>
    ${E()&&r`<${g} id="floor-btn" label="Move the floor…" question=${({setFloor:n})=>n(e)} />`}`}function Ve({alerts:e}){return r`<ul>
    ${e.map(t=>r`<li key=${t.id}>${t.sentence}
        ${" "}${O(t.at,"when muted")}</li>`)}
  </ul>`}function w({name:e,children:t}){return r`<div><dt>${e}</dt><dd class="fact">${t}</dd></div>`}function re(){let{mode:e,pin:t,security_floor:o,quarantined:n=[],alerts:i=[]}=d.value,{promotion:a,mode_set:c,undo:l}=d.value,u=Q.value?.rollback_id===l?.rollback_id,m=i.filter(p=>!p.needs_a_person);return r`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title" tabindex="-1">How it is set</h2>
    ${k.value&&r`<p class="told"><${j} shape="ok" />${k.value}</p>`}
    <dl>
      <${w} name="By itself"><${He} mode=${e} set=${c} /><//>
      ${l&&!u&&r`<${w} name="Last rollback"><${Pe} undo=${l} /><//>`}
      ${a&&r`<${w} name="Next release">${a.sentence}<//>`}
      <${w} name="Pin"><${Ke} pin=${t} /><//>
      <${w} name="Security floor"><${Qe} id=${o} /><//>
      <${w} name="Quarantine"><${Ue} versions=${n} /><//>
      ${m.length>0&&r`<${w} name="Lately"><${Ve} alerts=${m} /><//>`}
    </dl>
  </section>`}var wt=()=>qe`<${re} /><${Z} />`;export{Re as AskDialog,wt as Rest,ke as ask,ie as operations};
