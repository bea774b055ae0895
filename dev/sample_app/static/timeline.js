// Saves a moved event or a taken shot and says what happened.
const says = document.querySelector("[role=status]");

async function save(path, body, done) {
  says.textContent = "Saving …";
  try {
    const answer = await fetch(path, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    done(await answer.json());
  } catch (error) {
    says.textContent = `Not saved: ${error.message}.`;
  }
}

for (const form of document.querySelectorAll("form[data-event]")) {
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    const starts_at = form.elements.starts_at.value;
    save(`/api/events/${form.dataset.event}`, { starts_at }, (event) => {
      document.getElementById(`time-${event.id}`).textContent = event.starts_at;
      says.textContent = `${event.title} now starts at ${event.starts_at}.`;
    });
  });
}

for (const box of document.querySelectorAll("input[data-shot]")) {
  box.addEventListener("change", () => {
    save(`/api/shots/${box.dataset.shot}`, { taken: box.checked }, (shot) => {
      says.textContent = `${shot.subject}: ${shot.taken ? "taken" : "still to take"}.`;
    });
  });
}
