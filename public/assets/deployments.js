import{$ as Ee,A as le,B as ce,C as M,D as ue,E as de,F as $e,G as pe,H as ve,J as fe,K as y,L as E,M as me,N as b,O as i,P as he,Q as ge,R as be,S as we,T as p,U as ke,V as ye,W as D,X as q,Y as Se,Z as _e,_ as xe,aa as m,b as u,c as I,d as _,e as c,f as W,fa as B,g as x,ga as Ne,h as F,ha as N,i as Q,ia as Ae,j as X,ja as G,k as Z,ka as P,l as ee,m as te,ma as A,n as ne,p as v,q as oe,r as ie,s as H,t as f,v as ae,w as re,x as L,z as se}from"./deployments-chunk.js";import{effect as Qe,html as s,render as Xe}from"/assets/vendor/ui.js";import{html as h}from"/assets/vendor/ui.js";var Ze=10800*1e3,Oe=()=>i.value?.armed,O=e=>f(e.checked_at,p.value),Ce=e=>p.value-Date.parse(e.checked_at)>Ze,Re=e=>Ce(e)?`Not checked since ${O(e)}`:`Checked ${O(e)}`,Ie=e=>h`<ul>
  ${e.map(t=>h`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function Le(){let e=Oe();return!e||e.is_armed?null:h`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${u} shape="warn" />Rollbacks may not work</h2>
    ${Ie(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${Re(e)}.</p>
  </section>`}function De(){if(!i.value)return null;let e=Oe();if(!e)return h`<div id="armed" class="armed">
      ${T("unknown","Not checked yet whether rollbacks would work.")}<${Te} />
    </div>`;let t=e.checks.filter(n=>n.state!=="failed");return h`<div id="armed" class="armed">
    ${et(e)}
    <${Te} />
    ${t.length>0&&h`<details>
      <summary>Good to know (${t.length})</summary>
      ${Ie(t)}
    </details>`}
  </div>`}function et(e){if(Ce(e))return T("warn",`${Re(e)} whether rollbacks would work.`);if(!e.is_armed)return T("warn",`Not armed, checked ${O(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?T("unknown",`Armed as far as is known (${t} not known), checked ${O(e)}`):T("ok",`Armed, checked ${O(e)}`)}var Te=()=>P()&&h`<${A} id="preflight-btn" label="Check it now…" question=${e=>e.checkNow()} />`,T=(e,t)=>h`<p class="armed-line"><${u} shape=${e} />${t}</p>`;import{html as Y}from"/assets/vendor/ui.js";async function tt(){await ee("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function Be({viewer:e}){return e?Y`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${tt}>
      Sign out
    </button>`:null}function Pe({children:e}){return Y`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Ue({role:e,children:t}){return Y`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as w,useRef as nt,useState as V}from"/assets/vendor/ui.js";var ot=2,it="The server did not answer. Try again.",k=e=>!!e.acknowledged_by;function at(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!k(t)),...e.filter(k)]}var rt=e=>e.slice(0,ot).filter(t=>k(t)===k(e[0]));async function st(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await te("POST","/api/operations",t);return _({text:n.message}),await _e(),null}catch(n){if(n instanceof X)return n.message;if(n instanceof Z)return it;throw n}}function lt(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function ct({alert:e}){let[t,n]=V(!1),[o,r]=V(null),g=nt(!1),$=async()=>{if(g.current)return;g.current=!0,n(!0);let S=await st(e);g.current=!1,n(!1),r(S),S||requestAnimationFrame(()=>lt(e))};return w`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${$}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function ut({alert:e}){let t=Date.parse(i.value.now);return w`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${f(e.at,t)}</time></p>
    ${k(e)&&w`<${I} shape="ok" word=${ce(e)} />`}
    ${!k(e)&&i.value.can_rollback&&w`<${ct} alert=${e} />`}
  </li>`}function We(){let[e,t]=V(!1),n=at();if(!n.length)return null;let o=e?n:rt(n),r=!k(n[0]);return w`<section id="needs" class="card-box ${r?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${u} shape=${r?"warn":"ok"} />${r?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map($=>w`<${ut} key=${$.id} alert=${$} />`)}</ul>
    ${o.length<n.length&&w`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as a}from"/assets/vendor/ui.js";var j=60,dt="Taking longer than 60 seconds",$t={running:"run",overdue:"warn",done:"ok",failed:"bad"},pt={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},vt={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function K(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function ft(e,t){if(e==="overdue")return dt;if(e==="done")return`${y(t)} completed`;if(e==="failed")return`${y(t)} failed`;if(!E(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${v(n)}\u2026`:"Rolling forward\u2026"}function mt(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!M(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return vt[e.state];let n=se(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function ht({step:e,rollback:t}){return a`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${u} shape=${pt[e.state]} />
    <span class="step-name">${$e(e)}</span>
    <span class="step-word">${mt(e,t)}</span>
    ${e.message&&a`<span class="step-message">${e.message}</span>`}
  </li>`}function gt({rollback:e}){let t=Math.floor(ue(e,p.value)/1e3),n=Math.min(j,t);return a`<div class="budget">
    <label for="rollback-budget">${n} s of ${j} s used</label>
    <progress id="rollback-budget" max=${j} value=${n}></progress>
  </div>`}var Fe=({rollback:e})=>a`<a class="btn btn-outline" href=${ie(e.rollback_id)}>See the incident
    report</a>`;function He(){let e=i.value?.site_url;return e?a`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function bt(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function wt({rollback:e}){let t=a`<code>${v(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${le(e.duration_ms)}. `;if(bt(e)){let o=E(e)?"came forward":"went back";return a`<p>${x(c)} ${o} to ${t}. ${n}Another version is live by now.</p>`}return a`<p>${x(c)} runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function kt({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&P();return a`<${wt} rollback=${e} />
    <p class="actions"><${He} /><${Fe} rollback=${e} />
      ${n&&a`<${A} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>yt(e)}>
        Close
      </button>
    </p>`}function yt(e){xe(e.rollback_id),document.getElementById("main").focus()}function St({rollback:e}){let t=i.value?.can_rollback,n=o=>B({opener:o.currentTarget,needsNote:!0});return a`
    ${e.visitors_get&&a`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&a`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>a`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${He} /><${Fe} rollback=${e} />
      ${t&&a`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${A} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function _t({rollback:e,state:t}){return a`<${gt} rollback=${e} />
    ${t==="overdue"&&a`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function Me(){let e=D.value;if(!e)return null;let t=K(e),n=e.from_deployment&&v(e.from_deployment.git_sha),o=e.target&&v(e.target.git_sha);return a`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${u} shape=${$t[t]} />${ft(t,e)}
    </h2>
    <p>${n&&o&&a`From <code>${n}</code> to <code>${o}</code>. `}
      ${me(e)}</p>
    ${M(e)&&a`<${_t} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(r=>a`<${ht} key=${r.name} ...${{step:r,rollback:e}} />`)}
    </ol>
    ${t==="done"&&a`<${kt} rollback=${e} />`}
    ${t==="failed"&&a`<${St} rollback=${e} />`}
  </section>`}import{html as l}from"/assets/vendor/ui.js";import{html as d}from"/assets/vendor/ui.js";var xt=60,Et=e=>e<2*xt?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`;function Nt(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${Et(o.seconds)} for ${L(o.rate)}`).join(", ")}.`:""}function qe(e){let t=i.value.history.find(n=>n.deployment_id===e);return oe(t??{deployment_id:e})}function At({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return d`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${qe(e.deployment_id)}</code>: pages that were open before.</p>`}var Tt={helps:"is well",fails:"is not well either",unknown:"could not be asked"};function Ot({asked:e}){return d`<ul id="gate">
    ${e.map(t=>d`<li key=${t.target}><code>${qe(t.target)}</code>
      ${" "}${Tt[t.answer]??t.answer}: ${t.target_failed+t.target_unknown} of
      ${" "}${t.pairs} looks at it got no good answer, and ${t.live_failed} of those at what is
      live.${t.answer==="helps"?"":` ${Ct(t.detail)}`}</li>`)}
  </ul>`}var Ct=e=>e&&`${e[0].toUpperCase()}${e.slice(1)}.`;function Ge(){let{traffic:e,overall:t,outlook:n,rolling:o}=i.value,{verdict:r,is_fresh:g,decision:$,stragglers:S}=e,z=r&&g?r.sentence:"Requests are not being counted.";return d`
    ${o&&d`<p id="rolling">${o.sentence}</p>`}
    ${n&&d`<p id="outlook">${n}</p>`}
    ${t.warning&&t.warning!==z&&d`<p id="overall-warning">${t.warning}</p>`}
    ${$&&d`<p id="decision">${f($.at,p.value)}: ${$.sentence}</p>`}
    <details id="evidence">
      <summary>What this is known by</summary>
      <p id="verdict">${z}</p>
      ${$?.gate.length>0&&d`<${Ot} asked=${$.gate} />`}
      ${r&&g&&d`<p class="muted">${Nt(r)}</p>`}
    </details>
    ${S&&d`<${At} stragglers=${S} />`}`}var Rt={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},It="You can look, but not roll back. Ask an admin for the role operator.",Lt="A rollback is running.",C=()=>!!i.value&&!i.value.live&&!i.value.history.length;function R(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}async function Ye(){await Se(),ge.value||_({text:"Updated"})}function Dt(){if(b.value==="loading")return we.value?Pt:Bt;let e=ke.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${ae(p.value-e)} ago.`;return he.value?{shape:"warn",text:`You are offline. ${t}`}:q.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${H(e)}`}}var Bt={shape:"unknown",text:"Loading the live status\u2026"},Pt={shape:"unknown",text:"Slow connection. Still trying."};function Ve(){let{shape:e,text:t}=Dt();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${u} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${Ye}>
      Refresh now
    </button>
  </div>`}function je(){let{view:e,overview:t,isTooOld:n}=m;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:`We do not know how ${c} is`}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function Ut({version:e}){let{who:t,how:n}=fe(e),o=e.live_from&&f(e.live_from,p.value);return l`<p>Live version <code>${v(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${re(e).toLowerCase()}.</p>`}function Wt(){let e=localStorage.getItem(`site-url-${c}`);return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" class="btn btn-outline" onClick=${Ye}>Try again now</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function Ke(){let{state:e,sentence:t,warning:n}=je(),o=i.value?.live,r=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${r}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${u} shape=${r} />${t}</h2>
    ${o&&l`<${Ut} version=${o} /><${Ge} />`}
    ${b.value==="error"&&l`<${Wt} />`}
  </section>`}function J(){let{overview:e,view:t}=m;return t.value==="loading"?"The live version is not known yet.":ye.value?Lt:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:It:null}function Ft(){let e=J();if(e)return e;let[t]=i.value?pe(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=ve(t),o=v(t.git_sha),{caution:r}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${r?`${r} `:""}You confirm on the next screen.`}function Ht(e){let t=J();t?_({text:t}):B({opener:e.currentTarget})}function Je(){if(C())return null;let e=J()!==null,t=!e&&je().state!=="ok",n=b.value==="loading"?"Checking the live version\u2026":`Roll back ${c}\u2026`;return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${Ht}>${n}</button>
    <p id="rollback-hint">${Ft()}</p>
    <${R} />
  </section>`}function Mt({check:e}){let[t,n]=Rt[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${ne[e.name]??e.name}</span>
    <${I} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${H(e.checked_at)}`}
      ${q.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function ze(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${Mt} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var qt=c==="production"?"":" of staging",U=`Deployments${qt} \u2013 WedSync rollback`;function Gt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${R} />
  </section>`}function Yt(){return s`<p class="card-box new-page">
    This page was updated. <a href=${F(c)}>Reload</a>
  </p>`}function Vt(){return N.value?s`<${N.value.Rest} />`:Ae.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${G}>
      Load it again
    </button></p>
  </section>`:null}function jt(){if(b.value==="signed-out")return s`<${Pe}><${R} /><//>`;if(b.value==="no-access")return s`<${Ue} role="operator"><${R} /><//>`;let e=!!i.value;return s`
    <${Ve} />
    ${be.value&&s`<${Yt} />`}
    <${Le} />
    <${Me} />
    ${e&&s`<${We} />`}
    ${!C()&&s`<${Ke} />`}
    ${C()&&s`<${Gt} />`}
    <${Je} />
    ${e&&!C()&&s`<${ze} /><${Vt} />`}
    <${De} />
    <${Kt} />
    <${Ne} />
    ${N.value&&s`<${N.value.AskDialog} />`}`}var Kt=()=>s`<p id="environment-switch">This page is about
  ${" "}<strong>${c}</strong>. <a href=${F(W)}>${x(W)}</a></p>`,Jt=()=>s`<${Be} viewer=${i.value?.viewer} />`;function zt({overall:e,traffic:t}){return e.state!=="bad"?"":`\u25CF ${t.is_fresh&&t.verdict?.requests?L(t.verdict.rate):"Problems"} \u2013 `}function Qt(){let e=D.value,t=e&&K(e);if(t==="done")return`${y(e)} completed \u2013 ${U}`;if(t==="failed")return`\u25CF ${y(e)} failed \u2013 ${U}`;if(t){let n=de(e);return`${E(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${U}`}return(i.value?zt(i.value):"")+U}function Xt({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem(`site-url-${c}`,t)}function Zt(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),Xe(s`<${jt} />`,e),t&&document.getElementById(t)?.focus()}function en(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}en()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(Qe(()=>{document.title=Qt()}),Qe(()=>i.value&&Xt(i.value)),Q(),Ee(),Zt(document.getElementById("page")),Xe(s`<${Jt} />`,document.getElementById("viewer")),G());
