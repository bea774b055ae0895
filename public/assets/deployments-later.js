import{$ as N,A as S,B as H,D as L,G as d,L as R,N as P,O as K,R as U,V as Q,W as V,X as J,Y,Z as z,a as ce,aa as A,b as I,ba as g,c as j,d as W,h as D,j as y,k as C,l as p,n as b,p as M,q as B,y as F}from"./deployments-chunk.js";import{html as ze}from"/assets/vendor/ui.js";import{html as s}from"/assets/vendor/ui.js";import{html as x}from"/assets/vendor/ui.js";function X({id:e,caption:t,columns:o,rows:n}){return x`<table id=${e} class="table cards" role="table">
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
  </table>`}var de={passing:["ok","Healthy"],failing:["bad","Not healthy"]},ue=["rollback","rolled_back_elsewhere"],$e=["Version","When","Health","Database","By","Action"];function fe({version:e}){return s`<code>${C(e.git_sha)}</code>
    ${e.is_live&&s` <span class="tag tag-live">Live</span>`}
    ${ue.includes(e.how)&&s` <span class="tag">Rollback</span>`}
    ${e.how==="roll_forward"&&s` <span class="tag">Roll forward</span>`}
    ${e.title&&s`<span class="title">${e.title}</span>`}`}function pe({version:e}){if(!e.live_from)return"Not live yet";let t=Date.parse(d.value.now),o=s`<time datetime=${e.live_from}>${b(e.live_from,t)}</time>`,n=e.live_until&&Date.parse(e.live_until);return s`${o}
    ${n&&s`<span class="muted"> for ${B(n-Date.parse(e.live_from))}</span>`}`}function me({version:e}){let{who:t,how:o}=H(e);return s`${t} <span class="muted">${o}</span>
    ${e.reason&&s`<span class="title">${e.reason}</span>`}`}function he(e,t){return e.is_live?"This version is live now":e.eligible?P.value?"A rollback is running":d.value.can_rollback?t.has(e)?null:"Same as another row of this version":"Needs the role operator":e.why_not??"Cannot be gone back to"}function be({version:e,offered:t}){let o=he(e,t);if(o)return s`<span class="muted">${o}</span>`;let n=d.value.blocked?.code==="failed";return s`<button type="button" class="btn btn-outline" aria-haspopup="dialog"
    onClick=${a=>z({opener:a.currentTarget,target:e.deployment_id,needsNote:n})}>Roll back to ${C(e.git_sha)}…</button>`}function ve(e,t){let[o,n]=de[e.health]??["unknown","Not known"];return{name:e.is_live?"is-live":"",cells:[s`<${fe} version=${e} />`,s`<${pe} version=${e} />`,s`<${j} shape=${o} word=${n} />`,M(e),s`<${me} version=${e} />`,s`<${be} version=${e} offered=${t} />`]}}function Z(){let{history:e}=d.value,t=new Set(F(d.value));return s`<section class="card-box" aria-label="Deployment history">
    <${X} id="history" caption="Deployment history" columns=${$e}
      rows=${e.map(o=>ve(o,t))} />
  </section>`}import{html as r}from"/assets/vendor/ui.js";import{html as $,signal as G,useLayoutEffect as we,useRef as q,useState as T}from"/assets/vendor/ui.js";var ye=3e4,ge=400,ke=4,v=G(null),k=G(null);function _e(e,t){k.value=null,v.value={...t,opener:e}}function Se(e,{choices:t,subject:o,reasons:n}){return t&&e.subject===o?{text:"It is so now. Choose another one, or keep it.",field:"operation-choice-0"}:n&&!e.reason?{text:"Choose a reason first.",field:"operation-reason-0"}:!n&&!e.note.trim()?{text:"Write why first.",field:"operation-note"}:null}var ee=e=>[e.reason,e.note.trim()].filter(Boolean).join(": "),Ne=(e,{action:t})=>({action:t,environment:d.value.environment,...e.subject!==void 0&&{subject:e.subject},reason:ee(e)}),xe=(e,t)=>D("POST","/api/operations",Ne(e,t),{timeoutMs:ye}),te=e=>(e.reload??U)();async function Te(e,t){try{return{done:(await(t.send?t.send(ee(e)):xe(e,t))).body}}catch(o){return o.status===409&&te(t),V(o)}}async function Oe({rollback_id:e,message:t},o,n){if(e)return oe(Q(e,{kind:n.kind,reason:o.reason}));W({text:t}),await te(n),k.value=t,v.value===n&&(v.value=null)}function oe(e){v.value=null,J(e)}function ne({name:e,index:t,label:o,about:n,isNow:i,isChosen:a,isLocked:c,choose:l}){let u=`operation-${e}-${t}`;return $`<div class="form-check">
    <input type="radio" class="form-check-input" name="operation-${e}" id=${u}
      checked=${a} disabled=${c} onChange=${l}
      aria-describedby=${n?`${u}-about`:void 0} />
    <label class="form-check-label" for=${u}>
      ${o}${i&&$` <span class="tag">Now</span>`}
    </label>
    ${n&&$`<p id="${u}-about" class="form-text">${n}</p>`}
  </div>`}function Ce({question:e,form:t,isLocked:o,choose:n}){let[i,a]=T(!1),{legend:c,options:l}=e.choices,u=i?l:l.slice(0,ke);return $`<fieldset>
    <legend>${c}</legend>
    ${u.map(({subject:m,label:f,about:h},se)=>$`<${ne} key=${m} name="choice"
        isNow=${m===e.subject} isChosen=${m===t.subject}
        choose=${()=>n({subject:m})} ...${{index:se,label:f,about:h,isLocked:o}} />`)}
    ${u.length<l.length&&$`<button type="button" class="btn btn-outline" onClick=${()=>a(!0)}>
      Show older
    </button>`}
  </fieldset>`}function Le({question:e,form:t,isLocked:o,choose:n}){let{reasons:i}=e;return $`${i&&$`<fieldset>
      <legend>Why?</legend>
      ${i.map((a,c)=>$`<${ne} key=${a} name="reason" label=${a}
          isChosen=${a===t.reason} choose=${()=>n({reason:a})}
          ...${{index:c,isLocked:o}} />`)}
    </fieldset>`}
    <label for="operation-note" class="form-label">${i?"Note (optional)":"Why?"}</label>
    <textarea id="operation-note" class="form-control" rows="2" maxlength=${ge}
      required=${!i} disabled=${o} value=${t.note}
      onInput=${a=>n({note:a.currentTarget.value})}></textarea>
    <p class="form-text">It is kept in the audit log, with your name.</p>`}function Re({question:e}){let[t,o]=T({subject:e.subject,reason:"",note:""}),[n,i]=T(null),[a,c]=T(!1),l=q(!1),u=f=>{o(h=>({...h,...f})),i(null)},m=async()=>{if(l.current)return;let f=Se(t,e);if(i(f),f)return document.getElementById(f.field).focus();l.current=!0,c(!0);let h=await Te(t,e);if(h.done)return Oe(h.done,t,e);l.current=!1,c(!1),i(h)};return $`<h2 id="operation-title" tabindex="-1">${e.title}</h2>
    ${e.sentences.map(f=>$`<p key=${f}>${f}</p>`)}
    ${e.choices&&$`<${Ce} isLocked=${a} ...${{question:e,form:t,choose:u}} />`}
    <${Le} isLocked=${a} ...${{question:e,form:t,choose:u}} />
    <div class="dialog-end">
      <${Y} problem=${n} show=${oe} />
      <div class="dialog-buttons">
        <button type="button" id="operation-cancel" class="btn btn-outline"
          onClick=${()=>v.value=null}>${e.cancel}</button>
        <button type="button" id="operation-confirm"
          class="btn ${e.isRed?"btn-danger":"btn-primary"}"
          aria-disabled=${String(a)} onClick=${m}>
          ${a?"Sending\u2026":e.confirm(t.subject)}
        </button>
      </div>
    </div>`}function Ae({opener:e,home:t="standing-title"}){e.focus(),requestAnimationFrame(()=>{document.activeElement===document.body&&document.getElementById(t)?.focus()})}function Ee(){let e=q(null),t=v.value;return we(()=>{if(t)return e.current.showModal(),document.getElementById("operation-title").focus(),()=>{e.current.close(),Ae(t)}},[t]),$`<dialog id="operation-dialog" ref=${e} aria-labelledby="operation-title"
    onClose=${()=>v.value=null}>
    ${t&&$`<${Re} key=${t.title} question=${t} />`}
  </dialog>`}var re={};ce(re,{liftPin:()=>Be,liftQuarantine:()=>Fe,quarantineSubject:()=>_,setFloor:()=>Pe,setMode:()=>He,tryAgain:()=>Me,undoRollback:()=>De});import{html as ae}from"/assets/vendor/ui.js";var Ie=["It was not the release","The cause is gone","It was a mistake","Other"],je=["The cause is gone","The platform is back","Other"],We=["The next release is ready","The rollback was undone","Other"];function De({rollback_id:e,database_effect:t,...o}){let n=p(o),i=d.value.live;return{action:"roll_forward",kind:"forward",subject:e,isRed:!0,title:"Undo the rollback?",sentences:[`The live site goes forward again to ${n}${o.title&&`, ${o.title}`}, the version that the rollback left. This takes less than 60 seconds.`,t,"What you roll forward to is not rolled back by itself: people are told instead."],reasons:Ie,cancel:i?`Keep ${p(i)}`:"Keep current version",confirm:()=>`Roll forward to ${n}`}}function Me({rollback_id:e,kind:t,target:o,visitors_get:n}){let i=p(o),a=l=>l.deployment_id===o.deployment_id,c=!L({kind:t})&&d.value.history.find(a);return{action:"retry",kind:t,subject:e,isRed:!0,title:L({kind:t})?"Try to roll forward again?":"Try the rollback again?",sentences:[...n?[`Now: ${n}`]:[],`It goes to ${i} again, as a new one. What is done already is found, and not done twice.`,...c?[c.database_effect]:[]],reasons:je,cancel:"Leave it as it is",confirm:()=>`Try ${i} again`}}var Be=e=>({action:"lift_pin",title:"Lift the pin?",sentences:[e.sentence,"Lifting it sets that back to what it was before the rollback. What is live stays live."],reasons:We,cancel:"Keep the pin",confirm:()=>"Lift the pin"}),_=({git_sha:e,deployment_id:t})=>e==="unknown"?t:e;function Fe(e){let t=p(e);return{action:"lift_quarantine",subject:_(e),title:`Lift the quarantine of ${t}?`,sentences:[`${S(e.by)}, ${b(e.since,R.value)}: ${e.reason}`,`${t} may then be gone back to again, also by an automatic rollback. Nothing else changes.`],cancel:"Keep it away",confirm:()=>`Lift ${t}`}}var He=e=>({action:"set_mode",subject:e,title:"Change what happens by itself?",sentences:["Rolling back by hand works in each of them."],choices:{legend:"When the evidence is enough",options:Object.entries(y).map(([t,{name:o,means:n}])=>({subject:t,label:o,about:n}))},cancel:`Keep it ${y[e]?.name.toLowerCase()??e}`,confirm:t=>`Set to ${y[t]?.name.toLowerCase()??t}`}),ie={subject:"",label:"No floor",about:"Any version that was live and well."};function Pe(e){let o=d.value.history.filter(a=>a.live_from).map(({deployment_id:a,title:c,live_from:l,...u})=>({subject:a,label:ae`<code>${p({deployment_id:a,...u})}</code> ${c}`,about:`Live from ${b(l,R.value)}.`})),n=o.find(({subject:a})=>a===e)??{subject:e,label:ae`<code>${e}</code>`},i=o.filter(a=>a!==n);return{action:"set_security_floor",subject:e??"",title:"Move the security floor?",sentences:["Nobody goes back to what first went live before it, not even with a note. Set it to the release that closed a hole."],choices:{legend:"Never go back past",options:e?[n,ie,...i]:[ie,...i]},cancel:"Keep the floor",confirm:a=>a?"Set this floor":"Remove the floor"}}var O=(e,t="")=>r`<time class=${t} datetime=${e}>
  ${b(e,Date.parse(d.value.now))}</time>`;function Ke({mode:e,set:t}){let{name:o,means:n}=y[e]??{name:e,means:""},i=t?.reason?`: ${t.reason}`:"";return r`<p><strong>${o}.</strong> ${n}
      ${t&&r` <span class="muted">Set by ${t.by}, ${O(t.at)}${i}</span>`}</p>
    ${A()&&r`<${g} id="mode-btn" label="Change the mode…" question=${({setMode:a})=>a(e)} />`}`}function Ue({undo:e}){return r`<p>It left <code>${p(e)}</code> ${e.title}, and can be undone.</p>
    ${N()&&r`<${g} id="undo-btn" label="Undo the rollback…" waits
      question=${({undoRollback:t})=>t(e)} />`}`}function Qe({pin:e}){return e?r`<p>${e.sentence} <span class="muted">Since ${O(e.since)}.</span></p>
    ${N()&&r`<${g} id="pin-btn" label="Lift the pin…" waits question=${({liftPin:t})=>t(e)} />`}`:"None."}function Ve({versions:e}){return e.length?r`<ul>
    ${e.map(t=>r`<li key=${_(t)} class="fact">
        <p><code>${p(t)}</code> ${t.reason}
          ${" "}<span class="muted">${S(t.by)}, ${O(t.since)}</span></p>
        ${N()&&_(t)&&r`<${g} label="Lift ${p(t)}…"
          question=${({liftQuarantine:o})=>o(t)} />`}
      </li>`)}
  </ul>`:"None."}function Je({id:e}){let t=d.value.history.find(n=>n.deployment_id===e),o=r`<code>${p(t??{deployment_id:e})}</code>`;return r`<p>${e?r`Never back past ${o}.`:"None."}</p>
    ${A()&&r`<${g} id="floor-btn" label="Move the floor…" question=${({setFloor:n})=>n(e)} />`}`}function Ye({alerts:e}){return r`<ul>
    ${e.map(t=>r`<li key=${t.id}>${t.sentence}
        ${" "}${O(t.at,"when muted")}</li>`)}
  </ul>`}function w({name:e,children:t}){return r`<div><dt>${e}</dt><dd class="fact">${t}</dd></div>`}function le(){let{mode:e,pin:t,security_floor:o,quarantined:n=[],alerts:i=[]}=d.value,{promotion:a,mode_set:c,undo:l}=d.value,u=K.value?.rollback_id===l?.rollback_id,m=i.filter(f=>!f.needs_a_person);return r`<section id="standing" class="card-box" aria-labelledby="standing-title">
    <h2 id="standing-title" tabindex="-1">How it is set</h2>
    ${k.value&&r`<p class="told"><${I} shape="ok" />${k.value}</p>`}
    <dl>
      <${w} name="By itself"><${Ke} mode=${e} set=${c} /><//>
      ${l&&!u&&r`<${w} name="Last rollback"><${Ue} undo=${l} /><//>`}
      ${a&&r`<${w} name="Next release">${a.sentence}<//>`}
      <${w} name="Pin"><${Qe} pin=${t} /><//>
      <${w} name="Security floor"><${Je} id=${o} /><//>
      <${w} name="Quarantine"><${Ve} versions=${n} /><//>
      ${m.length>0&&r`<${w} name="Lately"><${Ye} alerts=${m} /><//>`}
    </dl>
  </section>`}var gt=()=>ze`<${le} /><${Z} />`;export{Ee as AskDialog,gt as Rest,_e as ask,re as operations};
