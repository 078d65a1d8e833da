// The bulletin's draft: what is typed survives a closed tab or an expired session.
(function () {
  "use strict";

  var form = document.getElementById("draft-form");
  if (form) keep(form);

  function keep(form) {
    var key = form.dataset.key;
    var state = document.getElementById("draft-state");
    var box = document.getElementById("draft-kept");
    var names = Array.prototype.filter.call(form.elements, function (field) {
      return field.name && field.name !== "csrfmiddlewaretoken" && field.name !== "version" && field.type !== "submit";
    }).map(function (field) { return field.name; });

    // The browser's memory may be off or full: then a warning on leaving is all there is.
    function read() { try { return JSON.parse(window.localStorage.getItem(key)); } catch (error) { return null; } }
    function forget() { try { window.localStorage.removeItem(key); } catch (error) { /* nothing was kept */ } }
    function typed() {
      var values = {};
      names.forEach(function (name) { values[name] = form.elements[name].value; });
      return values;
    }
    function same(one, other) {
      return names.every(function (name) {
        return String(one[name] || "").replace(/\r\n?/g, "\n") === String(other[name] || "").replace(/\r\n?/g, "\n");
      });
    }

    if (window.location.hash === "#saved") {
      forget();
      window.history.replaceState(null, "", window.location.pathname + window.location.search);
    }
    var loaded = typed();
    var kept = read();
    if (kept && kept.values) {
      if (same(kept.values, loaded)) forget();
      else if (!form.querySelector(".is-invalid")) box.hidden = false;
    }
    box.querySelector("[data-restore]").addEventListener("click", function () {
      names.forEach(function (name) { if (kept.values[name] !== undefined) form.elements[name].value = kept.values[name]; });
      box.hidden = true;
      form.elements.body.focus();
      say();
    });
    box.querySelector("[data-drop]").addEventListener("click", function () { forget(); box.hidden = true; });

    function dirty() { return !same(typed(), loaded); }
    function say() { state.textContent = dirty() ? "有未保存的修改" : ""; }
    form.addEventListener("input", function () {
      try { window.localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: typed() })); } catch (error) { /* full */ }
      box.hidden = true;
      say();
    });
    var leaving = false;
    document.addEventListener("submit", function (event) {
      leaving = !event.defaultPrevented;
      // Rewriting was asked about: what is typed here is given up.
      if (leaving && event.target.querySelector("[data-forget]")) forget();
    });
    window.addEventListener("beforeunload", function (event) {
      if (leaving || !dirty()) return;
      event.preventDefault();
      event.returnValue = "";
    });
    window.addEventListener("pageshow", function () { leaving = false; });
  }
})();
