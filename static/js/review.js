// The office's review: ticking several at once, usual reasons by a click, and a reason that survives an ended login.
(function () {
  "use strict";

  // --- queue: tick all, count, nothing to send while nothing is ticked ---------------------------
  var queue = document.getElementById("queue-form");
  var send = queue && queue.querySelector("[data-pick-send]");
  if (send) {
    var boxes = Array.prototype.slice.call(queue.querySelectorAll("input[name=pick]"));
    var all = queue.querySelector("[data-pick-all]");
    var count = queue.querySelector("[data-pick-count]");
    var show = function () {
      var n = boxes.filter(function (box) { return box.checked; }).length;
      send.disabled = n === 0;
      count.textContent = n ? "已选 " + n + " 件" : "";
      all.textContent = n && n === boxes.length ? "取消全选" : "全选本页";
    };
    all.hidden = boxes.length === 0;
    all.addEventListener("click", function () {
      var tick = boxes.some(function (box) { return !box.checked; });
      boxes.forEach(function (box) { box.checked = tick; });
      show();
    });
    queue.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  }

  // After a refusal the page stands at the address the form was sent to: reloading it, or coming back to it after a
  // login, shall show the filing and send nothing.
  var review = document.querySelector("[data-address]");
  if (review && location.pathname + location.search !== review.dataset.address) {
    history.replaceState(null, "", review.dataset.address);
  }

  // --- usual reasons fill the text, which stays editable -----------------------------------------
  var form = document.querySelector("form[data-keep]");
  var reason = form && form.elements.reason;
  if (!reason) return;
  var reasons = form.querySelector("[data-reasons]");
  reasons.hidden = false;
  reasons.addEventListener("click", function (event) {
    var button = event.target.closest("[data-reason]");
    if (!button) return;
    var text = button.dataset.reason;
    if (reason.value.indexOf(text) < 0) {
      var before = reason.value.replace(/\s+$/, "");
      reason.value = before ? before + "\n" + text : text;
      keep();
    }
    reason.focus();
    reason.setSelectionRange(reason.value.length, reason.value.length);
  });

  // --- what was typed survives a login that ended meanwhile; another version of the filing is another text
  var key = "review:" + document.body.dataset.user + ":" + form.dataset.keep;
  function keep() {
    try {
      if (reason.value) sessionStorage.setItem(key, reason.value);
      else sessionStorage.removeItem(key);
    } catch (error) { /* a full or closed storage only costs the convenience */ }
  }
  reason.addEventListener("input", keep);
  try {
    if (!reason.value) reason.value = sessionStorage.getItem(key) || "";
  } catch (error) { /* likewise */ }

  // Ctrl+Enter in the reason returns, in the other fields approves: no reaching for the mouse.
  form.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.tagName !== "TEXTAREA") return;
    event.preventDefault();
    var value = event.target === reason ? "return" : "approve";
    form.querySelector("button[name=decision][value=" + value + "]").click();
  });
})();
