// Forms that choose what is shown need no button where scripts run: they apply themselves when something was chosen.
for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  for (const select of form.querySelectorAll("select")) {
    select.addEventListener("change", () => form.requestSubmit());
  }
  // Addresses stay short: what was not chosen is not in them.
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if (field.name && !field.value) field.disabled = true;
    }
  });
}
// The browser's way back shows the form as it was left, with fields disabled.
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-submit-on-change] :disabled")) field.disabled = false;
});
