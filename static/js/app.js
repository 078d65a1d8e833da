// Small things that every page has: forms that send once, filters that apply at once, texts that go to the clipboard.
(function () {
  "use strict";

  // A second click while the first request is under way must not send the form twice.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method === "get" || form.hasAttribute("data-many")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    window.setTimeout(function () { delete form.dataset.sent; }, 8000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // <form data-confirm="question"> or a button with it: asked before sending.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-confirm]");
    if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
  });

  // <form data-auto>: choosing in a list applies the filter.
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-auto") && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
  });
  // Empty filters stay out of the address bar.
  document.addEventListener("submit", function (event) {
    if (event.target.method !== "get") return;
    event.target.querySelectorAll("input, select").forEach(function (field) {
      if (field.value || field.disabled) return;
      field.disabled = true;
      // The browser may bring this very page back, and then all fields are needed again.
      window.addEventListener("pageshow", function () { field.disabled = false; }, { once: true });
    });
  }, true);

  // <button data-copy="#id">: copies the text of the element (or its value) and says so.
  function copied(button, ok) {
    var before = button.textContent;
    button.textContent = ok ? "已复制" : "复制失败，请手动选择文字复制";
    window.setTimeout(function () { button.textContent = before; }, 2500);
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var source = document.querySelector(button.dataset.copy);
    if (!source) return;
    var text = "value" in source ? source.value : source.textContent.trim();
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(function () { copied(button, true); }, function () { copied(button, false); });
      return;
    }
    // Office networks serve plain http, where the clipboard API is closed.
    var area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    copied(button, done);
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });
})();
