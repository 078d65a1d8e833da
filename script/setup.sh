# Sourced by the other scripts: Python, the virtual environment, and the system libraries that WeasyPrint needs.
# shellcheck shell=bash

say() { printf '\033[1m▸ %s\033[0m\n' "$*" >&2; }
die() { printf '\033[31m✗ %s\033[0m\n' "$*" >&2; exit 1; }

# Run as root where that needs no question; fails otherwise.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1; fi
}

apt_install() {
  command -v apt-get >/dev/null || return 1
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -q >/dev/null 2>&1 || return 1
  as_root apt-get install -q -y --no-install-recommends "$@" >/dev/null 2>&1
}

find_python() {
  local candidate candidates=(python3.13 python3.12 python3.11 python3)
  [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
  for candidate in "${candidates[@]}"; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  die "未找到 Python 3.11 或更高版本。Debian/Ubuntu：apt-get install python3 python3-venv；或用环境变量 PYTHON 指定路径。"
}

# venv REQUIREMENTS: .venv with the packages of that file; nothing to do where the file has not changed.
venv() {
  local requirements=$1 stamp=.venv/installed-$1.sha256 wanted python
  wanted=$(cat requirements.txt "$requirements" | sha256sum)
  # Its Python may be gone; without the package python3-venv one is left behind half made, that has no pip.
  if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(find_python) || exit 1
    say "创建虚拟环境 .venv"
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
      apt_install python3-venv || true
      rm -rf .venv
      if ! "$python" -m venv .venv >&2; then
        rm -rf .venv
        die "无法创建虚拟环境。Debian/Ubuntu 请先安装：apt-get install python3-venv"
      fi
    fi
  fi
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "安装 $requirements"
    .venv/bin/python -m pip install -q --disable-pip-version-check -r "$requirements" || die "安装依赖失败，请检查网络或软件源设置。"
    printf '%s\n' "$wanted" >"$stamp"
  fi
}

# A Chromium of this machine: CHROMIUM, or what is on the PATH.
find_chromium() {
  local candidate candidates=(chromium chromium-browser google-chrome google-chrome-stable)
  [ -z "${CHROMIUM:-}" ] || candidates=("$CHROMIUM")
  for candidate in "${candidates[@]}"; do
    command -v "$candidate" && return
  done
  return 1
}

missing_libraries() {
  .venv/bin/python - <<'PY'
import ctypes

for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
    try:
        ctypes.CDLL(name)
    except OSError:
        print(name, end=" ")
PY
}

# What WeasyPrint loads. Without libharfbuzz-subset subsetting a Chinese font takes seconds instead of a moment.
system_libraries() {
  local missing
  missing=$(missing_libraries)
  [ -z "$missing" ] && return
  say "安装系统库：$missing"
  apt_install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 || true
  missing=$(missing_libraries)
  [ -z "$missing" ] && return
  cat >&2 <<TEXT

缺少生成 PDF 所需的系统库：$missing
请以管理员身份安装后重新运行：
  Debian / Ubuntu / 统信 UOS：
    apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
  RHEL / Rocky / openEuler / 麒麟（RPM 系）：
    dnf install pango harfbuzz
TEXT
  exit 1
}
