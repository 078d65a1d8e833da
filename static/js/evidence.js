// Evidence: several files at once, chosen or dropped, each with its own progress; one goes up at a time.
(function () {
  "use strict";

  var area = document.querySelector("[data-upload]");
  var form = document.getElementById("filing-form");
  if (!area || !form) return;
  var list = area.querySelector("[data-files]");
  var uploads = area.querySelector("[data-uploads]");
  var drop = area.querySelector("[data-drop]");
  var input = area.querySelector("input[type=file]");
  var voice = area.querySelector("[data-say]");
  var maxFiles = Number(area.dataset.maxFiles), maxBytes = Number(area.dataset.maxBytes);
  var accepted = area.dataset.accept.split(",");
  var queue = [], current = null;
  drop.classList.add("js");

  function make(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }
  function size(bytes) {
    if (bytes < 1024) return bytes + " B";
    if (bytes < 1048576) return (bytes / 1024).toFixed(1) + " KB";
    return (bytes / 1048576).toFixed(1) + " MB";
  }
  function token() {
    var cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
    return cookie ? cookie[1] : form.elements.csrfmiddlewaretoken.value;
  }
  function busy() { form.dataset.uploading = queue.length + (current ? 1 : 0); }

  // Why a file need not even be sent; the server looks again, and into it.
  function refusal(file) {
    var extension = "." + file.name.split(".").pop().toLowerCase();
    if (accepted.indexOf(extension) < 0) return "类型不在允许范围内。可上传：" + area.dataset.accepted + "。";
    if (!file.size) return "是空文件（0 字节），请检查后重新上传。";
    if (file.size > maxBytes) return "超过 " + Math.floor(maxBytes / 1048576) + " MB，请压缩或拆分后重新上传。";
    if (list.querySelectorAll("[data-file]").length + queue.length + (current ? 1 : 0) >= maxFiles) {
      return "每项填报最多 " + maxFiles + " 个文件，请先移除不需要的文件，或打包为一个 zip 文件。";
    }
    return "";
  }

  function add(files) {
    Array.from(files).forEach(function (file) {
      var job = row(file);
      var no = refusal(file);
      if (no) fail(job, no, false);
      else enqueue(job);
    });
  }
  function row(file) {
    var item = make("li", "file"), what = make("div", "what");
    what.appendChild(make("div", "name", file.name));
    var state = make("div", "state muted small", size(file.size) + " · 等待上传");
    var bar = make("div", "progress"), inner = make("div", "progress-bar");
    bar.setAttribute("role", "progressbar");
    bar.setAttribute("aria-label", "上传“" + file.name + "”");
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", "100");
    bar.setAttribute("aria-valuenow", "0");
    inner.style.width = "0%";
    bar.appendChild(inner);
    what.appendChild(state);
    what.appendChild(bar);
    item.appendChild(what);
    var todo = make("div", "do");
    item.appendChild(todo);
    uploads.appendChild(item);
    return { file: file, item: item, state: state, bar: bar, inner: inner, todo: todo, request: null };
  }
  function action(job, text, run) {
    var made = make("button", "btn btn-sm btn-plain", text);
    made.type = "button";
    made.appendChild(make("span", "visually-hidden", job.file.name));
    made.addEventListener("click", run);
    job.todo.appendChild(made);
  }
  function enqueue(job) {
    job.item.classList.remove("failed");
    job.todo.textContent = "";
    job.bar.hidden = false;
    job.state.textContent = size(job.file.size) + " · 等待上传";
    action(job, "取消", function () {
      if (job.request) job.request.abort();
      queue = queue.filter(function (other) { return other !== job; });
      job.item.remove();
      busy();
    });
    queue.push(job);
    busy();
    next();
  }
  function progress(job, loaded, total) {
    var done = total ? Math.floor(loaded / total * 100) : 0;
    job.inner.style.width = done + "%";
    job.bar.setAttribute("aria-valuenow", done);
    job.state.textContent = size(job.file.size) + (done < 100 ? " · 已上传 " + done + "%" : " · 正在检查…");
  }
  function next() {
    if (current || !queue.length) return;
    var job = current = queue.shift();
    busy();
    var body = new FormData();
    body.append("typist", form.elements.typist.value);
    body.append("file", job.file, job.file.name);
    var request = job.request = new XMLHttpRequest();
    request.open("POST", area.dataset.upload);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", function (event) { progress(job, event.loaded, event.total); });
    request.addEventListener("loadend", function () {
      current = null;
      busy();
      if (request.status) finish(job, request);
      else if (job.item.isConnected) fail(job, "连接中断，没有上传。", true);
      next();
    });
    request.send(body);
  }
  function finish(job, request) {
    var answer = {};
    try { answer = JSON.parse(request.responseText); } catch (error) { /* not ours: told below */ }
    if (request.status === 201 && answer.html) {
      var twin = list.querySelector('[data-file="' + answer.id + '"]');
      if (twin) {
        fail(job, "与已上传的“" + answer.name + "”内容相同，没有重复添加。", false);
        return;
      }
      list.insertAdjacentHTML("beforeend", answer.html);
      job.item.remove();
      voice.textContent = "已上传 " + answer.name;
      return;
    }
    var again = request.status === 401 || request.status >= 500;
    if (request.status === 401) fail(job, "登录已失效，没有上传。请在新窗口登录后点击“重试”。", true);
    else fail(job, answer.error || "没有上传成功（错误代码 " + request.status + "）。", again);
  }
  function fail(job, text, again) {
    job.request = null;
    job.item.classList.add("failed");
    job.bar.hidden = true;
    job.todo.textContent = "";
    job.state.textContent = text;
    voice.textContent = job.file.name + "：" + text;
    if (again) action(job, "重试", function () { enqueue(job); });
    action(job, "知道了", function () { job.item.remove(); });
  }

  input.addEventListener("change", function () {
    add(input.files);
    // What went up by itself must not travel with the form again.
    input.value = "";
  });

  function carriesFiles(event) {
    return event.dataTransfer && Array.from(event.dataTransfer.types).indexOf("Files") >= 0;
  }
  // A file that misses its place would open instead of the page, and take the typed text with it.
  document.addEventListener("dragover", function (event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    var inside = area.contains(event.target);
    event.dataTransfer.dropEffect = inside ? "copy" : "none";
    drop.classList.toggle("over", inside);
  });
  document.addEventListener("dragleave", function (event) { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", function (event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("over");
    if (area.contains(event.target)) add(event.dataTransfer.files);
  });

  list.addEventListener("click", function (event) {
    var button = event.target.closest("[data-detach]");
    if (!button) return;
    event.preventDefault();
    if (!window.confirm("移除“" + button.dataset.name + "”？")) return;
    var item = button.closest("[data-file]");
    button.disabled = true;
    window.fetch(button.dataset.detach, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-Requested-With": "XMLHttpRequest", "X-CSRFToken": token() }
    }).then(function (response) {
      return response.json().catch(function () { return {}; }).then(function (answer) {
        if (response.ok || response.status === 404) {
          item.remove();
          voice.textContent = "已移除 " + button.dataset.name;
          input.focus();
          return;
        }
        button.disabled = false;
        window.alert(answer.error || "没有移除成功，请稍后重试。");
      });
    }, function () {
      button.disabled = false;
      window.alert("暂时连不上服务器，没有移除，请稍后重试。");
    });
  });
})();
