// The filing form: nothing typed is lost. Each open page is a "tab" of its own; what stands in it is kept at once in
// this browser, and on the server three seconds after the last keystroke. A form is sent only once the server has
// answered that this person is still logged in: a login page would swallow the text.
(function () {
  "use strict";

  var PREFIX = "filing:";
  var KEEP_DAYS = 30;
  var QUIET = 3000; // after the last keystroke, in milliseconds
  var PATIENCE = 15000; // while somebody types without a pause; also how long an answer may take

  // --- this browser's own memory -------------------------------------------------------------------
  // It may be switched off or full: then the server's copy is all there is.
  function read(key) {
    try { return JSON.parse(window.localStorage.getItem(key)); } catch (error) { return null; }
  }
  function write(key, value) {
    try { window.localStorage.setItem(key, JSON.stringify(value)); return true; } catch (error) { return false; }
  }
  function forget(key) {
    try { window.localStorage.removeItem(key); } catch (error) { /* nothing was kept */ }
  }
  function keysWith(prefix) {
    try {
      return Object.keys(window.localStorage).filter(function (key) { return key.indexOf(prefix) === 0; });
    } catch (error) { return []; }
  }

  // #saved-<user>-<assignment>-<period>-<tab>: the server has what that tab typed.
  var saved = /^#saved-(\d+)-(\d+)-(\d+)-([A-Za-z0-9-]*)$/.exec(window.location.hash);
  if (saved) {
    forget(PREFIX + saved[1] + ":" + saved[2] + ":" + saved[3] + ":" + saved[4]);
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
  }
  keysWith(PREFIX).forEach(function (key) {
    var entry = read(key);
    if (!entry || !entry.at || Date.now() - entry.at > KEEP_DAYS * 86400000) forget(key);
  });

  var form = document.getElementById("filing-form");
  var labelled = document.getElementById("filing-labels");
  var labels = labelled ? JSON.parse(labelled.textContent) : {};

  document.querySelectorAll("[data-js]").forEach(function (element) { element.hidden = false; });

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }
  function button(text, className, action) {
    var made = element("button", "btn btn-sm " + className, text);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }
  function clock(moment) {
    var two = function (number) { return (number < 10 ? "0" : "") + number; };
    return (moment.getMonth() + 1) + "月" + moment.getDate() + "日 " + two(moment.getHours()) + ":" + two(moment.getMinutes()) + ":" + two(moment.getSeconds());
  }
  function plain(text) { return String(text || "").replace(/\r\n?/g, "\n").trim(); }

  // --- text that this browser kept -----------------------------------------------------------------
  function offer(place, key, entry, names) {
    var box = element("section", "notice notice-warning kept");
    box.setAttribute("aria-label", "本机保留的内容");
    var head = element("div", "kept-head");
    head.appendChild(element("span", "", "本机浏览器保留了您 " + clock(new Date(entry.at)) + " 填写、尚未保存的内容。"));
    var todo = element("span", "kept-do");
    if (form) {
      todo.appendChild(button("恢复", "btn-primary", function () {
        restore(entry);
        forget(key);
        box.remove();
      }));
    }
    todo.appendChild(button("放弃", "btn-plain", function () {
      if (!window.confirm("放弃后这份内容不能找回。确认放弃？")) return;
      forget(key);
      box.remove();
    }));
    head.appendChild(todo);
    box.appendChild(head);
    var details = element("details");
    details.open = !form;
    details.appendChild(element("summary", "", "查看内容"));
    var list = element("dl", "facts");
    names.forEach(function (name) {
      list.appendChild(element("dt", "", labels[name]));
      list.appendChild(element("dd", "pre", wording(name, entry.fields[name]) || "（空）"));
    });
    details.appendChild(list);
    box.appendChild(details);
    place.appendChild(box);
  }
  function wording(name, value) {
    if (name !== "self_status" || !form || !value) return value;
    var radio = Array.from(form.querySelectorAll("input[name=self_status]")).find(function (one) { return one.value === value; });
    return radio ? radio.parentElement.textContent.trim() : value;
  }
  function offerKept() {
    var place = document.getElementById("kept-here");
    if (!place) return;
    keysWith(place.dataset.key).forEach(function (key) {
      var entry = read(key);
      if (!entry || !entry.fields || (form && key === form.dataset.key + form.elements.tab.value)) return;
      var now = form ? fields() : {};
      var differing = Object.keys(labels).filter(function (name) {
        return name in entry.fields && plain(entry.fields[name]) !== plain(now[name]);
      });
      if (differing.length) offer(place, key, entry, differing);
      else if (form) forget(key);
    });
  }

  if (!form) {
    offerKept();
    return;
  }

  // --- the form ------------------------------------------------------------------------------------
  var names = form.dataset.names.split(",");
  var state = document.getElementById("autosave-state");
  var alertBox = document.getElementById("filing-alert");
  // A page that came back with what was typed is still the same tab; any other gets a name of its own, since a
  // duplicated browser tab would share a remembered one and two texts would overwrite each other.
  if (!form.hasAttribute("data-bound") || !form.elements.tab.value) form.elements.tab.value = randomName();
  var localKey = form.dataset.key + form.elements.tab.value;
  var changes = 0, sent = 0, keptTimer = 0, quietTimer = 0, waitingSince = 0, running = null;
  var checking = false, passing = false, blocked = false;

  function randomName() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
  }
  function fields() {
    var data = new FormData(form), found = {};
    names.forEach(function (name) {
      var value = data.get(name);
      if (value !== null) found[name] = value;
    });
    return found;
  }
  function keepHere() {
    return write(localKey, {
      fields: fields(),
      base: form.elements.base.value,
      base_version: form.elements.base_version.value,
      at: Date.now()
    });
  }
  function restore(entry) {
    names.forEach(function (name) { if (name in entry.fields) put(name, entry.fields[name]); });
    form.elements.base.value = entry.base || "";
    form.elements.base_version.value = entry.base_version;
    keepHere();
    say("已恢复，请核对后保存或提交");
    changed();
  }
  function put(name, value) {
    var field = form.elements[name];
    if (!field) return;
    if (field.length !== undefined && !field.tagName) {
      Array.from(field).forEach(function (radio) { radio.checked = radio.value === value; });
      if (field[0]) field[0].dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  function say(text, bad) {
    if (!state) return;
    state.textContent = text;
    state.classList.toggle("bad", Boolean(bad));
  }
  function warn(text, login, mild) {
    alertBox.textContent = text;
    alertBox.className = "notice " + (mild ? "notice-warning" : "notice-error");
    if (login) {
      alertBox.appendChild(document.createTextNode(" "));
      var link = element("a", "", "在新窗口登录");
      link.href = login;
      link.target = "_blank";
      alertBox.appendChild(link);
    }
    alertBox.hidden = !text;
  }
  // A login in another window gives a new token: the cookie has it.
  function token() {
    var cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
    if (cookie) form.elements.csrfmiddlewaretoken.value = cookie[1];
    return form.elements.csrfmiddlewaretoken.value;
  }

  // Sends what stands here to the server's memory. Resolves to {ok, status, body}; status 0: no answer.
  function send() {
    if (running) return running.then(send);
    var upTo = changes;
    var body = new FormData();
    var now = fields();
    Object.keys(now).forEach(function (name) { body.append(name, now[name]); });
    ["base", "base_version", "tab", "typist"].forEach(function (name) { body.append(name, form.elements[name].value); });
    var abort = new AbortController();
    var timer = window.setTimeout(function () { abort.abort(); }, PATIENCE);
    running = window.fetch(form.dataset.autosave, {
      method: "POST",
      body: body,
      credentials: "same-origin",
      signal: abort.signal,
      headers: { "X-Requested-With": "XMLHttpRequest", "X-CSRFToken": token() }
    }).then(function (response) {
      return response.json().catch(function () { return {}; }).then(function (json) {
        return { ok: response.ok && Boolean(json.saved_at), status: response.status, body: json };
      });
    }, function () {
      return { ok: false, status: 0, body: {} };
    }).then(function (answer) {
      window.clearTimeout(timer);
      running = null;
      report(answer, upTo);
      return answer;
    });
    return running;
  }
  function report(answer, upTo) {
    if (answer.ok) {
      sent = upTo;
      waitingSince = 0;
      // The server has it all, for this person on any machine.
      if (changes === upTo) forget(localKey);
      if (blocked || answer.body.notice) warn(answer.body.notice || "", "", true);
      blocked = false;
      say("已自动保存 " + answer.body.saved_at);
      return;
    }
    var safe = keepHere();
    var where = safe ? "内容已保留在本页和本机浏览器。" : "内容仍在本页，请勿关闭，可先复制留存。";
    blocked = true;
    if (answer.status === 401) {
      warn("登录已失效。" + where + "请在新窗口登录后回到本页继续。", form.dataset.login);
    } else if (answer.status === 0) {
      warn("暂时连不上服务器。" + where + "稍后会自动重试。");
      quietTimer = window.setTimeout(autosave, PATIENCE);
    } else if (answer.status === 404) {
      warn("当前登录账号不能填报本项，可能已换用其他单位的账号登录。" + where);
    } else {
      warn((answer.body.error || "自动保存没有成功。") + where);
    }
    say("未能自动保存", true);
  }

  function changed() {
    changes += 1;
    window.clearTimeout(keptTimer);
    keptTimer = window.setTimeout(keepHere, 300);
    if (!waitingSince) waitingSince = Date.now();
    window.clearTimeout(quietTimer);
    if (Date.now() - waitingSince > PATIENCE) autosave();
    else quietTimer = window.setTimeout(autosave, QUIET);
  }
  function autosave() {
    window.clearTimeout(quietTimer);
    if (changes === sent || checking || passing) return;
    say("正在自动保存…");
    send();
  }
  form.addEventListener("input", function (event) {
    if (names.indexOf(event.target.name) < 0) return;
    follow(event.target);
    changed();
  });
  form.addEventListener("change", function (event) {
    if (event.target.type === "radio") changed();
  });
  // Leaving, or coming back after a login in the other window.
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden" && changes !== sent) {
      keepHere();
      autosave();
    }
  });
  window.addEventListener("pagehide", function () { if (changes !== sent && !passing) keepHere(); });
  window.addEventListener("focus", function () { if (blocked) autosave(); });
  window.addEventListener("online", function () { if (blocked) autosave(); });

  // --- sending -------------------------------------------------------------------------------------
  form.addEventListener("submit", function (event) {
    if (passing) return;
    event.preventDefault();
    if (checking) return;
    if (Number(form.dataset.uploading)) {
      warn("有文件正在上传，请等上传完成或取消后再保存、提交。", "", true);
      return;
    }
    checking = true;
    window.clearTimeout(quietTimer);
    keepHere();
    say("正在保存…");
    var by = event.submitter;
    send().then(function (answer) {
      checking = false;
      // The server's refusals that the form's own page explains better, with everything typed in it.
      var goes = answer.ok || answer.status === 400 || answer.status === 409 || (answer.status === 403 && answer.body.code === "typist");
      if (!goes) {
        alertBox.scrollIntoView({ block: "center" });
        return;
      }
      passing = true;
      // Whoever stops the page from loading sends the next time with a check again.
      window.setTimeout(function () { passing = false; }, 8000);
      token();
      form.requestSubmit(by && by.form === form ? by : undefined);
    });
  });
  // Back from the next page: the form is alive again.
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    passing = checking = false;
  });
  var mine = document.getElementById("discard-mine");
  if (mine) mine.addEventListener("submit", function () { passing = true; forget(localKey); });

  // --- what follows the text -----------------------------------------------------------------------
  function length(text) { return Array.from(text).length; }
  function follow(field) {
    if (field.tagName !== "TEXTAREA") {
      if (field.name === "percent") showDecrease();
      return;
    }
    var count = document.querySelector('[data-count="' + field.id + '"]');
    if (count) {
      var typed = length(field.value), most = Number(field.dataset.max);
      count.textContent = typed > most ? "超出 " + (typed - most) + " 字，最多 " + most + " 字" : typed + " / " + most + " 字";
      count.classList.toggle("over", typed > most);
    }
    if (field.scrollHeight > field.clientHeight) field.style.height = field.scrollHeight + 2 + "px";
  }
  function mirror() {
    form.querySelectorAll("[data-mirror]").forEach(function (copy) {
      var field = document.getElementById(copy.dataset.mirror);
      if (field) copy.textContent = field.value;
    });
  }
  window.addEventListener("beforeprint", mirror);

  // 比例下降原因 is asked for once the percent falls; what was written there is never hidden.
  function showDecrease() {
    var place = form.querySelector("[data-decrease]");
    if (!place || !form.elements.percent) return;
    var last = parseFloat(place.dataset.decrease), typed = form.elements.percent.value.normalize("NFKC").replace("。", ".");
    var falls = /^\s*\d/.test(typed) && parseFloat(typed) < last;
    var reason = form.elements.decrease_reason;
    place.hidden = !falls && !reason.value.trim() && !reason.classList.contains("is-invalid");
  }

  function append(name, text) {
    var field = form.elements[name];
    if (!field) return;
    var stands = field.value.replace(/\s+$/, "");
    put(name, stands ? stands + "\n" + text : text);
  }
  document.addEventListener("click", function (event) {
    var one = event.target.closest("[data-fill]"), all = event.target.closest("[data-fill-all]");
    var set = event.target.closest("[data-set]"), more = event.target.closest("[data-append]");
    if (one) {
      append(one.dataset.fill, document.getElementById(one.dataset.from).textContent);
      form.elements[one.dataset.fill].focus();
    } else if (all) {
      var filled = 0;
      names.forEach(function (name) {
        var source = document.getElementById(all.dataset.fillAll + "-" + name);
        if (!source || !form.elements[name] || form.elements[name].value.trim()) return;
        put(name, source.textContent);
        filled += 1;
      });
      say(filled ? "已复制到 " + filled + " 个空白栏，请按本季度情况修改" : "没有空白栏可以填入", !filled);
    } else if (set) {
      put(set.dataset.set, set.dataset.value);
    } else if (more) {
      append(more.dataset.append, more.dataset.value);
    }
  });
  // Only fields that can take it get a button.
  document.querySelectorAll("[data-fill]").forEach(function (one) {
    if (!form.elements[one.dataset.fill]) one.hidden = true;
  });

  form.querySelectorAll("textarea").forEach(follow);
  showDecrease();
  offerKept();
  // What came back unsaved, or was restored from the server's memory, is not safe yet.
  if (form.hasAttribute("data-bound")) keepHere();
  var summary = document.getElementById("summary");
  if (summary) {
    summary.focus();
    summary.addEventListener("click", function (event) {
      var link = event.target.closest("a");
      var place = link && document.querySelector(link.getAttribute("href"));
      var field = place && place.querySelector("textarea, input:not([type=hidden]):not([type=file])");
      if (!field) return;
      event.preventDefault();
      place.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    });
  }
})();
