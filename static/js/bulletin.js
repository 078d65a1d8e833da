// The bulletin's draft: sections are added, moved and removed on the page, and what is typed survives a closed tab.
(function () {
  "use strict";

  var form = document.getElementById("draft-form");
  if (!form) return;
  var list = document.getElementById("sections");
  var template = document.getElementById("section-template");
  var state = document.getElementById("draft-state");
  var box = document.getElementById("draft-kept");
  var key = form.dataset.key;
  var DIGITS = "一二三四五六七八九十";

  // --- sections -------------------------------------------------------------------------------------

  function sections() { return Array.prototype.slice.call(list.querySelectorAll("[data-section]")); }

  function numeral(number) {
    var tens = Math.floor(number / 10), ones = number % 10;
    return (tens > 1 ? DIGITS[tens - 1] : "") + (tens ? "十" : "") + (ones ? DIGITS[ones - 1] : "");
  }

  // Names and numbers follow the order: the server reads the sections by the numbers in their names.
  function renumber() {
    sections().forEach(function (section, place) {
      section.querySelectorAll("[data-name]").forEach(function (field) {
        field.name = "s" + place + "-" + field.dataset.name;
        field.id = "id_" + field.name;
      });
      section.querySelectorAll("[data-for]").forEach(function (label) { label.htmlFor = "id_s" + place + "-" + label.dataset.for; });
      section.querySelectorAll("[data-do]").forEach(function (button) { button.value = button.dataset.do + ":" + place; });
      section.querySelector("[data-legend]").textContent = place ? "第" + numeral(place) + "部分" : "开头";
      var number = section.querySelector("[data-number]");
      if (number) number.textContent = numeral(place) + "、";
    });
  }

  function blank() { return document.importNode(template.content, true).querySelector("[data-section]"); }

  function grow(area) {
    if (area.scrollHeight > area.clientHeight + 2) area.style.height = Math.min(area.scrollHeight + 6, 900) + "px";
  }

  list.addEventListener("click", function (event) {
    var button = event.target.closest("[data-do]");
    var use = event.target.closest("[data-use]");
    if (use) takeTheirs(use.closest("[data-section]"));
    if (!button) return;
    event.preventDefault();
    var section = button.closest("[data-section]");
    var what = button.dataset.do;
    if (what === "add") {
      var added = blank();
      section.after(added);
      section = added;
    } else if (what === "remove") {
      var full = Array.prototype.some.call(section.querySelectorAll("[data-name=heading], [data-name=text]"), function (field) { return field.value.trim(); });
      if (full && !window.confirm("删除这一部分？保存后不能找回。")) return;
      var next = section.nextElementSibling || section.previousElementSibling;
      section.remove();
      section = next;
    } else if (what === "up" && section.previousElementSibling !== list.firstElementChild) {
      section.previousElementSibling.before(section);
    } else if (what === "down" && section.nextElementSibling) {
      section.nextElementSibling.after(section);
    }
    renumber();
    var target = what === "add" ? section.querySelector("[data-name=heading]") : section.querySelector("[data-do=" + (what === "remove" ? "add" : what) + "]");
    if (target) target.focus();
    changed();
  });

  // Both changed it: the other's text takes the place of one's own.
  function takeTheirs(section) {
    ["heading", "text"].forEach(function (name) {
      var theirs = section.querySelector("[data-theirs=" + name + "]");
      var own = section.querySelector("[data-name=" + name + "]");
      if (theirs && own) own.value = theirs.textContent;
    });
    grow(section.querySelector("[data-name=text]"));
    changed();
  }
  list.querySelectorAll("[data-js]").forEach(function (button) { button.hidden = false; });
  list.addEventListener("input", function (event) { if (event.target.tagName === "TEXTAREA") grow(event.target); });
  list.querySelectorAll("textarea").forEach(grow);

  // --- what is typed is kept in the browser until it is saved ----------------------------------------

  // The browser's memory may be off or full: then a warning on leaving is all there is.
  function read() { try { return JSON.parse(window.localStorage.getItem(key)); } catch (error) { return null; } }
  function forget() { try { window.localStorage.removeItem(key); } catch (error) { /* nothing was kept */ } }
  function keep() {
    try { window.localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: typed() })); } catch (error) { /* full */ }
  }

  function fields() {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && field.tagName !== "BUTTON" && field.name !== "csrfmiddlewaretoken" && field.name !== "seen";
    });
  }
  function typed() {
    return fields().map(function (field) {
      return [field.name, field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.replace(/\r\n?/g, "\n")];
    });
  }
  // Version, base and origins say what the person began from, not what they wrote.
  function written(list) {
    return JSON.stringify(list.filter(function (pair) { return pair[0] !== "version" && pair[0] !== "base" && !/-origin$/.test(pair[0]); }));
  }
  // Back as it was left, with what it was begun from: saving then puts it together with what others saved since.
  function restore(kept) {
    var count = kept.filter(function (pair) { return /^s\d+-text$/.test(pair[0]); }).length;
    while (sections().length < count) list.appendChild(blank());
    while (sections().length > count && sections().length > 1) list.lastElementChild.remove();
    renumber();
    kept.forEach(function (pair) {
      var field = form.elements[pair[0]];
      if (!field || !("value" in field)) return;
      if (field.type === "checkbox") field.checked = pair[1] === "1";
      else field.value = pair[1];
    });
    list.querySelectorAll("textarea").forEach(grow);
  }

  if (window.location.hash === "#saved") {
    forget();
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
  }
  var loaded = written(typed());
  var unsaved = form.hasAttribute("data-unsaved");
  var kept = read();
  if (unsaved) keep();
  else if (kept && kept.fields) {
    if (written(kept.fields) === loaded) forget();
    else box.hidden = false;
  }
  box.querySelector("[data-restore]").addEventListener("click", function () {
    restore(kept.fields);
    box.hidden = true;
    document.getElementById("id_title").focus();
    say();
  });
  box.querySelector("[data-drop]").addEventListener("click", function () { forget(); box.hidden = true; });

  function dirty() { return unsaved || written(typed()) !== loaded; }
  function say() { state.textContent = dirty() ? "有未保存的修改" : ""; }
  function changed() {
    keep();
    box.hidden = true;
    say();
  }
  form.addEventListener("input", changed);
  say();

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
})();
