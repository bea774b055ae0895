import{$ as xe,B as ce,C as ue,D as de,E as H,F as ve,G as $e,H as fe,I as pe,J as me,L as he,M as y,N as x,O as ge,P as p,Q as i,R as we,S as M,T as be,U as ke,V as v,W as ye,X as _e,Y as Se,Z as B,_ as q,aa as Ee,b as u,ba as Ne,c as R,ca as Te,d as k,da as m,e as d,f as W,fa as Ae,g as I,ga as Oe,h as Q,ha as Ce,i as X,j as Z,k as ee,l as te,m as ne,ma as D,na as Re,o as oe,oa as _,p as ie,pa as G,qa as Y,r as $,ra as P,s as ae,t as re,ta as E,u as F,v as f,x as se,y as le,z as L}from"./deployments-chunk.js";import{effect as et,html as s,render as tt}from"/assets/vendor/ui.js";import{html as h}from"/assets/vendor/ui.js";var nt=10800*1e3,Le=()=>i.value?.armed,T=e=>f(e.checked_at,v.value),Be=e=>v.value-Date.parse(e.checked_at)>nt,De=e=>Be(e)?`Not checked since ${T(e)}`:`Checked ${T(e)}`,Pe=e=>h`<ul>
  ${e.map(t=>h`<li key=${t.name} data-check=${t.name}>${t.sentence}</li>`)}
</ul>`;function Ue(){let e=Le();return!e||e.is_armed?null:h`<section id="not-armed" class="card-box not-armed" aria-labelledby="not-armed-title">
    <h2 id="not-armed-title"><${u} shape="warn" />Rollbacks may not work</h2>
    ${Pe(e.checks.filter(t=>t.state==="failed"))}
    <p class="muted">${De(e)}.</p>
  </section>`}function We(){if(!i.value)return null;let e=Le();if(!e)return h`<div id="armed" class="armed">
      ${N("unknown","Not checked yet whether rollbacks would work.")}<${Ie} />
    </div>`;let t=e.checks.filter(n=>n.state!=="failed");return h`<div id="armed" class="armed">
    ${ot(e)}
    <${Ie} />
    ${t.length>0&&h`<details>
      <summary>Good to know (${t.length})</summary>
      ${Pe(t)}
    </details>`}
  </div>`}function ot(e){if(Be(e))return N("warn",`${De(e)} whether rollbacks would work.`);if(!e.is_armed)return N("warn",`Not armed, checked ${T(e)}`);let t=e.checks.filter(n=>n.state==="unknown").length;return t?N("unknown",`Armed as far as is known (${t} not known), checked ${T(e)}`):N("ok",`Armed, checked ${T(e)}`)}var Ie=()=>P()&&h`<${E} id="preflight-btn" label="Check it now…" question=${e=>e.checkNow()} />`,N=(e,t)=>h`<p class="armed-line"><${u} shape=${e} />${t}</p>`;import{html as c}from"/assets/vendor/ui.js";var it=60,at=e=>e<2*it?`${Math.ceil(e)} s`:`${Math.ceil(e/60)} min`;function rt(e){let t=e.decidable.filter(o=>o.seconds!==null);return t.length?`At this traffic, so long until failing requests are sure: ${t.map(o=>`${at(o.seconds)} for ${L(o.rate)}`).join(", ")}.`:""}function Fe(e){let t=i.value.history.find(n=>n.deployment_id===e);return ae(t??{deployment_id:e})}function st({stragglers:e}){let t=Math.ceil(e.per_minute).toLocaleString("en");return c`<p id="stragglers">${t} requests/min still on
    ${" "}<code>${Fe(e.deployment_id)}</code>: pages that were open before.</p>`}var lt={helps:"is well",fails:"is not well either",unknown:"could not be asked"};function ct({asked:e}){return c`<ul id="gate">
    ${e.map(t=>c`<li key=${t.target}><code>${Fe(t.target)}</code>
      ${" "}${lt[t.answer]??t.answer}: ${t.target_failed+t.target_unknown} of
      ${" "}${t.pairs} looks at it got no good answer, and ${t.live_failed} of those at what is
      live.${t.answer==="helps"?"":` ${ut(t.detail)}`}</li>`)}
  </ul>`}var ut=e=>e&&`${e[0].toUpperCase()}${e.slice(1)}.`;function He({verdict:e,is_fresh:t}){return e&&t?e.sentence:"Requests are not being counted."}function Me(){let{traffic:e,overall:t,outlook:n,rolling:o}=i.value,{decision:r,stragglers:g}=e;return c`
    ${o&&c`<p id="rolling">${o.sentence}</p>`}
    ${n&&c`<p id="outlook">${n}</p>`}
    ${t.warning&&t.warning!==He(e)&&c`<p id="overall-warning">${t.warning}</p>`}
    ${r&&c`<p id="decision"><span class="when">${f(r.at,v.value)}</span>:
      ${" "}${r.sentence}</p>`}
    ${g&&c`<${st} stragglers=${g} />`}`}function qe(){let{traffic:e}=i.value,{verdict:t,is_fresh:n,decision:o}=e;return c`<details id="evidence" class="card-box">
    <summary>What this is known by</summary>
    <p id="verdict">${He(e)}</p>
    ${o?.gate.length>0&&c`<${ct} asked=${o.gate} />`}
    ${t&&n&&c`<p class="muted">${rt(t)}</p>`}
  </details>`}import{html as w,useRef as dt,useState as V}from"/assets/vendor/ui.js";var vt=2,$t="The server did not answer. Try again.",b=e=>!!e.acknowledged_by;function ft(){let e=(i.value.alerts??[]).filter(t=>t.needs_a_person);return[...e.filter(t=>!b(t)),...e.filter(b)]}var pt=e=>e.slice(0,vt).filter(t=>b(t)===b(e[0]));async function mt(e){let t={action:"acknowledge",environment:i.value.environment,subject:String(e.id),reason:"Pressed on the dashboard."};try{let{body:n}=await oe("POST","/api/operations",t);return k({text:n.message}),await Ee(),null}catch(n){if(n instanceof te)return n.message;if(n instanceof ne)return $t;throw n}}function ht(e){(document.getElementById(`alert-${e.id}`)??document.getElementById("needs-title"))?.focus()}function gt({alert:e}){let[t,n]=V(!1),[o,r]=V(null),g=dt(!1),C=async()=>{if(g.current)return;g.current=!0,n(!0);let z=await mt(e);g.current=!1,n(!1),r(z),z||requestAnimationFrame(()=>ht(e))};return w`<button type="button" class="btn btn-outline" aria-disabled=${String(t)}
      onClick=${C}>I take care of it <span class="visually-hidden">(${e.sentence})</span>
    </button>
    <div class="problem" role="alert">${o}</div>`}function wt({alert:e}){return w`<li>
    <p id="alert-${e.id}" tabindex="-1">${e.sentence}
      ${" "}<time class="when muted" datetime=${e.at}>${f(e.at,ye.value)}</time></p>
    ${b(e)&&w`<${R} shape="ok" word=${de(e)} />`}
    ${!b(e)&&i.value.can_rollback&&w`<${gt} alert=${e} />`}
  </li>`}function Ge(){let[e,t]=V(!1),n=ft();if(!n.length)return null;let o=e?n:pt(n),r=!b(n[0]);return w`<section id="needs" class="card-box ${r?"needs-open":""}"
    aria-labelledby="needs-title">
    <h2 id="needs-title" tabindex="-1">
      <${u} shape=${r?"warn":"ok"} />${r?"What needs you":"Somebody takes care of it"}
    </h2>
    <ul>${o.map(C=>w`<${wt} key=${C.id} alert=${C} />`)}</ul>
    ${o.length<n.length&&w`<button type="button" class="btn btn-outline" onClick=${()=>t(!0)}>
      Show ${n.length-o.length} more
    </button>`}
  </section>`}import{html as a}from"/assets/vendor/ui.js";var J=60,bt="Taking longer than 60 seconds",kt={running:"run",overdue:"warn",done:"ok",failed:"bad"},yt={wait:"unknown",run:"run",ok:"ok",bad:"bad",skipped:"ok"},_t={wait:"Waiting",run:"Running",ok:"Done",bad:"Failed"};function j(e){return e.status==="completed"?"done":e.status==="failed"?"failed":e.overdue?"overdue":"running"}function St(e,t){if(e==="overdue")return bt;if(e==="done")return`${y(t)} completed`;if(e==="failed")return`${y(t)} failed`;if(!x(t))return"Rolling back\u2026";let n=t.target?.git_sha;return n?`Rolling forward to ${$(n)}\u2026`:"Rolling forward\u2026"}function xt(e,t){if(e.state==="skipped")return"Not needed";if(e.state==="wait"&&!H(t))return"Not started";if(e.duration_ms===null||e.state==="wait")return _t[e.state];let n=ce(e.duration_ms);return e.state==="bad"?`Failed after ${n}`:n}function Et({step:e,rollback:t}){return a`<li data-step=${e.name} data-state=${e.state}
    aria-current=${e.state==="run"?"step":void 0}>
    <${u} shape=${yt[e.state]} />
    <span class="step-name">${fe(e)}</span>
    <span class="step-word">${xt(e,t)}</span>
    ${e.message&&a`<span class="step-message">${e.message}</span>`}
  </li>`}function Nt({rollback:e}){let t=Math.floor(ve(e,v.value)/1e3),n=Math.min(J,t);return a`<div class="budget">
    <label for="rollback-budget">${n} s of ${J} s used</label>
    <progress id="rollback-budget" max=${J} value=${n}></progress>
  </div>`}var Ye=({rollback:e})=>a`<a class="btn btn-outline" href="${re(e.rollback_id)}${Q}">See the incident
    report</a>`;function Ve(){let e=i.value?.site_url;return e?a`<a class="btn btn-outline" href=${e}>Open the live site</a>`:null}function Tt(e){let t=i.value?.live?.live_from;return!!t&&Date.parse(t)>Date.parse(e.finished_at)}function At({rollback:e}){let t=a`<code>${$(e.target.git_sha)}</code>`,n=e.duration_ms===null?"":`It took ${ue(e.duration_ms)}. `;if(Tt(e)){let o=x(e)?"came forward":"went back";return a`<p>${W(d)} ${o} to ${t}. ${n}Another version is live by now.</p>`}return a`<p>${W(d)} runs ${t} again. ${n}It is checked every 30 seconds for 15
    minutes.</p>`}function Ot({rollback:e}){let t=i.value?.undo,n=t?.rollback_id===e.rollback_id&&P();return a`<${At} rollback=${e} />
    <p class="actions"><${Ve} /><${Ye} rollback=${e} />
      ${n&&a`<${E} id="undo-btn" label="Undo this rollback…" waits
        question=${({undoRollback:o})=>o(t)} />`}
      <button type="button" class="btn btn-outline" onClick=${()=>Ct(e)}>
        Close
      </button>
    </p>`}function Ct(e){Ne(e.rollback_id),document.getElementById("main").focus()}function Rt({rollback:e}){let t=i.value?.can_rollback,n=o=>D({opener:o.currentTarget,needsNote:!0});return a`
    ${e.visitors_get&&a`<p><strong>${e.visitors_get}</strong></p>`}
    ${e.next_actions.length>0&&a`<h3>What to do next</h3>
      <ol id="next-actions">${e.next_actions.map(o=>a`<li>${o}</li>`)}</ol>`}
    <p class="actions"><${Ve} /><${Ye} rollback=${e} />
      ${t&&a`<button type="button" id="another-btn" class="btn btn-outline" aria-haspopup="dialog"
        onClick=${n}>Start another rollback…</button>
        <${E} id="retry-btn" label="Try it again…" question=${({tryAgain:o})=>o(e)} />`}
    </p>`}function It({rollback:e,state:t}){return a`<${Nt} rollback=${e} />
    ${t==="overdue"&&a`<p><strong>Still running. Call the on-call engineer; the number is below.</strong></p>`}`}function Je(){let e=B.value;if(!e)return null;let t=j(e),n=e.from_deployment&&$(e.from_deployment.git_sha),o=e.target&&$(e.target.git_sha);return a`<section id="rollback-progress" class="card-box progress-${t}" data-state=${t}
    aria-labelledby="rollback-heading">
    <h2 id="rollback-heading" tabindex="-1">
      <${u} shape=${kt[t]} />${St(t,e)}
    </h2>
    <p>${n&&o&&a`From <code>${n}</code> to <code>${o}</code>. `}
      ${ge(e)}</p>
    ${H(e)&&a`<${It} rollback=${e} state=${t} />`}
    <ol id="rollback-steps">
      ${e.steps.map(r=>a`<${Et} key=${r.name} ...${{step:r,rollback:e}} />`)}
    </ol>
    ${t==="done"&&a`<${Ot} rollback=${e} />`}
    ${t==="failed"&&a`<${Rt} rollback=${e} />`}
  </section>`}import{html as l,signal as Lt}from"/assets/vendor/ui.js";var Bt={healthy:["ok","Healthy"],unhealthy:["bad","Not healthy"]},Dt="You can look, but not roll back. Ask an admin for the role operator.",Pt="A rollback is running.",S=()=>!!i.value&&!i.value.live&&!i.value.history.length;function O(){let e=i.value?.on_call_phone??localStorage.getItem("on-call-phone"),t=e&&l`: <span class="phone">${e}</span>`,n=e?e.replace(/[^+\d]/g,""):"";return l`<p class="on-call">
    <a id="on-call" href="tel:${n}">Call the on-call engineer${t}</a>
  </p>`}var A=Lt(!1);async function je(){let e=M.value;A.value=!0,await xe(),A.value=!1,M.value?e&&k({text:"Still no answer."}):i.value&&k({text:"Updated"}),document.activeElement===document.body&&document.getElementById("main").focus()}function Ut(){if(p.value==="loading")return ke.value?Ft:Wt;let e=_e.value;if(!e)return{shape:"warn",text:"No answer yet. This page tries again by itself."};let t=`Last update ${se(v.value-e)} ago.`;return we.value?{shape:"warn",text:`You are offline. ${t}`}:q.value?{shape:"warn",text:`This page is not up to date. ${t}`}:{shape:"ok",text:`Live. Updated ${F(e)}`}}var Wt={shape:"unknown",text:"Loading the live status\u2026"},Ft={shape:"unknown",text:"Slow connection. Still trying."};function Ke(){let{shape:e,text:t}=Ut();return l`<div id="freshness" class="freshness freshness-${e}">
    <p><${u} shape=${e} />${t}</p>
    <button type="button" id="refresh" class="btn btn-outline" onClick=${je}>
      Refresh now
    </button>
  </div>`}function ze(){let{view:e,overview:t,isTooOld:n}=m;return e.value==="loading"?{state:"unknown",sentence:"Loading the live status\u2026"}:t.value?n.value?{state:"unknown",sentence:`We do not know how ${d} is`}:t.value.overall:{state:"unknown",sentence:"The status cannot be loaded"}}function Ht({version:e}){let{who:t,how:n}=he(e),o=e.live_from&&f(e.live_from,v.value);return l`<p>Live version <code>${$(e.git_sha)}</code>: ${e.title||"no title"}.
    ${" "}${t} ${n}${o&&`, ${o}`}. Database version:
    ${" "}${le(e).toLowerCase()}.</p>`}function Mt(){let e=localStorage.getItem(`site-url-${d}`);return l`<p>The page tries again by itself. You can still roll back.</p>
    <p class="actions">
      <button type="button" id="again" class="btn btn-outline" aria-disabled=${String(A.value)}
        onClick=${()=>A.value||je()}>
        ${A.value?"Trying\u2026":"Try again now"}</button>
      ${e&&l`<a class="btn btn-outline" href=${e}>Open the live site</a>`}
    </p>`}function Qe(){let{state:e,sentence:t,warning:n}=ze(),o=i.value?.live,r=n?"warn":e;return l`<section id="overall" class="card-box overall overall-${r}" data-state=${e}
    aria-labelledby="overall-title">
    <h2 id="overall-title"><${u} shape=${r} />${t}</h2>
    ${o&&l`<${Ht} version=${o} /><${Me} />`}
    ${p.value==="error"&&l`<${Mt} />`}
  </section>`}function K(){let{overview:e,view:t}=m;return t.value==="loading"?"The live version is not known yet.":Se.value?Pt:e.value?e.value.blocked?e.value.blocked.sentence:e.value.can_rollback?null:Dt:null}function qt(){let e=K();if(e)return e;let[t]=i.value?pe(i.value):[];if(!t)return"Goes back to the previous healthy version; the server chooses it. You confirm on the next screen.";let n=me(t),o=$(t.git_sha),{caution:r}=i.value;return`Goes back to ${o}${n&&` (${n})`}. ${r?`${r} `:""}You confirm on the next screen.`}function Gt(e){let t=K();t?k({text:t}):D({opener:e.currentTarget})}var Yt=()=>i.value?.blocked?.code==="nothing"&&l` <a href=${I(d,"/admin/flags")}>Use a feature switch instead.</a>`;function Xe(){if(S())return null;let e=K()!==null,t=!e&&ze().state!=="ok",n=p.value==="loading"?"Checking the live version\u2026":`Roll back ${d}\u2026`;return l`<section id="emergency" class="card-box" aria-labelledby="emergency-title">
    <h2 id="emergency-title">Emergency</h2>
    <button type="button" id="rollback-btn" class="btn ${t?"btn-danger":"btn-outline"}"
      aria-haspopup="dialog" aria-describedby="rollback-hint" aria-disabled=${String(e)}
      onClick=${Gt}>${n}</button>
    <p id="rollback-hint">${qt()}<${Yt} /></p>
    <${O} />
  </section>`}function Vt({check:e}){let[t,n]=Bt[e.state]??["unknown",e.checked_at?"Not known":"No answer yet"];return l`<li data-check=${e.name}>
    <span class="check-name">${ie[e.name]??e.name}</span>
    <${R} shape=${t} word=${n} />
    <span class="muted">
      ${e.checked_at&&`checked ${F(e.checked_at)}`}
      ${q.value&&l` <span class="tag">old</span>`}
    </span>
  </li>`}function Ze(){let e=i.value?.checks??[];return l`<section id="checks" class="card-box" aria-labelledby="health-title">
    <h2 id="health-title">Health right now</h2>
    <ul id="health">
      ${e.map(t=>l`<${Vt} key=${t.name} check=${t} />`)}
    </ul>
  </section>`}var U=`Deployments${X} \u2013 WedSync rollback`;function Jt(){return s`<section id="empty" class="card-box" aria-labelledby="empty-title">
    <h2 id="empty-title">No deployments yet</h2>
    <p>As soon as the first version goes live it appears here.</p>
    <${O} />
  </section>`}function jt(){return s`<p class="card-box new-page">
    This page was updated. <a href=${I(d)}>Reload</a>
  </p>`}function Kt(){return _.value?s`<${_.value.Rest} />`:G.value?s`<section class="card-box" aria-labelledby="lost-title">
    <h2 id="lost-title">A part of this page did not load</h2>
    <p>Rolling back works all the same.</p>
    <p><button type="button" id="load-again" class="btn btn-outline" onClick=${Y}>
      Load it again
    </button></p>
  </section>`:null}function zt(){return p.value==="loading"?!1:!i.value||S()||!!_.value||G.value}function Qt(){if(p.value==="signed-out")return s`<${Oe}><${O} /><//>`;if(p.value==="no-access")return s`<${Ce} role="operator"><${O} /><//>`;let e=!!i.value;return s`
    <${Ke} />
    ${be.value&&s`<${jt} />`}
    <${Ue} />
    <${Je} />
    ${e&&s`<${Ge} />`}
    ${!S()&&s`<${Qe} />`}
    ${S()&&s`<${Jt} />`}
    <${Xe} />
    ${e&&!S()&&s`<${qe} /><${Ze} /><${Kt} />`}
    ${zt()&&s`<${We} /><${Z} />`}`}var Xt=()=>s`<${Qt} />
  <${Re} />
  ${_.value&&s`<${_.value.AskDialog} />`}`,Zt=()=>s`<${Ae} viewer=${i.value?.viewer} />`;function en({overall:e,traffic:t}){return e.state!=="bad"?"":`\u25CF ${t.is_fresh&&t.verdict?.requests?L(t.verdict.rate):"Problems"} \u2013 `}function tn(){let e=B.value,t=e&&j(e);if(t==="done")return`${y(e)} completed \u2013 ${U}`;if(t==="failed")return`\u25CF ${y(e)} failed \u2013 ${U}`;if(t){let n=$e(e);return`${x(e)?"Rolling forward":"Rolling back"} ${n?`${n.position}/${n.of} `:""}\u2013 ${U}`}return(i.value?en(i.value):"")+U}function nn({on_call_phone:e,site_url:t}){e&&localStorage.setItem("on-call-phone",e),t&&localStorage.setItem(`site-url-${d}`,t)}function on(e){let t=e.contains(document.activeElement)&&document.activeElement.id;e.replaceChildren(),tt(s`<${Xt} />`,e),t&&document.getElementById(t)?.focus()}function an(){return!("timeout"in AbortSignal)||!("HTMLDialogElement"in window)}an()?document.getElementById("rollback-hint").textContent="This browser is too old for this page. Use a newer browser, or call the on-call engineer.":(et(()=>{document.title=tn()}),et(()=>i.value&&nn(i.value)),ee(),Te(),on(document.getElementById("page")),tt(s`<${Zt} />`,document.getElementById("viewer")),Y());
