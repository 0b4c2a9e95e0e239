# Functions that install and start emulators of DynamoDB, to be sourced. They listen on 127.0.0.1.
# The script that sources this file sets `folder` and `processes`, and ends the processes.
emulators=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

install_emulator() { # NAME: creates a virtual environment from requirements-NAME.txt, again when that file changes
  local venv=$emulators/.venv/$1 wanted=$emulators/requirements-$1.txt
  if ! cmp -s "$wanted" "$venv/installed.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$venv/installed.txt"
  fi
}

free_port() {
  python3 "$emulators/../../../tests/emulator/support/ports.py"
}

start_emulator() { # NAME PORT: moto, ministack, or ministack with faster queries, for measurements
  local clean=(env -i PATH=/usr/bin:/bin HOME="$folder" TMPDIR="$folder" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test)
  case $1 in
    moto) exec "${clean[@]}" "$emulators/.venv/moto/bin/python" "$emulators/serve_moto.py" "$2" ;;
    ministack) exec "${clean[@]}" BIND_HOST=127.0.0.1 GATEWAY_PORT="$2" "$emulators/.venv/ministack/bin/ministack" ;;
    fast_ministack)
      exec "${clean[@]}" BIND_HOST=127.0.0.1 GATEWAY_PORT="$2" \
        "$emulators/.venv/ministack/bin/python" "$emulators/serve_ministack.py"
      ;;
  esac >"$folder/$1.log" 2>&1 &
  processes+=($!)
  for _ in $(seq 900); do
    (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null && return
    kill -0 "${processes[-1]}" 2>/dev/null || break
    sleep 0.2
  done
  echo "$1 did not start:" >&2
  cat "$folder/$1.log" >&2
  return 1
}
