import{$ as Ne,B as de,C as ve,D as $e,E as M,F as pe,G as fe,H as me,I as he,J as ge,L as be,M as y,N as x,O as we,P as f,Q as i,R as ke,S as q,T as ye,U as Se,V as v,W as _e,X as xe,Y as Ee,Z as D,_ as Y,aa as Ae,b as u,ba as Te,c as R,ca as Oe,d as k,da as m,e as d,f as F,g as I,h as Z,i as ee,j as te,ja as P,k as ne,ka as Ce,l as L,la as S,m as oe,ma as G,n as ie,na as V,o as ae,oa as U,p as re,qa as E,r as $,s as se,t as le,u as H,v as p,x as ce,y as ue,z as B}from"./deployments-chunk.js";import{effect as it,html as s,render as at}from"/assets/vendor/ui.js";import{html as h}from"/assets/vendor/ui.js";var rt=10800*1e3,Ie=()=>i.value?.armed,A=e=>p(e.checked_at,v.value),Le=e=>v.value-Date.parse(e.checked_at)>rt,Be=e=>Le(e)?`Not checked since ${A(e)}`:`Checked ${A(e)}`,De=e=>h`<ul>
  ${e.map(t=>h`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function Pe(){let e=Ie();return!e||e.is_armed?null:h`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${u} shape="warn" />Rollbacks may not work</h2>
    ${De(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${Be(e)}.</p>
  </section>`}function Ue(){if(!i.value)return null;let e=Ie();if(!e)return h`<div id="armed" class="armed">
      ${N("unknown","Not checked yet whether rollbacks would work.")}<${Re} />
    </div>`;let t=e.checks.filter(n=>n.state!=="failed");return h`<div id="armed" class="armed">
    ${st(e)}
    <${Re} />
    ${t.length>0&&h`<details>
      <summary>Good to know (${t.length})</summary>
      ${De(t)}
    </details>`}
  </div>`}function st(e){if(Le(e))return N("warn",`${Be(e)} whether rollbacks would work.`);if(!e.is_armed)return N("warn",`Not armed, checked ${A(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?N("unknown",`Armed as far as is known (${t} not known), checked ${A(e)}`):N("ok",`Armed, checked ${A(e)}`)}var Re=()=>U()&&h`<${E} id="preflight-btn" label="Check it now…" question=${e=>e.checkNow()} />`,N=(e,t)=>h`<p class="armed-line"><${u} shape=${e} />${t}</p>`;import{html as c}from"/assets/vendor/ui.js";var lt=60,ct=e=>e<2*lt?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`;function ut(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${ct(o.seconds)} for ${B(o.rate)}`).join(", ")}.`:""}function We(e){let t=i.value.history.find(n=>n.deployment_id===e);return se(t??{deployment_id:e})}function dt({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return c`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${We(e.deployment_id)}</code>: pages that were open before.</p>`}var vt={helps:"is well",fails:"is not well either",unknown:"could not be asked"};function $t({asked:e}){return c`<ul id="gate">
    ${e.map(t=>c`<li key=${t.target}><code>${We(t.target)}</code>
      ${" "}${vt[t.answer]??t.answer}: ${t.target_failed+t.target_unknown} of
      ${" "}${t.pairs} looks at it got no good answer, and ${t.live_failed} of those at what is
      live.${t.answer==="helps"?"":` ${pt(t.detail)}`}</li>`)}
  </ul>`}var pt=e=>e&&`${e[0].toUpperCase()}${e.slice(1)}.`;function Fe({verdict:e,is_fresh:t}){return e&&t?e.sentence:"Requests are not being counted."}function He(){let{traffic:e,overall:t,outlook:n,rolling:o}=i.value,{decision:r,stragglers:g}=e;return c`
    ${o&&c`<p id="rolling">${o.sentence}</p>`}
    ${n&&c`<p id="outlook">${n}</p>`}
    ${t.warning&&t.warning!==Fe(e)&&c`<p id="overall-warning">${t.warning}</p>`}
    ${r&&c`<p id="decision"><span class="when">${p(r.at,v.value)}</span>:
      ${" "}${r.sentence}</p>`}
    ${g&&c`<${dt} stragglers=${g} />`}`}function Me(){let{traffic:e}=i.value,{verdict:t,is_fresh:n,decision:o}=e;return c`<details id="evidence" class="card-box">
    <summary>What this is known by</summary>
    <p id="verdict">${Fe(e)}</p>
    ${o?.gate.length>0&&c`<${$t} asked=${o.gate} />`}
    ${t&&n&&c`<p class="muted">${ut(t)}</p>`}
  </details>`}import{html as J,signal as ft}from"/assets/vendor/ui.js";var Ye=ft(""),mt="You are still signed in: the server did not answer. Press again.";async function qe(e){try{await ie(e,{method:"DELETE"})}catch(t){if(!(t instanceof L&&t.status===401))return Ye.value=mt}localStorage.clear(),location.assign("/admin/sign-in")}function Ge({viewer:e}){return e?J`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>qe("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>qe("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${Ye}</p>`:null}function Ve({children:e}){return J`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Je({role:e,children:t}){return J`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as b,useRef as ht,useState as j}from"/assets/vendor/ui.js";var gt=2,bt="The server did not answer. Try again.",w=e=>!!e.acknowledged_by;function wt(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!w(t)),...e.filter(w)]}var kt=e=>e.slice(0,gt).filter(t=>w(t)===w(e[0]));async function yt(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await ae("POST","/api/operations",t);return k({text:n.message}),await Ae(),null}catch(n){if(n instanceof L)return n.message;if(n instanceof oe)return bt;throw n}}function St(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function _t({alert:e}){let[t,n]=j(!1),[o,r]=j(null),g=ht(!1),C=async()=>{if(g.current)return;g.current=!0,n(!0);let X=await yt(e);g.current=!1,n(!1),r(X),X||requestAnimationFrame(()=>St(e))};return b`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${C}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function xt({alert:e}){return b`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${p(e.at,_e.value)}</time></p>
    ${w(e)&&b`<${R} shape="ok" word=${$e(e)} />`}
    ${!w(e)&&i.value.can_rollback&&b`<${_t} alert=${e} />`}
  </li>`}function je(){let[e,t]=j(!1),n=wt();if(!n.length)return null;let o=e?n:kt(n),r=!w(n[0]);return b`<section id="needs" class="card-box ${r?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${u} shape=${r?"warn":"ok"} />${r?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map(C=>b`<${xt} key=${C.id} alert=${C} />`)}</ul>
    ${o.length<n.length&&b`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as a}from"/assets/vendor/ui.js";var K=60,Et="Taking longer than 60 seconds",Nt={running:"run",overdue:"warn",done:"ok",failed:"bad"},At={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},Tt={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function z(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function Ot(e,t){if(e==="overdue")return Et;if(e==="done")return`${y(t)} completed`;if(e==="failed")return`${y(t)} failed`;if(!x(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${$(n)}\u2026`:"Rolling forward\u2026"}function Ct(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!M(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return Tt[e.state];let n=de(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function Rt({step:e,rollback:t}){return a`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${u} shape=${At[e.state]} />
    <span class="step-name">${me(e)}</span>
    <span class="step-word">${Ct(e,t)}</span>
    ${e.message&&a`<span class="step-message">${e.message}</span>`}
  </li>`}function It({rollback:e}){let t=Math.floor(pe(e,v.value)/1e3),n=Math.min(K,t);return a`<div class="budget">
    <label for="rollback-budget">${n} s of ${K} s used</label>
    <progress id="rollback-budget" max=${K} value=${n}></progress>
  </div>`}var Ke=({rollback:e})=>a`<a class="btn btn-outline" href="${le(e.rollback_id)}${Z}">See the incident
    report</a>`;function ze(){let e=i.value?.site_url;return e?a`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function Lt(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function Bt({rollback:e}){let t=a`<code>${$(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${ve(e.duration_ms)}. `;if(Lt(e)){let o=x(e)?"came forward":"went back";return a`<p>${F(d)} ${o} to ${t}. ${n}Another version is live by now.</p>`}return a`<p>${F(d)} runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function Dt({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&U();return a`<${Bt} rollback=${e} />
    <p class="actions"><${ze} /><${Ke} rollback=${e} />
      ${n&&a`<${E} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>Pt(e)}>
        Close
      </button>
    </p>`}function Pt(e){Te(e.rollback_id),document.getElementById("main").focus()}function Ut({rollback:e}){let t=i.value?.can_rollback,n=o=>P({opener:o.currentTarget,needsNote:!0});return a`
    ${e.visitors_get&&a`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&a`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>a`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${ze} /><${Ke} rollback=${e} />
      ${t&&a`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${E} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function Wt({rollback:e,state:t}){return a`<${It} rollback=${e} />
    ${t==="overdue"&&a`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function Qe(){let e=D.value;if(!e)return null;let t=z(e),n=e.from_deployment&&$(e.from_deployment.git_sha),o=e.target&&$(e.target.git_sha);return a`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${u} shape=${Nt[t]} />${Ot(t,e)}
    </h2>
    <p>${n&&o&&a`From <code>${n}</code> to <code>${o}</code>. `}
      ${we(e)}</p>
    ${M(e)&&a`<${Wt} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(r=>a`<${Rt} key=${r.name} ...${{step:r,rollback:e}} />`)}
    </ol>
    ${t==="done"&&a`<${Dt} rollback=${e} />`}
    ${t==="failed"&&a`<${Ut} rollback=${e} />`}
  </section>`}import{html as l,signal as Ft}from"/assets/vendor/ui.js";var Ht={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},Mt="You can look, but not roll back. Ask an admin for the role operator.",qt="A rollback is running.",_=()=>!!i.value&&!i.value.live&&!i.value.history.length;function O(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}var T=Ft(!1);async function Xe(){let e=q.value;T.value=!0,await Ne(),T.value=!1,q.value?e&&k({text:"Still no answer."}):i.value&&k({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}function Yt(){if(f.value==="loading")return Se.value?Vt:Gt;let e=xe.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${ce(v.value-e)} ago.`;return ke.value?{shape:"warn",text:`You are offline. ${t}`}:Y.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${H(e)}`}}var Gt={shape:"unknown",text:"Loading the live status\u2026"},Vt={shape:"unknown",text:"Slow connection. Still trying."};function Ze(){let{shape:e,text:t}=Yt();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${u} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${Xe}>
      Refresh now
    </button>
  </div>`}function et(){let{view:e,overview:t,isTooOld:n}=m;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:`We do not know how ${d} is`}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function Jt({version:e}){let{who:t,how:n}=be(e),o=e.live_from&&p(e.live_from,v.value);return l`<p>Live version <code>${$(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${ue(e).toLowerCase()}.</p>`}function jt(){let e=localStorage.getItem(`site-url-${d}`);return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" id="again" class="btn btn-outline" aria-disabled=${String(T.value)}
        onClick=${()=>T.value||Xe()}>
        ${T.value?"Trying\u2026":"Try again now"}</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function tt(){let{state:e,sentence:t,warning:n}=et(),o=i.value?.live,r=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${r}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${u} shape=${r} />${t}</h2>
    ${o&&l`<${Jt} version=${o} /><${He} />`}
    ${f.value==="error"&&l`<${jt} />`}
  </section>`}function Q(){let{overview:e,view:t}=m;return t.value==="loading"?"The live version is not known yet.":Ee.value?qt:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:Mt:null}function Kt(){let e=Q();if(e)return e;let[t]=i.value?he(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=ge(t),o=$(t.git_sha),{caution:r}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${r?`${r} `:""}You confirm on the next screen.`}function zt(e){let t=Q();t?k({text:t}):P({opener:e.currentTarget})}var Qt=()=>i.value?.blocked?.code==="nothing"&&l` <a href=${I(d,"/admin/flags")}>Use a feature switch instead.</a>`;function nt(){if(_())return null;let e=Q()!==null,t=!e&&et().state!=="ok",n=f.value==="loading"?"Checking the live version\u2026":`Roll back ${d}\u2026`;return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${zt}>${n}</button>
    <p id="rollback-hint">${Kt()}<${Qt} /></p>
    <${O} />
  </section>`}function Xt({check:e}){let[t,n]=Ht[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${re[e.name]??e.name}</span>
    <${R} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${H(e.checked_at)}`}
      ${Y.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function ot(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${Xt} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var W=`Deployments${ee} \u2013 WedSync rollback`;function Zt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${O} />
  </section>`}function en(){return s`<p class="card-box new-page">
    This page was updated. <a href=${I(d)}>Reload</a>
  </p>`}function tn(){return S.value?s`<${S.value.Rest} />`:G.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${V}>
      Load it again
    </button></p>
  </section>`:null}function nn(){return f.value==="loading"?!1:!i.value||_()||!!S.value||G.value}function on(){if(f.value==="signed-out")return s`<${Ve}><${O} /><//>`;if(f.value==="no-access")return s`<${Je} role="operator"><${O} /><//>`;let e=!!i.value;return s`
    <${Ze} />
    ${ye.value&&s`<${en} />`}
    <${Pe} />
    <${Qe} />
    ${e&&s`<${je} />`}
    ${!_()&&s`<${tt} />`}
    ${_()&&s`<${Zt} />`}
    <${nt} />
    ${e&&!_()&&s`<${Me} /><${ot} /><${tn} />`}
    ${nn()&&s`<${Ue} /><${te} />`}`}var an=()=>s`<${on} />
  <${Ce} />
  ${S.value&&s`<${S.value.AskDialog} />`}`,rn=()=>s`<${Ge} viewer=${i.value?.viewer} />`;function sn({overall:e,traffic:t}){return e.state!=="bad"?"":`\u25CF ${t.is_fresh&&t.verdict?.requests?B(t.verdict.rate):"Problems"} \u2013 `}function ln(){let e=D.value,t=e&&z(e);if(t==="done")return`${y(e)} completed \u2013 ${W}`;if(t==="failed")return`\u25CF ${y(e)} failed \u2013 ${W}`;if(t){let n=fe(e);return`${x(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${W}`}return(i.value?sn(i.value):"")+W}function cn({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem(`site-url-${d}`,t)}function un(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),at(s`<${an} />`,e),t&&document.getElementById(t)?.focus()}function dn(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}dn()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(it(()=>{document.title=ln()}),it(()=>i.value&&cn(i.value)),ne(),Oe(),un(document.getElementById("page")),at(s`<${rn} />`,document.getElementById("viewer")),V());
