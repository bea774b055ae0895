import{$ as h,A as ce,B as q,C as ue,D as de,E as $e,F as pe,G as ve,I as fe,J as y,K as E,L as me,M as b,N as i,O as he,P as ge,Q as be,R as we,S as p,T as ke,U as ye,V as D,W as G,X as Se,Y as _e,Z as xe,_ as Ee,b as d,c as I,d as _,e as c,ea as B,f as F,fa as Ne,g as x,ga as N,h as H,ha as Ae,i as X,ia as Y,j as Z,ja as P,k as ee,l as te,la as A,m as ne,n as oe,p as f,q as ie,r as M,s as m,u as re,v as ae,w as L,y as se,z as le}from"./deployments-chunk.js";import{effect as Je,html as s,render as ze}from"/assets/vendor/ui.js";import{html as g}from"/assets/vendor/ui.js";var Qe=10800*1e3,Oe=()=>i.value?.armed,O=e=>m(e.checked_at,p.value),Ce=e=>p.value-Date.parse(e.checked_at)>Qe,Re=e=>Ce(e)?`Not checked since ${O(e)}`:`Checked ${O(e)}`,Ie=e=>g`<ul>
  ${e.map(t=>g`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function Le(){let e=Oe();return!e||e.is_armed?null:g`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${d} shape="warn" />Rollbacks may not work</h2>
    ${Ie(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${Re(e)}.</p>
  </section>`}function De(){if(!i.value)return null;let e=Oe();if(!e)return g`<div id="armed" class="armed">
      ${T("unknown","Not checked yet whether rollbacks would work.")}<${Te} />
    </div>`;let t=e.checks.filter(n=>n.state!=="failed");return g`<div id="armed" class="armed">
    ${Xe(e)}
    <${Te} />
    ${t.length>0&&g`<details>
      <summary>Good to know (${t.length})</summary>
      ${Ie(t)}
    </details>`}
  </div>`}function Xe(e){if(Ce(e))return T("warn",`${Re(e)} whether rollbacks would work.`);if(!e.is_armed)return T("warn",`Not armed, checked ${O(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?T("unknown",`Armed as far as is known (${t} not known), checked ${O(e)}`):T("ok",`Armed, checked ${O(e)}`)}var Te=()=>P()&&g`<${A} id="preflight-btn" label="Check it now…" question=${e=>e.checkNow()} />`,T=(e,t)=>g`<p class="armed-line"><${d} shape=${e} />${t}</p>`;import{html as V}from"/assets/vendor/ui.js";async function Ze(){await te("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function Be({viewer:e}){return e?V`<span class="muted">${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${Ze}>
      Sign out
    </button>`:null}function Pe({children:e}){return V`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Ue({role:e,children:t}){return V`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as w,useRef as et,useState as j}from"/assets/vendor/ui.js";var tt=2,nt="The server did not answer. Try again.",k=e=>!!e.acknowledged_by;function ot(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!k(t)),...e.filter(k)]}var it=e=>e.slice(0,tt).filter(t=>k(t)===k(e[0]));async function rt(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await ne("POST","/api/operations",t);return _({text:n.message}),await _e(),null}catch(n){if(n instanceof Z)return n.message;if(n instanceof ee)return nt;throw n}}function at(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function st({alert:e}){let[t,n]=j(!1),[o,a]=j(null),v=et(!1),$=async()=>{if(v.current)return;v.current=!0,n(!0);let S=await rt(e);v.current=!1,n(!1),a(S),S||requestAnimationFrame(()=>at(e))};return w`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${$}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function lt({alert:e}){let t=Date.parse(i.value.now);return w`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${m(e.at,t)}</time></p>
    ${k(e)&&w`<${I} shape="ok" word=${ce(e)} />`}
    ${!k(e)&&i.value.can_rollback&&w`<${st} alert=${e} />`}
  </li>`}function We(){let[e,t]=j(!1),n=ot();if(!n.length)return null;let o=e?n:it(n),a=!k(n[0]);return w`<section id="needs" class="card-box ${a?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${d} shape=${a?"warn":"ok"} />${a?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map($=>w`<${lt} key=${$.id} alert=${$} />`)}</ul>
    ${o.length<n.length&&w`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as r}from"/assets/vendor/ui.js";var K=60,ct="Taking longer than 60 seconds",ut={running:"run",overdue:"warn",done:"ok",failed:"bad"},dt={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},$t={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function J(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function pt(e,t){if(e==="overdue")return ct;if(e==="done")return`${y(t)} completed`;if(e==="failed")return`${y(t)} failed`;if(!E(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${f(n)}\u2026`:"Rolling forward\u2026"}function vt(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!q(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return $t[e.state];let n=se(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function ft({step:e,rollback:t}){return r`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${d} shape=${dt[e.state]} />
    <span class="step-name">${$e(e)}</span>
    <span class="step-word">${vt(e,t)}</span>
    ${e.message&&r`<span class="step-message">${e.message}</span>`}
  </li>`}function mt({rollback:e}){let t=Math.floor(ue(e,p.value)/1e3),n=Math.min(K,t);return r`<div class="budget">
    <label for="rollback-budget">${n} s of ${K} s used</label>
    <progress id="rollback-budget" max=${K} value=${n}></progress>
  </div>`}function Fe(){let e=i.value?.site_url;return e?r`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function ht(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function gt({rollback:e}){let t=r`<code>${f(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${le(e.duration_ms)}. `;if(ht(e)){let o=E(e)?"came forward":"went back";return r`<p>${x(c)} ${o} to ${t}. ${n}Another version is live by now.</p>`}return r`<p>${x(c)} runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function bt({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&P();return r`<${gt} rollback=${e} />
    <p class="actions"><${Fe} />
      ${n&&r`<${A} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>wt(e)}>
        Close
      </button>
    </p>`}function wt(e){xe(e.rollback_id),document.getElementById("main").focus()}function kt({rollback:e}){let t=i.value?.can_rollback,n=o=>B({opener:o.currentTarget,needsNote:!0});return r`
    ${e.visitors_get&&r`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&r`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>r`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${Fe} />
      ${t&&r`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${A} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function yt({rollback:e,state:t}){return r`<${mt} rollback=${e} />
    ${t==="overdue"&&r`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function He(){let e=D.value;if(!e)return null;let t=J(e),n=e.from_deployment&&f(e.from_deployment.git_sha),o=e.target&&f(e.target.git_sha);return r`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${d} shape=${ut[t]} />${pt(t,e)}
    </h2>
    <p>${n&&o&&r`From <code>${n}</code> to <code>${o}</code>. `}
      ${me(e)}</p>
    ${q(e)&&r`<${yt} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(a=>r`<${ft} key=${a.name} ...${{step:a,rollback:e}} />`)}
    </ol>
    ${t==="done"&&r`<${bt} rollback=${e} />`}
    ${t==="failed"&&r`<${kt} rollback=${e} />`}
  </section>`}import{html as l}from"/assets/vendor/ui.js";import{html as u}from"/assets/vendor/ui.js";var St=60,_t=e=>e<2*St?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`;function xt(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${_t(o.seconds)} for ${L(o.rate)}`).join(", ")}.`:""}function U(e){let t=i.value.history.find(n=>n.deployment_id===e);return ie(t??{deployment_id:e})}function Et({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return u`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${U(e.deployment_id)}</code>: pages that were open before.</p>`}var Nt={helps:"is well",fails:"is not well either",unknown:"could not be asked"};function At({asked:e}){return u`<ul id="gate">
    ${e.map(t=>u`<li key=${t.target}><code>${U(t.target)}</code>
      ${" "}${Nt[t.answer]??t.answer}: ${t.target_failed+t.target_unknown} of
      ${" "}${t.pairs} looks at it got no good answer, and ${t.live_failed} of those at what is
      live.${t.answer==="helps"?"":` ${Tt(t.detail)}`}</li>`)}
  </ul>`}var Tt=e=>e&&`${e[0].toUpperCase()}${e.slice(1)}.`;function Ot({rolling:e}){let{from:t,to:n,percent:o,sentence:a}=e,v=`${o} % of visitors get ${U(n)}, the others ${U(t)}.`;return u`<p id="rolling">A rolling release is under way: ${a||v}</p>`}function Me(){let{traffic:e,overall:t,outlook:n,rolling:o}=i.value,{verdict:a,is_fresh:v,decision:$,stragglers:S}=e,Q=a&&v?a.sentence:"Requests are not being counted.";return u`
    ${o&&u`<${Ot} rolling=${o} />`}
    ${n&&u`<p id="outlook">${n}</p>`}
    ${t.warning&&t.warning!==Q&&u`<p id="overall-warning">${t.warning}</p>`}
    ${$&&u`<p id="decision">${m($.at,p.value)}: ${$.sentence}</p>`}
    <details id="evidence">
      <summary>What this is known by</summary>
      <p id="verdict">${Q}</p>
      ${$?.gate.length>0&&u`<${At} asked=${$.gate} />`}
      ${a&&v&&u`<p class="muted">${xt(a)}</p>`}
    </details>
    ${S&&u`<${Et} stragglers=${S} />`}`}var Ct={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},Rt="You can look, but not roll back. Ask an admin for the role operator.",It="A rollback is running.",C=()=>!!i.value&&!i.value.live&&!i.value.history.length;function R(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}async function qe(){await Se(),ge.value||_({text:"Updated"})}function Lt(){if(b.value==="loading")return we.value?Bt:Dt;let e=ke.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${re(p.value-e)} ago.`;return he.value?{shape:"warn",text:`You are offline. ${t}`}:G.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${M(e)}`}}var Dt={shape:"unknown",text:"Loading the live status\u2026"},Bt={shape:"unknown",text:"Slow connection. Still trying."};function Ge(){let{shape:e,text:t}=Lt();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${d} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${qe}>
      Refresh now
    </button>
  </div>`}function Ye(){let{view:e,overview:t,isTooOld:n}=h;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:`We do not know how ${c} is`}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function Pt({version:e}){let{who:t,how:n}=fe(e),o=e.live_from&&m(e.live_from,p.value);return l`<p>Live version <code>${f(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${ae(e).toLowerCase()}.</p>`}function Ut(){let e=localStorage.getItem(`site-url-${c}`);return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" class="btn btn-outline" onClick=${qe}>Try again now</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function Ve(){let{state:e,sentence:t,warning:n}=Ye(),o=i.value?.live,a=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${a}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${d} shape=${a} />${t}</h2>
    ${o&&l`<${Pt} version=${o} /><${Me} />`}
    ${b.value==="error"&&l`<${Ut} />`}
  </section>`}function z(){let{overview:e,view:t}=h;return t.value==="loading"?"The live version is not known yet.":ye.value?It:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:Rt:null}function Wt(){let e=z();if(e)return e;let[t]=i.value?pe(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=ve(t),o=f(t.git_sha),{caution:a}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${a?`${a} `:""}You confirm on the next screen.`}function Ft(e){let t=z();t?_({text:t}):B({opener:e.currentTarget})}function je(){if(C())return null;let e=z()!==null,t=!e&&Ye().state!=="ok",n=b.value==="loading"?"Checking the live version\u2026":`Roll back ${c}\u2026`;return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${Ft}>${n}</button>
    <p id="rollback-hint">${Wt()}</p>
    <${R} />
  </section>`}function Ht({check:e}){let[t,n]=Ct[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${oe[e.name]??e.name}</span>
    <${I} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${M(e.checked_at)}`}
      ${G.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function Ke(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${Ht} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var Mt=c==="production"?"":" of staging",W=`Deployments${Mt} \u2013 WedSync rollback`;function qt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${R} />
  </section>`}function Gt(){return s`<p class="card-box new-page">
    This page was updated. <a href=${H(c)}>Reload</a>
  </p>`}function Yt(){return N.value?s`<${N.value.Rest} />`:Ae.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${Y}>
      Load it again
    </button></p>
  </section>`:null}function Vt(){if(b.value==="signed-out")return s`<${Pe}><${R} /><//>`;if(b.value==="no-access")return s`<${Ue} role="operator"><${R} /><//>`;let e=!!i.value;return s`
    <${Ge} />
    ${be.value&&s`<${Gt} />`}
    <${Le} />
    <${He} />
    ${e&&s`<${We} />`}
    ${!C()&&s`<${Ve} />`}
    ${C()&&s`<${qt} />`}
    <${je} />
    ${e&&!C()&&s`<${Ke} /><${Yt} />`}
    <${De} />
    <${jt} />
    <${Ne} />
    ${N.value&&s`<${N.value.AskDialog} />`}`}var jt=()=>s`<p id="environment-switch">This page is about
  ${" "}<strong>${c}</strong>. <a href=${H(F)}>${x(F)}</a></p>`,Kt=()=>s`<${Be} viewer=${i.value?.viewer} />`;function Jt({overall:e,traffic:t}){return e.state!=="bad"?"":`\u25CF ${t.is_fresh&&t.verdict?.requests?L(t.verdict.rate):"Problems"} \u2013 `}function zt(){let e=D.value,t=e&&J(e);if(t==="done")return`${y(e)} completed \u2013 ${W}`;if(t==="failed")return`\u25CF ${y(e)} failed \u2013 ${W}`;if(t){let n=de(e);return`${E(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${W}`}return(i.value?Jt(i.value):"")+W}function Qt({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem(`site-url-${c}`,t)}function Xt(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),ze(s`<${Vt} />`,e),t&&document.getElementById(t)?.focus()}function Zt(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}Zt()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(Je(()=>{document.title=zt()}),Je(()=>i.value&&Qt(i.value)),X(),Ee(),Xt(document.getElementById("page")),ze(s`<${Kt} />`,document.getElementById("viewer")),Y());
