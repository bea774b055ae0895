import{B as N,C as P,E as L,H as d,M as R,O as K,P as U,S as Q,W as V,X as J,Y,Z as z,_ as X,a as de,aa as x,b as I,ba as A,c as j,ca as g,d as W,h as D,j as y,k as S,l as f,m as M,o as b,q as B,r as F,z as H}from"./deployments-chunk.js";import{html as Xe}from"/assets/vendor/ui.js";import{html as s}from"/assets/vendor/ui.js";import{html as T}from"/assets/vendor/ui.js";function Z({id:e,caption:t,columns:o,rows:n}){return T`<table id=${e} class="table cards" role="table">
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
  </table>`}var ue={passing:["ok","Healthy"],failing:["bad","Not healthy"]},$e=["rollback","rolled_back_elsewhere"],pe=["Version","When","Health","Database","By","Action"];function fe({version:e}){return s`<code>${S(e.git_sha)}</code>
    ${e.is_live&&s` <span class="tag tag-live">Live</span>`}
    ${$e.includes(e.how)&&s` <span class="tag">Rollback</span>`}
    ${e.how==="roll_forward"&&s` <span class="tag">Roll forward</span>`}
    ${e.title&&s`<span class="title">${e.title}</span>`}`}function me({version:e}){if(!e.live_from)return"Not live yet";let t=Date.parse(d.value.now),o=s`<time datetime=${e.live_from}>${b(e.live_from,t)}</time>`,n=e.live_until&&Date.parse(e.live_until);return s`${o}
    ${n&&s`<span class="muted"> for ${F(n-Date.parse(e.live_from))}</span>`}`}function he({version:e}){let{who:t,how:o}=P(e);return s`${t} <span class="muted">${o}</span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}
    ${e.rollback_id&&s`<a class="report-link" href=${M(e.rollback_id)}>Incident report
      <span class="visually-hidden"> of going to ${S(e.git_sha)}</span></a>`}`}function be(e,t){return e.is_live?"This version is live now":e.eligible?K.value?"A rollback is running":d.value.can_rollback?t.has(e)?null:"Same as another row of this version":"Needs the role operator":e.why_not??"Cannot be gone back to"}function ve({version:e,offered:t}){let o=be(e,t);if(o)return s`<span class="muted">${o}</span>`;let n=d.value.blocked?.code==="failed";return s`<button type="button" class="btn btn-outline" aria-haspopup="dialog"
    onClick=${a=>X({opener:a.currentTarget,target:e.deployment_id,needsNote:n})}>Roll back to ${S(e.git_sha)}…</button>`}function we(e,t){let[o,n]=ue[e.health]??["unknown","Not known"];return{name:e.is_live?"is-live":"",cells:[s`<${fe} version=${e} />`,s`<${me} version=${e} />`,s`<${j} shape=${o} word=${n} />`,B(e),s`<${he} version=${e} />`,s`<${ve} version=${e} offered=${t} />`]}}function G(){let{history:e}=d.value,t=new Set(H(d.value));return s`<section class="card-box" aria-label="Deployment history">
    <${Z} id="history" caption="Deployment history" columns=${pe}
      rows=${e.map(o=>we(o,t))} />
  </section>`}import{html as r}from"/assets/vendor/ui.js";import{html as $,signal as q,useLayoutEffect as ye,useRef as ee,useState as O}from"/assets/vendor/ui.js";var ge=3e4,ke=400,_e=4,v=q(null),k=q(null);function Se(e,t){k.value=null,v.value={...t,opener:e}}function Ne(e,{choices:t,subject:o,reasons:n}){return t&&e.subject===o?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:n&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!n&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var te=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),xe=(e,{action:t})=>({action:t,environment:d.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:te(e)}),Te=(e,t)=>D("POST","/api/operations",xe(e,t),{timeoutMs:ge}),oe=e=>(e.reload??Q)();async function Oe(e,t){try{return{done:(await(t.send?t.send(te(e)):Te(e,t))).body}}catch(o){return o.status===409&&oe(t),J(o)}}async function Ce({rollback_id:e,message:t},o,n){if(e)return ne(V(e,{kind:n.kind,reason:o.reason}));W({text:t}),await oe(n),k.value=t,v.value===n&&(v.value=null)}function ne(e){v.value=null,Y(e)}function ae({name:e,index:t,label:o,about:n,isNow:i,isChosen:a,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return $`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${a} disabled=${c} onChange=${l}
      aria-describedby=${n?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${o}${i&&$` <span class="tag">Now</span>`}
    </label>
    ${n&&$`<p id="${u}-about" class="form-text">${n}</p>`}
  </div>`}function Le({question:e,form:t,isLocked:o,choose:n}){let[i,a]=O(!1),{legend:c,options:l}=e.choices,u=i?l:l.slice(0,_e);return $`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:m,label:p,about:h},ce)=>$`<${ae} key=${m} name="choice"
        isNow=${m===e.subject} isChosen=${m===t.subject}
        choose=${()=>n({subject:m})} ...${{index:ce,label:p,about:h,isLocked:o}} />`)}
    ${u.length<l.length&&$`<button type="button" class="btn btn-outline" onClick=${()=>a(!0)}>
      Show older
    </button>`}
  </fieldset>`}function Re({question:e,form:t,isLocked:o,choose:n}){let{reasons:i}=e;return $`${i&&$`<fieldset>
      <legend>Why?</legend>
      ${i.map((a,c)=>$`<${ae} key=${a} name="reason" label=${a}
          isChosen=${a===t.reason} choose=${()=>n({reason:a})}
          ...${{index:c,isLocked:o}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${i?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${ke}
      required=${!i} disabled=${o} value=${t.note}
      onInput=${a=>n({note:a.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function Ae({question:e}){let[t,o]=O({subject:e.subject,reason:"",note:""}),[n,i]=O(null),[a,c]=O(!1),l=ee(!1),u=p=>{o(h=>({...h,...p})),i(null)},m=async()=>{if(l.current)return;let p=Ne(t,e);if(i(p),p)return document.getElementById(p.field).focus();l.current=!0,c(!0);let h=await Oe(t,e);if(h.done)return Ce(h.done,t,e);l.current=!1,c(!1),i(h)};return $`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(p=>$`<p key=${p}>${p}</p>`)}
    ${e.choices&&$`<${Le} isLocked=${a} ...${{question:e,form:t,choose:u}} />`}
    <${Re} isLocked=${a} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${z} problem=${n} show=${ne} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>v.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(a)} onClick=${m}>
          ${a?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Ee({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Ie(){let e=ee(null),t=v.value;return ye(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),Ee(t)}},[t]),$`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>v.value=null}>
    ${t&&$`<${Ae} key=${t.title} question=${t} />`}
  </dialog>`}var le={};de(le,{liftPin:()=>Fe,liftQuarantine:()=>He,quarantineSubject:()=>_,setFloor:()=>Ke,setMode:()=>Pe,tryAgain:()=>Be,undoRollback:()=>Me});import{html as ie}from"/assets/vendor/ui.js";var je=["It was not the release","The cause is gone","It was a mistake","Other"],We=["The cause is gone","The platform is back","Other"],De=["The next release is ready","The rollback was undone","Other"];function Me({rollback_id:e,database_effect:t,...o}){let n=f(o),i=d.value.live;return{action:"roll_forward",kind:"forward",subject:e,isRed:!0,title:"Undo the rollback?",sentences:[`The live site goes forward again to ${n}${o.title&&`, ${o.title}`}, the version that the rollback left. This takes less than 60 seconds.`,t,"What you roll forward to is not rolled back by itself: people are told instead."],reasons:je,cancel:i?`Keep ${f(i)}`:"Keep current version",confirm:()=>`Roll forward to ${n}`}}function Be({rollback_id:e,kind:t,target:o,visitors_get:n}){let i=f(o),a=l=>l.deployment_id===o.deployment_id,c=!L({kind:t})&&d.value.history.find(a);return{action:"retry",kind:t,subject:e,isRed:!0,title:L({kind:t})?"Try to roll forward again?":"Try the rollback again?",sentences:[...n?[`Now: ${n}`]:[],`It goes to ${i} again, as a new one. What is done already is found, and not done twice.`,...c?[c.database_effect]:[]],reasons:We,cancel:"Leave it as it is",confirm:()=>`Try ${i} again`}}var Fe=e=>({action:"lift_pin",title:"Lift the pin?",sentences:[e.sentence,"Lifting it sets that back to what it was before the rollback. What is live stays live."],reasons:De,cancel:"Keep the pin",confirm:()=>"Lift the pin"}),_=({git_sha:e,deployment_id:t})=>e==="unknown"?t:e;function He(e){let t=f(e);return{action:"lift_quarantine",subject:_(e),title:`Lift the quarantine of ${t}?`,sentences:[`${N(e.by)}, ${b(e.since,R.value)}: ${e.reason}`,`${t} may then be gone back to again, also by an automatic rollback. Nothing else changes.`],cancel:"Keep it away",confirm:()=>`Lift ${t}`}}var Pe=e=>({action:"set_mode",subject:e,title:"Change what happens by itself?",sentences:["Rolling back by hand works in each of them."],choices:{legend:"When the evidence is enough",options:Object.entries(y).map(([t,{name:o,means:n}])=>({subject:t,label:o,about:n}))},cancel:`Keep it ${y[e]?.name.toLowerCase()??e}`,confirm:t=>`Set to ${y[t]?.name.toLowerCase()??t}`}),re={subject:"",label:"No floor",about:"Any version that was live and well."};function Ke(e){let o=d.value.history.filter(a=>a.live_from).map(({deployment_id:a,title:c,live_from:l,...u})=>({subject:a,label:ie`<code>${f({deployment_id:a,...u})}</code> ${c}`,about:`Live from ${b(l,R.value)}.`})),n=o.find(({subject:a})=>a===e)??{subject:e,label:ie`<code>${e}</code>`},i=o.filter(a=>a!==n);return{action:"set_security_floor",subject:e??"",title:"Move the security floor?",sentences:["Nobody goes back to what first went live before it, not even with a note. Set it to the release that closed a hole."],choices:{legend:"Never go back past",options:e?[n,re,...i]:[re,...i]},cancel:"Keep the floor",confirm:a=>a?"Set this floor":"Remove the floor"}}var C=(e,t="")=>r`<time class=${t} datetime=${e}>
  ${b(e,Date.parse(d.value.now))}</time>`;function Ue({mode:e,set:t}){let{name:o,means:n}=y[e]??{name:e,means:""},i=t?.reason?`: ${t.reason}`:"";return r`<p><strong>${o}.</strong> ${n}
      ${t&&r` <span class="muted">Set by ${t.by}, ${C(t.at)}${i}</span>`}</p>
    ${A()&&r`<${g} id="mode-btn" label="Change the mode…" question=${({setMode:a})=>a(e)} />`}`}function Qe({undo:e}){return r`<p>It left <code>${f(e)}</code> ${e.title}, and can be undone.</p>
    ${x()&&r`<${g} id="undo-btn" label="Undo the rollback…" waits
      question=${({undoRollback:t})=>t(e)} />`}`}function Ve({pin:e}){return e?r`<p>${e.sentence} <span class="muted">Since ${C(e.since)}.</span></p>
    ${x()&&r`<${g} id="pin-btn" label="Lift the pin…" waits question=${({liftPin:t})=>t(e)} />`}`:"None."}function Je({versions:e}){return e.length?r`<ul>
    ${e.map(t=>r`<li key=${_(t)} class="fact">
        <p><code>${f(t)}</code> ${t.reason}
          ${" "}<span class="muted">${N(t.by)}, ${C(t.since)}</span></p>
        ${x()&&_(t)&&r`<${g} label="Lift ${f(t)}…"
          question=${({liftQuarantine:o})=>o(t)} />`}
      </li>`)}
  </ul>`:"None."}function Ye({id:e}){let t=d.value.history.find(n=>n.deployment_id===e),o=r`<code>${f(t??{deployment_id:e})}</code>`;return r`<p>${e?r`Never back past ${o}.`:"None."}</p>
    ${A()&&r`<${g} id="floor-btn" label="Move the floor…" question=${({setFloor:n})=>n(e)} />`}`}function ze({alerts:e}){return r`<ul>
    ${e.map(t=>r`<li key=${t.id}>${t.sentence}
        ${" "}${C(t.at,"when muted")}</li>`)}
  </ul>`}function w({name:e,children:t}){return r`<div><dt>${e}</dt><dd class="fact">${t}</dd></div>`}function se(){let{mode:e,pin:t,security_floor:o,quarantined:n=[],alerts:i=[]}=d.value,{promotion:a,mode_set:c,undo:l}=d.value,u=U.value?.rollback_id===l?.rollback_id,m=i.filter(p=>!p.needs_a_person);return r`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title" tabindex="-1">How it is set</h2>
    ${k.value&&r`<p class="told"><${I} shape="ok" />${k.value}</p>`}
    <dl>
      <${w} name="By itself"><${Ue} mode=${e} set=${c} /><//>
      ${l&&!u&&r`<${w} name="Last rollback"><${Qe} undo=${l} /><//>`}
      ${a&&r`<${w} name="Next release">${a.sentence}<//>`}
      <${w} name="Pin"><${Ve} pin=${t} /><//>
      <${w} name="Security floor"><${Ye} id=${o} /><//>
      <${w} name="Quarantine"><${Je} versions=${n} /><//>
      ${m.length>0&&r`<${w} name="Lately"><${ze} alerts=${m} /><//>`}
    </dl>
  </section>`}var kt=()=>Xe`<${se} /><${G} />`;export{Ie as AskDialog,kt as Rest,Se as ask,le as operations};
