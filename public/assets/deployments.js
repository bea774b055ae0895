import{$ as Ee,A as le,B as ce,C as ue,D as H,E as de,F as $e,G as ve,H as pe,I as fe,K as me,L as k,M as x,N as he,O as f,P as i,Q as ge,R as be,S as we,T as ke,U as $,V as ye,W as Se,X as D,Y as M,Z as _e,_ as xe,aa as Ne,b as u,ba as m,c as C,d as _,e as d,f as W,g as R,h as Q,ha as B,i as X,ia as Ae,j as Z,ja as y,k as I,ka as q,l as ee,la as Y,m as te,ma as P,n as ne,o as oe,oa as E,q as v,r as ie,s as ae,t as F,u as p,w as re,x as se,y as L}from"./deployments-chunk.js";import{effect as tt,html as s,render as nt}from"/assets/vendor/ui.js";import{html as h}from"/assets/vendor/ui.js";var ot=10800*1e3,Te=()=>i.value?.armed,A=e=>p(e.checked_at,$.value),Ce=e=>$.value-Date.parse(e.checked_at)>ot,Re=e=>Ce(e)?`Not checked since ${A(e)}`:`Checked ${A(e)}`,Ie=e=>h`<ul>
  ${e.map(t=>h`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function Le(){let e=Te();return!e||e.is_armed?null:h`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${u} shape="warn" />Rollbacks may not work</h2>
    ${Ie(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${Re(e)}.</p>
  </section>`}function De(){if(!i.value)return null;let e=Te();if(!e)return h`<div id="armed" class="armed">
      ${N("unknown","Not checked yet whether rollbacks would work.")}<${Oe} />
    </div>`;let t=e.checks.filter(n=>n.state!=="failed");return h`<div id="armed" class="armed">
    ${it(e)}
    <${Oe} />
    ${t.length>0&&h`<details>
      <summary>Good to know (${t.length})</summary>
      ${Ie(t)}
    </details>`}
  </div>`}function it(e){if(Ce(e))return N("warn",`${Re(e)} whether rollbacks would work.`);if(!e.is_armed)return N("warn",`Not armed, checked ${A(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?N("unknown",`Armed as far as is known (${t} not known), checked ${A(e)}`):N("ok",`Armed, checked ${A(e)}`)}var Oe=()=>P()&&h`<${E} id="preflight-btn" label="Check it now…" question=${e=>e.checkNow()} />`,N=(e,t)=>h`<p class="armed-line"><${u} shape=${e} />${t}</p>`;import{html as c}from"/assets/vendor/ui.js";var at=60,rt=e=>e<2*at?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`;function st(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${rt(o.seconds)} for ${L(o.rate)}`).join(", ")}.`:""}function Be(e){let t=i.value.history.find(n=>n.deployment_id===e);return ie(t??{deployment_id:e})}function lt({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return c`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${Be(e.deployment_id)}</code>: pages that were open before.</p>`}var ct={helps:"is well",fails:"is not well either",unknown:"could not be asked"};function ut({asked:e}){return c`<ul id="gate">
    ${e.map(t=>c`<li key=${t.target}><code>${Be(t.target)}</code>
      ${" "}${ct[t.answer]??t.answer}: ${t.target_failed+t.target_unknown} of
      ${" "}${t.pairs} looks at it got no good answer, and ${t.live_failed} of those at what is
      live.${t.answer==="helps"?"":` ${dt(t.detail)}`}</li>`)}
  </ul>`}var dt=e=>e&&`${e[0].toUpperCase()}${e.slice(1)}.`;function Pe({verdict:e,is_fresh:t}){return e&&t?e.sentence:"Requests are not being counted."}function Ue(){let{traffic:e,overall:t,outlook:n,rolling:o}=i.value,{decision:r,stragglers:g}=e;return c`
    ${o&&c`<p id="rolling">${o.sentence}</p>`}
    ${n&&c`<p id="outlook">${n}</p>`}
    ${t.warning&&t.warning!==Pe(e)&&c`<p id="overall-warning">${t.warning}</p>`}
    ${r&&c`<p id="decision"><span class="when">${p(r.at,$.value)}</span>:
      ${" "}${r.sentence}</p>`}
    ${g&&c`<${lt} stragglers=${g} />`}`}function We(){let{traffic:e}=i.value,{verdict:t,is_fresh:n,decision:o}=e;return c`<details id="evidence" class="card-box">
    <summary>What this is known by</summary>
    <p id="verdict">${Pe(e)}</p>
    ${o?.gate.length>0&&c`<${ut} asked=${o.gate} />`}
    ${t&&n&&c`<p class="muted">${st(t)}</p>`}
  </details>`}import{html as G,signal as $t}from"/assets/vendor/ui.js";var He=$t(""),vt="You are still signed in: the server did not answer. Press again.";async function Fe(e){try{await te(e,{method:"DELETE"})}catch(t){if(!(t instanceof I&&t.status===401))return He.value=vt}localStorage.clear(),location.assign("/admin/sign-in")}function Me({viewer:e}){return e?G`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>Fe("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>Fe("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${He}</p>`:null}function qe({children:e}){return G`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p>A sign-in ends by itself after some hours, and sooner while no page is open. Sign in again with
      the access token that an admin gave you.</p>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function Ye({role:e,children:t}){return G`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as b,useRef as pt,useState as V}from"/assets/vendor/ui.js";var ft=2,mt="The server did not answer. Try again.",w=e=>!!e.acknowledged_by;function ht(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!w(t)),...e.filter(w)]}var gt=e=>e.slice(0,ft).filter(t=>w(t)===w(e[0]));async function bt(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await ne("POST","/api/operations",t);return _({text:n.message}),await xe(),null}catch(n){if(n instanceof I)return n.message;if(n instanceof ee)return mt;throw n}}function wt(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function kt({alert:e}){let[t,n]=V(!1),[o,r]=V(null),g=pt(!1),T=async()=>{if(g.current)return;g.current=!0,n(!0);let z=await bt(e);g.current=!1,n(!1),r(z),z||requestAnimationFrame(()=>wt(e))};return b`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${T}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function yt({alert:e}){let t=Date.parse(i.value.now);return b`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${p(e.at,t)}</time></p>
    ${w(e)&&b`<${C} shape="ok" word=${ue(e)} />`}
    ${!w(e)&&i.value.can_rollback&&b`<${kt} alert=${e} />`}
  </li>`}function Ge(){let[e,t]=V(!1),n=ht();if(!n.length)return null;let o=e?n:gt(n),r=!w(n[0]);return b`<section id="needs" class="card-box ${r?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${u} shape=${r?"warn":"ok"} />${r?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map(T=>b`<${yt} key=${T.id} alert=${T} />`)}</ul>
    ${o.length<n.length&&b`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as a}from"/assets/vendor/ui.js";var J=60,St="Taking longer than 60 seconds",_t={running:"run",overdue:"warn",done:"ok",failed:"bad"},xt={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},Et={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function j(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function Nt(e,t){if(e==="overdue")return St;if(e==="done")return`${k(t)} completed`;if(e==="failed")return`${k(t)} failed`;if(!x(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${v(n)}\u2026`:"Rolling forward\u2026"}function At(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!H(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return Et[e.state];let n=le(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function Ot({step:e,rollback:t}){return a`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${u} shape=${xt[e.state]} />
    <span class="step-name">${ve(e)}</span>
    <span class="step-word">${At(e,t)}</span>
    ${e.message&&a`<span class="step-message">${e.message}</span>`}
  </li>`}function Tt({rollback:e}){let t=Math.floor(de(e,$.value)/1e3),n=Math.min(J,t);return a`<div class="budget">
    <label for="rollback-budget">${n} s of ${J} s used</label>
    <progress id="rollback-budget" max=${J} value=${n}></progress>
  </div>`}var Ve=({rollback:e})=>a`<a class="btn btn-outline" href=${ae(e.rollback_id)}>See the incident
    report</a>`;function Je(){let e=i.value?.site_url;return e?a`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function Ct(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function Rt({rollback:e}){let t=a`<code>${v(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${ce(e.duration_ms)}. `;if(Ct(e)){let o=x(e)?"came forward":"went back";return a`<p>${W(d)} ${o} to ${t}. ${n}Another version is live by now.</p>`}return a`<p>${W(d)} runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function It({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&P();return a`<${Rt} rollback=${e} />
    <p class="actions"><${Je} /><${Ve} rollback=${e} />
      ${n&&a`<${E} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>Lt(e)}>
        Close
      </button>
    </p>`}function Lt(e){Ee(e.rollback_id),document.getElementById("main").focus()}function Dt({rollback:e}){let t=i.value?.can_rollback,n=o=>B({opener:o.currentTarget,needsNote:!0});return a`
    ${e.visitors_get&&a`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&a`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>a`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${Je} /><${Ve} rollback=${e} />
      ${t&&a`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${E} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function Bt({rollback:e,state:t}){return a`<${Tt} rollback=${e} />
    ${t==="overdue"&&a`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function je(){let e=D.value;if(!e)return null;let t=j(e),n=e.from_deployment&&v(e.from_deployment.git_sha),o=e.target&&v(e.target.git_sha);return a`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${u} shape=${_t[t]} />${Nt(t,e)}
    </h2>
    <p>${n&&o&&a`From <code>${n}</code> to <code>${o}</code>. `}
      ${he(e)}</p>
    ${H(e)&&a`<${Bt} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(r=>a`<${Ot} key=${r.name} ...${{step:r,rollback:e}} />`)}
    </ol>
    ${t==="done"&&a`<${It} rollback=${e} />`}
    ${t==="failed"&&a`<${Dt} rollback=${e} />`}
  </section>`}import{html as l}from"/assets/vendor/ui.js";var Pt={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},Ut="You can look, but not roll back. Ask an admin for the role operator.",Wt="A rollback is running.",S=()=>!!i.value&&!i.value.live&&!i.value.history.length;function O(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}async function Ke(){await _e(),be.value||_({text:"Updated"})}function Ft(){if(f.value==="loading")return ke.value?Mt:Ht;let e=ye.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${re($.value-e)} ago.`;return ge.value?{shape:"warn",text:`You are offline. ${t}`}:M.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${F(e)}`}}var Ht={shape:"unknown",text:"Loading the live status\u2026"},Mt={shape:"unknown",text:"Slow connection. Still trying."};function ze(){let{shape:e,text:t}=Ft();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${u} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${Ke}>
      Refresh now
    </button>
  </div>`}function Qe(){let{view:e,overview:t,isTooOld:n}=m;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:`We do not know how ${d} is`}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function qt({version:e}){let{who:t,how:n}=me(e),o=e.live_from&&p(e.live_from,$.value);return l`<p>Live version <code>${v(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${se(e).toLowerCase()}.</p>`}function Yt(){let e=localStorage.getItem(`site-url-${d}`);return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" class="btn btn-outline" onClick=${Ke}>Try again now</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function Xe(){let{state:e,sentence:t,warning:n}=Qe(),o=i.value?.live,r=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${r}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${u} shape=${r} />${t}</h2>
    ${o&&l`<${qt} version=${o} /><${Ue} />`}
    ${f.value==="error"&&l`<${Yt} />`}
  </section>`}function K(){let{overview:e,view:t}=m;return t.value==="loading"?"The live version is not known yet.":Se.value?Wt:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:Ut:null}function Gt(){let e=K();if(e)return e;let[t]=i.value?pe(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=fe(t),o=v(t.git_sha),{caution:r}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${r?`${r} `:""}You confirm on the next screen.`}function Vt(e){let t=K();t?_({text:t}):B({opener:e.currentTarget})}var Jt=()=>i.value?.blocked?.code==="nothing"&&l` <a href=${R(d,"/admin/flags")}>Use a feature switch instead.</a>`;function Ze(){if(S())return null;let e=K()!==null,t=!e&&Qe().state!=="ok",n=f.value==="loading"?"Checking the live version\u2026":`Roll back ${d}\u2026`;return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${Vt}>${n}</button>
    <p id="rollback-hint">${Gt()}<${Jt} /></p>
    <${O} />
  </section>`}function jt({check:e}){let[t,n]=Pt[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${oe[e.name]??e.name}</span>
    <${C} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${F(e.checked_at)}`}
      ${M.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function et(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${jt} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var U=`Deployments${Q} \u2013 WedSync rollback`;function Kt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${O} />
  </section>`}function zt(){return s`<p class="card-box new-page">
    This page was updated. <a href=${R(d)}>Reload</a>
  </p>`}function Qt(){return y.value?s`<${y.value.Rest} />`:q.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${Y}>
      Load it again
    </button></p>
  </section>`:null}function Xt(){return f.value==="loading"?!1:!i.value||S()||!!y.value||q.value}function Zt(){if(f.value==="signed-out")return s`<${qe}><${O} /><//>`;if(f.value==="no-access")return s`<${Ye} role="operator"><${O} /><//>`;let e=!!i.value;return s`
    <${ze} />
    ${we.value&&s`<${zt} />`}
    <${Le} />
    <${je} />
    ${e&&s`<${Ge} />`}
    ${!S()&&s`<${Xe} />`}
    ${S()&&s`<${Kt} />`}
    <${Ze} />
    ${e&&!S()&&s`<${We} /><${et} /><${Qt} />`}
    ${Xt()&&s`<${De} /><${X} />`}`}var en=()=>s`<${Zt} />
  <${Ae} />
  ${y.value&&s`<${y.value.AskDialog} />`}`,tn=()=>s`<${Me} viewer=${i.value?.viewer} />`;function nn({overall:e,traffic:t}){return e.state!=="bad"?"":`\u25CF ${t.is_fresh&&t.verdict?.requests?L(t.verdict.rate):"Problems"} \u2013 `}function on(){let e=D.value,t=e&&j(e);if(t==="done")return`${k(e)} completed \u2013 ${U}`;if(t==="failed")return`\u25CF ${k(e)} failed \u2013 ${U}`;if(t){let n=$e(e);return`${x(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${U}`}return(i.value?nn(i.value):"")+U}function an({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem(`site-url-${d}`,t)}function rn(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),nt(s`<${en} />`,e),t&&document.getElementById(t)?.focus()}function sn(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}sn()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(tt(()=>{document.title=on()}),tt(()=>i.value&&an(i.value)),Z(),Ne(),rn(document.getElementById("page")),nt(s`<${tn} />`,document.getElementById("viewer")),Y());
