#!/usr/bin/env bash
# A session from sign-in to sign-out, with curl and jq alone.
#
#   BERTH_URL=http://localhost:3000 BERTH_PASSWORD=… docs/examples/session-lifecycle.sh
#
# BERTH_USERNAME (admin), OWNER (the same) and TEMPLATE (firefox-browser) may be set too.
set -euo pipefail

API="${BERTH_URL:-http://localhost:3000}/api/v1"
USERNAME="${BERTH_USERNAME:-admin}"
OWNER="${OWNER:-$USERNAME}"
TEMPLATE="${TEMPLATE:-firefox-browser}"
: "${BERTH_PASSWORD:?set it to the password of $USERNAME}"

# Everything but signing in shows the token. An answer that refuses ends the script with its own words.
call() {
  local method=$1 path=$2
  shift 2
  curl -sS --fail-with-body -X "$method" -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@" "$API$path"
}

TOKEN=$(jq -n --arg username "$USERNAME" --arg password "$BERTH_PASSWORD" '{$username, $password}' |
  curl -sS --fail-with-body -X POST -H "Content-Type: application/json" --data @- "$API/auth/login" |
  jq -r .token)
echo "Signed in as $USERNAME"

echo "Templates:"
call GET /templates | jq '.templates[] | {name, display_name, category}'

SESSION_ID=$(jq -n --arg user "$OWNER" --arg template "$TEMPLATE" \
  '{$user, $template, state: "running", resources: {memory: "1Gi", cpu: "1000m"}}' |
  call POST /sessions --data @- |
  jq -r .id)
echo "Session $SESSION_ID is being started"

for _ in $(seq 60); do
  STATE=$(call GET "/sessions/$SESSION_ID" | jq -r .state)
  [ "$STATE" = running ] && break
  sleep 1
done
[ "$STATE" = running ] || { echo "It is $STATE after a minute" >&2; exit 1; }
echo "It runs"

VNC_URL=$(call GET "/sessions/$SESSION_ID" | jq -r .status.vnc_url)
echo "Its screen is at $VNC_URL"

echo "Hibernating:"
call PATCH "/sessions/$SESSION_ID" --data '{"state":"hibernated"}' | jq '{state, status}'

echo "Waking:"
call PATCH "/sessions/$SESSION_ID" --data '{"state":"running"}' | jq '{state, status}'

call DELETE "/sessions/$SESSION_ID"
echo "It is being ended"

call POST /auth/logout >/dev/null
echo "Signed out"
