// 验真: a file dropped on the page is sent at once. 更正: the list of filings narrowed while one types.
(function () {
  "use strict";

  var area = document.querySelector("[data-verify-drop]");
  if (area) {
    var form = document.getElementById("verify-form");
    var input = area.querySelector("input[type=file]");
    var state = document.getElementById("verify-state");
    area.querySelector("[data-drop-hint]").hidden = false;
    form.addEventListener("submit", function () { state.hidden = false; });
    window.addEventListener("pageshow", function () { state.hidden = true; });
    document.addEventListener("dragover", function (event) {
      if (Array.prototype.indexOf.call(event.dataTransfer.types, "Files") < 0) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      area.classList.add("over");
    });
    document.addEventListener("dragleave", function (event) {
      if (!event.relatedTarget) area.classList.remove("over");
    });
    document.addEventListener("drop", function (event) {
      if (!event.dataTransfer.files.length) return;
      // Not the browser's own answer, which would open the file in place of the page.
      event.preventDefault();
      area.classList.remove("over");
      input.files = event.dataTransfer.files;
      form.requestSubmit();
    });
  }

  var search = document.querySelector("[data-pick-search]");
  if (search) {
    var rows = Array.prototype.slice.call(document.querySelectorAll("[data-pick]"));
    var count = document.querySelector("[data-pick-count]");
    document.querySelector("[data-pick-tools]").hidden = false;
    var tell = function () {
      var ticked = rows.filter(function (row) { return row.querySelector("input:checked"); }).length;
      var seen = rows.filter(function (row) { return !row.hidden; }).length;
      count.textContent = "显示 " + seen + " / " + rows.length + " 件，已选 " + ticked + " 件";
    };
    search.addEventListener("input", function () {
      var wanted = search.value.trim().toLowerCase();
      rows.forEach(function (row) {
        // What is ticked stays in sight: it will be sent.
        var kept = row.querySelector("input:checked");
        row.hidden = !kept && row.dataset.pick.toLowerCase().indexOf(wanted) < 0;
      });
      tell();
    });
    search.addEventListener("keydown", function (event) { if (event.key === "Enter") event.preventDefault(); });
    document.addEventListener("change", tell);
    tell();
  }
})();
