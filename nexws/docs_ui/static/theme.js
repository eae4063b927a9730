// Runs before anything is painted: a page that was made dark must not flash.
"use strict";

const NEXWS_THEME = "nexws-theme";
const theme = (() => {
  try {
    return localStorage.getItem(NEXWS_THEME);
  } catch {
    return null; // storage is off
  }
})();
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
