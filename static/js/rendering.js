// The page that waits for a paper, and the page of a bulletin that is being issued: ask how far it is, then show it.
(function () {
  "use strict";

  var step = document.getElementById("rendering-step");
  if (!step) return;
  var began = Date.now();
  var failures = 0;

  function ask() {
    var token = step.dataset.token;
    fetch(step.dataset.address, {
      method: token ? "POST" : "GET",
      credentials: "same-origin",
      cache: "no-store",
      headers: token ? { "X-Requested-With": "XMLHttpRequest", "X-CSRFToken": token } : { "X-Requested-With": "XMLHttpRequest" }
    }).then(function (answer) {
      // Cleared away or replaced by a newer one: the page itself knows better.
      if (answer.status === 404 || answer.status === 401 || answer.status === 403) return { state: "gone" };
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    }).then(function (told) {
      failures = 0;
      if (told.state !== "waiting" && told.state !== "running") {
        window.location.reload();
        return;
      }
      if (step.textContent !== told.step) step.textContent = told.step;
      later();
    }).catch(function () {
      failures += 1;
      if (failures === 3) step.textContent = "暂时连接不上服务器，恢复后自动继续。";
      later();
    });
  }

  function later() {
    // Quick at first, when most papers are done; slower for long ones.
    window.setTimeout(ask, failures > 2 || Date.now() - began > 20000 ? 2500 : 700);
  }

  window.setTimeout(ask, 400);
})();
