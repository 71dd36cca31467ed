#!/bin/sh
# Installs what Millésime needs and this machine lacks: setup.sh run|test|validate
# System packages come from apt-get only when it may be used; otherwise the one line to run is printed.
set -eu
cd "$(dirname "$0")/.."
aim=${1:?usage: setup.sh run|test|validate}
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*"; }

missing=
need() { # need PACKAGE COMMAND…: the package is missing unless the command succeeds
  package=$1; shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}
library() { "$python" -c "import ctypes.util, sys; sys.exit(ctypes.util.find_library('$1') is None)"; }
font() { find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" -name "$1" 2>/dev/null | grep -q .; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  say "Python 3.11 or newer is needed; '$python' is $("$python" --version 2>&1 || echo missing)" >&2
  exit 1
fi
need python3-venv "$python" -c 'import ensurepip, venv'
need git git --version
need libpango-1.0-0 library pango-1.0
need libpangoft2-1.0-0 library pangoft2-1.0
need libharfbuzz-subset0 library harfbuzz-subset
need fonts-dejavu-core font DejaVuSansMono.ttf
need librsvg2-bin rsvg-convert --version  # draws what authors drew, in PDF and Word files
if [ "$aim" != run ]; then
  need poppler-utils pdftotext -v
  need qpdf qpdf --version
  need minisign minisign -v
  need default-jre-headless java -version
  need chromium chromium --version  # looks at the site's pages as readers do
  need libreoffice-writer-nogui sh -c 'command -v soffice'  # accepts and rejects our tracked changes
  need python3-uno /usr/bin/python3 -c 'import uno'
  need nodejs node --version  # runs the parsers of Thorium Reader on our catalogues
  need npm npm --version
  need faketime faketime --version  # runs builds in 1970 and in 2100
  need locales test -e /usr/share/i18n/locales/tr_TR  # and in Turkish
fi
if [ "$aim" = validate ]; then
  need default-jdk-headless javac -version  # compiles two small drivers, so that many files are checked in one process
  need nodejs node --version
  need npm npm --version
fi

# Python packages need nothing of the system but venv, so they come while apt-get works.
stamp=.venv/.requirements
install_python() {
  if ! cmp -s requirements.lock "$stamp" 2>/dev/null || ! .venv/bin/python -c '' 2>/dev/null; then
    say "installing the Python packages of requirements.lock into .venv"
    "$python" -m venv --clear .venv &&
      .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock &&
      cp requirements.lock "$stamp"
  fi
}

packages=
if [ -n "$missing" ]; then
  line="apt-get install -y --no-install-recommends$missing"
  if ! command -v apt-get >/dev/null; then
    say "missing:$missing" >&2
    say "install the packages of these names that this system has, then run make again" >&2
    exit 1
  fi
  if [ "$(id -u)" = 0 ]; then
    sudo=
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo=sudo
  else
    say "missing:$missing" >&2
    say "run this, then make again:  sudo $line" >&2
    exit 1
  fi
  case $missing in *python3-venv*) ;; *) install_python & packages=$! ;; esac
  say "installing$missing"
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! { $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
         $sudo env DEBIAN_FRONTEND=noninteractive $line -qq; } >"$log" 2>&1; then
    cat "$log" >&2
    say "apt-get failed; run it by hand, then make again:  sudo $line" >&2
    exit 1
  fi
  rm -f "$log"
fi
if [ -n "$packages" ]; then wait "$packages"; else install_python; fi

readers=tests/distribution/readers
if [ "$aim" != run ] && ! cmp -s "$readers/package-lock.json" "$readers/node_modules/.installed"; then
  say "installing the parsers of Thorium Reader into $readers"
  npm ci --prefix "$readers" --ignore-scripts --no-audit --no-fund --silent
  cp "$readers/package-lock.json" "$readers/node_modules/.installed"
fi
say "everything that '$aim' needs is here"
