#!/bin/sh
# Gives the web a job and waits until the worker has done it. To be run beside
# the app: ganger run --up -- ./smoke.sh
set -eu
url=http://localhost:$GANGER_PORT_WEB
job=smoke-$$
curl -fsS -d "$job" "$url/jobs"
curl -fsS "$url/done?job=$job" # answers when it is done
echo "$job is done"
