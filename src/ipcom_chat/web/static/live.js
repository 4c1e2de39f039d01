"use strict";
// Keeps the overview up to date. Without it every page works; it is only not live.
(() => {
  const live = document.getElementById("live");
  const told = document.getElementById("live-told");
  if (!live || !window.EventSource) return;
  const source = new EventSource(live.dataset.stream);
  const waiting = new Map();
  const draw = (place, markup) => {
    // What a person is in the middle of stays as it is.
    if (place.contains(document.activeElement)) waiting.set(place, markup);
    else { waiting.delete(place); place.innerHTML = markup; }
  };
  source.addEventListener("look", (event) => {
    for (const [name, markup] of Object.entries(JSON.parse(event.data))) {
      if (name === "told") { told.textContent = markup; continue; }
      const place = document.getElementById(`live-${name}`);
      if (place) draw(place, markup);
    }
    live.dataset.state = "live";
  });
  source.addEventListener("error", () => { told.textContent = told.dataset.lost; });
  document.addEventListener("focusout", () => setTimeout(() => {
    for (const [place, markup] of [...waiting]) draw(place, markup);
  }));
  window.addEventListener("pagehide", () => source.close());
})();
