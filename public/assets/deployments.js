import{$ as ge,A as ae,C as re,D as b,E as S,F as se,G as f,H as i,I as le,J as ce,K as ue,L as de,M as d,N as pe,O as ve,P as C,Q as D,R as $e,S as fe,T as me,U as he,V as v,_ as R,aa as be,b as c,c as O,ca as B,d as y,da as _,e as Y,ea as we,f as G,fa as P,g as V,h as j,i as K,k as u,m as J,n as I,o as p,p as z,q as Q,s as X,t as Z,u as ee,v as L,w as te,x as ne,y as oe,z as ie}from"./deployments-chunk.js";import{effect as Me,html as s,render as He}from"/assets/vendor/ui.js";import{html as w}from"/assets/vendor/ui.js";var qe=10800*1e3,ke=()=>i.value?.armed,E=e=>p(e.checked_at,d.value),ye=e=>d.value-Date.parse(e.checked_at)>qe,Se=e=>ye(e)?`Not checked since ${E(e)}`:`Checked ${E(e)}`,_e=e=>w`<ul>
  ${e.map(t=>w`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function xe(){let e=ke();return!e||e.is_armed?null:w`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${c} shape="warn" />Rollbacks may not work</h2>
    ${_e(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${Se(e)}.</p>
  </section>`}function Ee(){if(!i.value)return null;let e=ke();if(!e)return x("unknown","Not checked yet whether rollbacks would work.");let t=e.checks.filter(n=>n.state!=="failed");return w`<div id="armed" class="armed">
    ${Ye(e)}
    ${t.length>0&&w`<details>
      <summary>Good to know (${t.length})</summary>
      ${_e(t)}
    </details>`}
  </div>`}function Ye(e){if(ye(e))return x("warn",`${Se(e)} whether rollbacks would work.`);if(!e.is_armed)return x("warn",`Not armed, checked ${E(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?x("unknown",`Armed as far as is known (${t} not known), checked ${E(e)}`):x("ok",`Armed, checked ${E(e)}`)}var x=(e,t)=>w`<p class="armed-line"><${c} shape=${e} />${t}</p>`;import{html as U}from"/assets/vendor/ui.js";async function Ge(){await V("/api/session",{method:"DELETE"}),localStorage.clear(),location.assign("/admin/sign-in")}function Ae({viewer:e}){return e?U`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline" onClick=${Ge}>
      Sign out
    </button>`:null}function Ne({children:e}){return U`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Te({role:e,children:t}){return U`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as m,useRef as Ve,useState as W}from"/assets/vendor/ui.js";var je=2,Ke="The server did not answer. Try again.",h=e=>!!e.acknowledged_by;function Je(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!h(t)),...e.filter(h)]}var ze=e=>e.slice(0,je).filter(t=>h(t)===h(e[0]));async function Qe(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await j("POST","/api/operations",t);return y({text:n.message}),await fe(),null}catch(n){if(n instanceof Y)return n.message;if(n instanceof G)return Ke;throw n}}function Xe(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function Ze({alert:e}){let[t,n]=W(!1),[o,r]=W(null),$=Ve(!1),g=async()=>{if($.current)return;$.current=!0,n(!0);let q=await Qe(e);$.current=!1,n(!1),r(q),q||requestAnimationFrame(()=>Xe(e))};return m`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${g}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function et({alert:e}){let t=Date.parse(i.value.now);return m`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${p(e.at,t)}</time></p>
    ${h(e)&&m`<${O} shape="ok" word=${ee(e)} />`}
    ${!h(e)&&i.value.can_rollback&&m`<${Ze} alert=${e} />`}
  </li>`}function Oe(){let[e,t]=W(!1),n=Je();if(!n.length)return null;let o=e?n:ze(n),r=!h(n[0]);return m`<section id="needs" class="card-box ${r?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${c} shape=${r?"warn":"ok"} />${r?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map(g=>m`<${et} key=${g.id} alert=${g} />`)}</ul>
    ${o.length<n.length&&m`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as a}from"/assets/vendor/ui.js";var F=60,tt="Taking longer than 60 seconds",nt={running:"run",overdue:"warn",done:"ok",failed:"bad"},ot={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},it={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function M(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function at(e,t){if(e==="overdue")return tt;if(e==="done")return`${b(t)} completed`;if(e==="failed")return`${b(t)} failed`;if(!S(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${u(n)}\u2026`:"Rolling forward\u2026"}function rt(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!L(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return it[e.state];let n=X(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function st({step:e,rollback:t}){return a`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${c} shape=${ot[e.state]} />
    <span class="step-name">${oe(e)}</span>
    <span class="step-word">${rt(e,t)}</span>
    ${e.message&&a`<span class="step-message">${e.message}</span>`}
  </li>`}function lt({rollback:e}){let t=Math.floor(te(e,d.value)/1e3),n=Math.min(F,t);return a`<div class="budget">
    <label for="rollback-budget">${n} s of ${F} s used</label>
    <progress id="rollback-budget" max=${F} value=${n}></progress>
  </div>`}var Ce=({rollback:e})=>a`<a class="btn btn-outline" href=${J(e.rollback_id)}>See the incident
    report</a>`;function Re(){let e=i.value?.site_url;return e?a`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function ct(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function ut({rollback:e}){let t=a`<code>${u(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${Z(e.duration_ms)}. `;if(ct(e)){let o=S(e)?"came forward":"went back";return a`<p>Production ${o} to ${t}. ${n}Another version is live by now.</p>`}return a`<p>Production runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function dt({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&be();return a`<${ut} rollback=${e} />
    <p class="actions"><${Re} /><${Ce} rollback=${e} />
      ${n&&a`<${B} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>pt(e)}>
        Close
      </button>
    </p>`}function pt(e){me(e.rollback_id),document.getElementById("main").focus()}function vt({rollback:e}){let t=i.value?.can_rollback,n=o=>R({opener:o.currentTarget,needsNote:!0});return a`
    ${e.visitors_get&&a`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&a`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>a`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${Re} /><${Ce} rollback=${e} />
      ${t&&a`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${B} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function $t({rollback:e,state:t}){return a`<${lt} rollback=${e} />
    ${t==="overdue"&&a`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function Ie(){let e=C.value;if(!e)return null;let t=M(e),n=e.from_deployment&&u(e.from_deployment.git_sha),o=e.target&&u(e.target.git_sha);return a`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${c} shape=${nt[t]} />${at(t,e)}
    </h2>
    <p>${n&&o&&a`From <code>${n}</code> to <code>${o}</code>. `}
      ${se(e)}</p>
    ${L(e)&&a`<${$t} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(r=>a`<${st} key=${r.name} ...${{step:r,rollback:e}} />`)}
    </ol>
    ${t==="done"&&a`<${dt} rollback=${e} />`}
    ${t==="failed"&&a`<${vt} rollback=${e} />`}
  </section>`}import{html as l}from"/assets/vendor/ui.js";import{html as k}from"/assets/vendor/ui.js";var ft=60,mt=e=>e<2*ft?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`,ht=e=>`${Math.round(e*100)} %`;function gt(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${mt(o.seconds)} for ${ht(o.rate)}`).join(", ")}.`:""}function bt(e){let t=i.value.history.find(n=>n.deployment_id===e);return t?u(t.git_sha):e}function wt({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return k`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${bt(e.deployment_id)}</code>: pages that were open before.</p>`}function Le(){let{traffic:e,overall:t}=i.value,{verdict:n,is_fresh:o,decision:r,stragglers:$}=e,g=n&&o?n.sentence:"Requests are not being counted.";return k`
    ${t.warning&&k`<p id="overall-warning">${t.warning}</p>`}
    ${r&&k`<p id="decision">${p(r.at,d.value)}: ${r.sentence}</p>`}
    <details id="evidence">
      <summary>What this is known by</summary>
      <p id="verdict">${g}</p>
      ${n&&o&&k`<p class="muted">${gt(n)}</p>`}
      ${$&&k`<${wt} stragglers=${$} />`}
    </details>`}var kt={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},yt="You can look, but not roll back. Ask an admin for the role operator.",St="A rollback is running.",A=()=>!!i.value&&!i.value.live&&!i.value.history.length;function N(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}async function De(){await $e(),ce.value||y({text:"Updated"})}function _t(){if(f.value==="loading")return de.value?Et:xt;let e=pe.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${z(d.value-e)} ago.`;return le.value?{shape:"warn",text:`You are offline. ${t}`}:D.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${I(e)}`}}var xt={shape:"unknown",text:"Loading the live status\u2026"},Et={shape:"unknown",text:"Slow connection. Still trying."};function Be(){let{shape:e,text:t}=_t();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${c} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${De}>
      Refresh now
    </button>
  </div>`}function Pe(){let{view:e,overview:t,isTooOld:n}=v;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:"We do not know how production is"}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function At({version:e}){let{who:t,how:n}=re(e),o=e.live_from&&p(e.live_from,d.value);return l`<p>Live version <code>${u(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${Q(e).toLowerCase()}.</p>`}function Nt(){let e=localStorage.getItem("site-url");return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" class="btn btn-outline" onClick=${De}>Try again now</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function Ue(){let{state:e,sentence:t,warning:n}=Pe(),o=i.value?.live,r=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${r}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${c} shape=${r} />${t}</h2>
    ${o&&l`<${At} version=${o} /><${Le} />`}
    ${f.value==="error"&&l`<${Nt} />`}
  </section>`}function H(){let{overview:e,view:t}=v;return t.value==="loading"?"The live version is not known yet.":ve.value?St:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:yt:null}function Tt(){let e=H();if(e)return e;let[t]=i.value?ie(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=ae(t),o=u(t.git_sha),{caution:r}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${r?`${r} `:""}You confirm on the next screen.`}function Ot(e){let t=H();t?y({text:t}):R({opener:e.currentTarget})}function We(){if(A())return null;let e=H()!==null,t=!e&&Pe().state!=="ok",n=f.value==="loading"?"Checking the live version\u2026":"Roll back production\u2026";return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${Ot}>${n}</button>
    <p id="rollback-hint">${Tt()}</p>
    <${N} />
  </section>`}function Ct({check:e}){let[t,n]=kt[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${K[e.name]??e.name}</span>
    <${O} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${I(e.checked_at)}`}
      ${D.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function Fe(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${Ct} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var T="Deployments \u2013 WedSync rollback";function Rt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${N} />
  </section>`}function It(){return s`<p class="card-box new-page">
    This page was updated. <a href="/admin/deployments">Reload</a>
  </p>`}function Lt(){return _.value?s`<${_.value.Rest} />`:we.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${P}>
      Load it again
    </button></p>
  </section>`:null}function Dt(){if(f.value==="signed-out")return s`<${Ne}><${N} /><//>`;if(f.value==="no-access")return s`<${Te} role="operator"><${N} /><//>`;let e=!!i.value;return s`
    <${Be} />
    ${ue.value&&s`<${It} />`}
    <${xe} />
    <${Ie} />
    ${e&&s`<${Oe} />`}
    ${!A()&&s`<${Ue} />`}
    ${A()&&s`<${Rt} />`}
    <${We} />
    ${e&&!A()&&s`<${Fe} /><${Lt} />`}
    <${Ee} />
    <${ge} />
    ${_.value&&s`<${_.value.AskDialog} />`}`}var Bt=()=>s`<${Ae} viewer=${i.value?.viewer} />`;function Pt(){let e=C.value,t=e&&M(e);if(t==="done")return`${b(e)} completed \u2013 ${T}`;if(t==="failed")return`\u25CF ${b(e)} failed \u2013 ${T}`;if(t){let n=ne(e);return`${S(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${T}`}return i.value?.overall.state==="bad"?`\u25CF Problems \u2013 ${T}`:T}function Ut({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem("site-url",t)}function Wt(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),He(s`<${Dt} />`,e),t&&document.getElementById(t)?.focus()}function Ft(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}Ft()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(Me(()=>{document.title=Pt()}),Me(()=>i.value&&Ut(i.value)),he(),Wt(document.getElementById("page")),He(s`<${Bt} />`,document.getElementById("viewer")),P());
