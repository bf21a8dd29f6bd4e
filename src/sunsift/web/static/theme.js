// Runs before the page is drawn, so that a chosen theme never flashes.
"use strict";
(() => {
  const KEY = "sunsift-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be forbidden; the system's theme does
    }
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  function tell() {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-pressed", String(isDark()));
    }
    document.dispatchEvent(new CustomEvent("sunsift:theme"));
  }

  const theme = chosen();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  system.addEventListener("change", tell);

  // Paper is white, charts included.
  let onScreen;
  addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
    tell();
  });
  addEventListener("afterprint", () => {
    if (onScreen) root.dataset.theme = onScreen;
    else delete root.dataset.theme;
    tell();
  });

  document.addEventListener("DOMContentLoaded", () => {
    tell();
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const next = isDark() ? "light" : "dark";
        // Whoever switches back to what the system says follows the system again.
        if ((next === "dark") === system.matches) delete root.dataset.theme;
        else root.dataset.theme = next;
        try {
          if (root.dataset.theme) localStorage.setItem(KEY, next);
          else localStorage.removeItem(KEY);
        } catch {
          // It holds for this page only, then.
        }
        tell();
      });
    }
  });
})();
