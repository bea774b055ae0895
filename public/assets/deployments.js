import{$ as Ne,A as le,B as ce,C as M,D as ue,E as de,F as $e,G as pe,H as ve,J as fe,K as k,L as N,M as me,N as f,O as i,P as he,Q as ge,R as be,S as we,T as $,U as ke,V as ye,W as D,X as q,Y as Se,Z as _e,_ as xe,aa as m,b as d,c as R,d as _,e as c,f as W,fa as B,g as x,ga as Ee,h as F,ha as y,i as X,ia as G,j as I,ja as Y,k as Z,ka as P,l as ee,m as te,ma as E,n as ne,p,q as oe,r as ie,s as H,t as v,v as ae,w as re,x as L,z as se}from"./deployments-chunk.js";import{effect as et,html as s,render as tt}from"/assets/vendor/ui.js";import{html as h}from"/assets/vendor/ui.js";var nt=10800*1e3,Te=()=>i.value?.armed,T=e=>v(e.checked_at,$.value),Oe=e=>$.value-Date.parse(e.checked_at)>nt,Ce=e=>Oe(e)?`Not checked since ${T(e)}`:`Checked ${T(e)}`,Re=e=>h`<ul>
  ${e.map(t=>h`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function Ie(){let e=Te();return!e||e.is_armed?null:h`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${d} shape="warn" />Rollbacks may not work</h2>
    ${Re(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${Ce(e)}.</p>
  </section>`}function Le(){if(!i.value)return null;let e=Te();if(!e)return h`<div id="armed" class="armed">
      ${A("unknown","Not checked yet whether rollbacks would work.")}<${Ae} />
    </div>`;let t=e.checks.filter(n=>n.state!=="failed");return h`<div id="armed" class="armed">
    ${ot(e)}
    <${Ae} />
    ${t.length>0&&h`<details>
      <summary>Good to know (${t.length})</summary>
      ${Re(t)}
    </details>`}
  </div>`}function ot(e){if(Oe(e))return A("warn",`${Ce(e)} whether rollbacks would work.`);if(!e.is_armed)return A("warn",`Not armed, checked ${T(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?A("unknown",`Armed as far as is known (${t} not known), checked ${T(e)}`):A("ok",`Armed, checked ${T(e)}`)}var Ae=()=>P()&&h`<${E} id="preflight-btn" label="Check it now…" question=${e=>e.checkNow()} />`,A=(e,t)=>h`<p class="armed-line"><${d} shape=${e} />${t}</p>`;import{html as u}from"/assets/vendor/ui.js";var it=60,at=e=>e<2*it?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`;function rt(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${at(o.seconds)} for ${L(o.rate)}`).join(", ")}.`:""}function De(e){let t=i.value.history.find(n=>n.deployment_id===e);return oe(t??{deployment_id:e})}function st({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return u`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${De(e.deployment_id)}</code>: pages that were open before.</p>`}var lt={helps:"is well",fails:"is not well either",unknown:"could not be asked"};function ct({asked:e}){return u`<ul id="gate">
    ${e.map(t=>u`<li key=${t.target}><code>${De(t.target)}</code>
      ${" "}${lt[t.answer]??t.answer}: ${t.target_failed+t.target_unknown} of
      ${" "}${t.pairs} looks at it got no good answer, and ${t.live_failed} of those at what is
      live.${t.answer==="helps"?"":` ${ut(t.detail)}`}</li>`)}
  </ul>`}var ut=e=>e&&`${e[0].toUpperCase()}${e.slice(1)}.`;function Be({verdict:e,is_fresh:t}){return e&&t?e.sentence:"Requests are not being counted."}function Pe(){let{traffic:e,overall:t,outlook:n,rolling:o}=i.value,{decision:r,stragglers:g}=e;return u`
    ${o&&u`<p id="rolling">${o.sentence}</p>`}
    ${n&&u`<p id="outlook">${n}</p>`}
    ${t.warning&&t.warning!==Be(e)&&u`<p id="overall-warning">${t.warning}</p>`}
    ${r&&u`<p id="decision"><span class="when">${v(r.at,$.value)}</span>:
      ${" "}${r.sentence}</p>`}
    ${g&&u`<${st} stragglers=${g} />`}`}function Ue(){let{traffic:e}=i.value,{verdict:t,is_fresh:n,decision:o}=e;return u`<details id="evidence" class="card-box">
    <summary>What this is known by</summary>
    <p id="verdict">${Be(e)}</p>
    ${o?.gate.length>0&&u`<${ct} asked=${o.gate} />`}
    ${t&&n&&u`<p class="muted">${rt(t)}</p>`}
  </details>`}import{html as V,signal as dt}from"/assets/vendor/ui.js";var Fe=dt(""),$t="You are still signed in: the server did not answer. Press again.";async function We(e){try{await ee(e,{method:"DELETE"})}catch(t){if(!(t instanceof I&&t.status===401))return Fe.value=$t}localStorage.clear(),location.assign("/admin/sign-in")}function He({viewer:e}){return e?V`<span class="muted">Signed in as ${e.name} (${e.role})</span>
    <button type="button" id="sign-out" class="btn btn-outline"
      onClick=${()=>We("/api/session")}>Sign out</button>
    <button type="button" id="sign-out-everywhere" class="btn btn-outline"
      onClick=${()=>We("/api/session?everywhere=true")}>Sign out on all devices</button>
    <p class="problem" role="alert">${Fe}</p>`:null}function Me({children:e}){return V`<section class="card-box" aria-labelledby="signed-out-title">
    <h2 id="signed-out-title">You are signed out</h2>
    <p><a class="btn btn-primary" href="/admin/sign-in">Sign in</a></p>
    ${e}
  </section>`}function qe({role:e,children:t}){return V`<section class="card-box" aria-labelledby="no-access-title">
    <h2 id="no-access-title">You do not have access</h2>
    <p>Ask an admin for the role ${e}.</p>
    <p><a class="btn btn-outline" href="/admin/sign-in">Sign in with another token</a></p>
    ${t}
  </section>`}import{html as b,useRef as pt,useState as J}from"/assets/vendor/ui.js";var vt=2,ft="The server did not answer. Try again.",w=e=>!!e.acknowledged_by;function mt(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!w(t)),...e.filter(w)]}var ht=e=>e.slice(0,vt).filter(t=>w(t)===w(e[0]));async function gt(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await te("POST","/api/operations",t);return _({text:n.message}),await _e(),null}catch(n){if(n instanceof I)return n.message;if(n instanceof Z)return ft;throw n}}function bt(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function wt({alert:e}){let[t,n]=J(!1),[o,r]=J(null),g=pt(!1),C=async()=>{if(g.current)return;g.current=!0,n(!0);let Q=await gt(e);g.current=!1,n(!1),r(Q),Q||requestAnimationFrame(()=>bt(e))};return b`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${C}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function kt({alert:e}){let t=Date.parse(i.value.now);return b`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${v(e.at,t)}</time></p>
    ${w(e)&&b`<${R} shape="ok" word=${ce(e)} />`}
    ${!w(e)&&i.value.can_rollback&&b`<${wt} alert=${e} />`}
  </li>`}function Ge(){let[e,t]=J(!1),n=mt();if(!n.length)return null;let o=e?n:ht(n),r=!w(n[0]);return b`<section id="needs" class="card-box ${r?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${d} shape=${r?"warn":"ok"} />${r?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map(C=>b`<${kt} key=${C.id} alert=${C} />`)}</ul>
    ${o.length<n.length&&b`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as a}from"/assets/vendor/ui.js";var j=60,yt="Taking longer than 60 seconds",St={running:"run",overdue:"warn",done:"ok",failed:"bad"},_t={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},xt={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function K(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function Nt(e,t){if(e==="overdue")return yt;if(e==="done")return`${k(t)} completed`;if(e==="failed")return`${k(t)} failed`;if(!N(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${p(n)}\u2026`:"Rolling forward\u2026"}function Et(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!M(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return xt[e.state];let n=se(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function At({step:e,rollback:t}){return a`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${d} shape=${_t[e.state]} />
    <span class="step-name">${$e(e)}</span>
    <span class="step-word">${Et(e,t)}</span>
    ${e.message&&a`<span class="step-message">${e.message}</span>`}
  </li>`}function Tt({rollback:e}){let t=Math.floor(ue(e,$.value)/1e3),n=Math.min(j,t);return a`<div class="budget">
    <label for="rollback-budget">${n} s of ${j} s used</label>
    <progress id="rollback-budget" max=${j} value=${n}></progress>
  </div>`}var Ye=({rollback:e})=>a`<a class="btn btn-outline" href=${ie(e.rollback_id)}>See the incident
    report</a>`;function Ve(){let e=i.value?.site_url;return e?a`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function Ot(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function Ct({rollback:e}){let t=a`<code>${p(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${le(e.duration_ms)}. `;if(Ot(e)){let o=N(e)?"came forward":"went back";return a`<p>${x(c)} ${o} to ${t}. ${n}Another version is live by now.</p>`}return a`<p>${x(c)} runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function Rt({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&P();return a`<${Ct} rollback=${e} />
    <p class="actions"><${Ve} /><${Ye} rollback=${e} />
      ${n&&a`<${E} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>It(e)}>
        Close
      </button>
    </p>`}function It(e){xe(e.rollback_id),document.getElementById("main").focus()}function Lt({rollback:e}){let t=i.value?.can_rollback,n=o=>B({opener:o.currentTarget,needsNote:!0});return a`
    ${e.visitors_get&&a`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&a`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>a`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${Ve} /><${Ye} rollback=${e} />
      ${t&&a`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${E} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function Dt({rollback:e,state:t}){return a`<${Tt} rollback=${e} />
    ${t==="overdue"&&a`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function Je(){let e=D.value;if(!e)return null;let t=K(e),n=e.from_deployment&&p(e.from_deployment.git_sha),o=e.target&&p(e.target.git_sha);return a`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${d} shape=${St[t]} />${Nt(t,e)}
    </h2>
    <p>${n&&o&&a`From <code>${n}</code> to <code>${o}</code>. `}
      ${me(e)}</p>
    ${M(e)&&a`<${Dt} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(r=>a`<${At} key=${r.name} ...${{step:r,rollback:e}} />`)}
    </ol>
    ${t==="done"&&a`<${Rt} rollback=${e} />`}
    ${t==="failed"&&a`<${Lt} rollback=${e} />`}
  </section>`}import{html as l}from"/assets/vendor/ui.js";var Bt={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},Pt="You can look, but not roll back. Ask an admin for the role operator.",Ut="A rollback is running.",S=()=>!!i.value&&!i.value.live&&!i.value.history.length;function O(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}async function je(){await Se(),ge.value||_({text:"Updated"})}function Wt(){if(f.value==="loading")return we.value?Ht:Ft;let e=ke.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${ae($.value-e)} ago.`;return he.value?{shape:"warn",text:`You are offline. ${t}`}:q.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${H(e)}`}}var Ft={shape:"unknown",text:"Loading the live status\u2026"},Ht={shape:"unknown",text:"Slow connection. Still trying."};function Ke(){let{shape:e,text:t}=Wt();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${d} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${je}>
      Refresh now
    </button>
  </div>`}function ze(){let{view:e,overview:t,isTooOld:n}=m;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:`We do not know how ${c} is`}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function Mt({version:e}){let{who:t,how:n}=fe(e),o=e.live_from&&v(e.live_from,$.value);return l`<p>Live version <code>${p(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${re(e).toLowerCase()}.</p>`}function qt(){let e=localStorage.getItem(`site-url-${c}`);return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" class="btn btn-outline" onClick=${je}>Try again now</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function Qe(){let{state:e,sentence:t,warning:n}=ze(),o=i.value?.live,r=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${r}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${d} shape=${r} />${t}</h2>
    ${o&&l`<${Mt} version=${o} /><${Pe} />`}
    ${f.value==="error"&&l`<${qt} />`}
  </section>`}function z(){let{overview:e,view:t}=m;return t.value==="loading"?"The live version is not known yet.":ye.value?Ut:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:Pt:null}function Gt(){let e=z();if(e)return e;let[t]=i.value?pe(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=ve(t),o=p(t.git_sha),{caution:r}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${r?`${r} `:""}You confirm on the next screen.`}function Yt(e){let t=z();t?_({text:t}):B({opener:e.currentTarget})}var Vt=()=>i.value?.blocked?.code==="nothing"&&l` <a href="/admin/flags">Use a feature switch instead.</a>`;function Xe(){if(S())return null;let e=z()!==null,t=!e&&ze().state!=="ok",n=f.value==="loading"?"Checking the live version\u2026":`Roll back ${c}\u2026`;return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${Yt}>${n}</button>
    <p id="rollback-hint">${Gt()}<${Vt} /></p>
    <${O} />
  </section>`}function Jt({check:e}){let[t,n]=Bt[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${ne[e.name]??e.name}</span>
    <${R} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${H(e.checked_at)}`}
      ${q.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function Ze(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${Jt} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var jt=c==="production"?"":" of staging",U=`Deployments${jt} \u2013 WedSync rollback`;function Kt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${O} />
  </section>`}function zt(){return s`<p class="card-box new-page">
    This page was updated. <a href=${F(c)}>Reload</a>
  </p>`}function Qt(){return y.value?s`<${y.value.Rest} />`:G.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${Y}>
      Load it again
    </button></p>
  </section>`:null}function Xt(){return f.value==="loading"?!1:!i.value||S()||!!y.value||G.value}function Zt(){if(f.value==="signed-out")return s`<${Me}><${O} /><//>`;if(f.value==="no-access")return s`<${qe} role="operator"><${O} /><//>`;let e=!!i.value;return s`
    <${Ke} />
    ${be.value&&s`<${zt} />`}
    <${Ie} />
    <${Je} />
    ${e&&s`<${Ge} />`}
    ${!S()&&s`<${Qe} />`}
    ${S()&&s`<${Kt} />`}
    <${Xe} />
    ${e&&!S()&&s`<${Ue} /><${Ze} /><${Qt} />`}
    ${Xt()&&s`<${Le} /><${en} />`}
    <${Ee} />
    ${y.value&&s`<${y.value.AskDialog} />`}`}var en=()=>s`<p id="environment-switch">This page is about
  ${" "}<strong>${c}</strong>. <a href=${F(W)}>${x(W)}</a></p>`,tn=()=>s`<${He} viewer=${i.value?.viewer} />`;function nn({overall:e,traffic:t}){return e.state!=="bad"?"":`\u25CF ${t.is_fresh&&t.verdict?.requests?L(t.verdict.rate):"Problems"} \u2013 `}function on(){let e=D.value,t=e&&K(e);if(t==="done")return`${k(e)} completed \u2013 ${U}`;if(t==="failed")return`\u25CF ${k(e)} failed \u2013 ${U}`;if(t){let n=de(e);return`${N(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${U}`}return(i.value?nn(i.value):"")+U}function an({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem(`site-url-${c}`,t)}function rn(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),tt(s`<${Zt} />`,e),t&&document.getElementById(t)?.focus()}function sn(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}sn()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(et(()=>{document.title=on()}),et(()=>i.value&&an(i.value)),X(),Ne(),rn(document.getElementById("page")),tt(s`<${tn} />`,document.getElementById("viewer")),Y());
