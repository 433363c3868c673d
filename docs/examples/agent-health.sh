#!/usr/bin/env bash
# The fleet at a glance, drawn again every few seconds, with curl and jq alone. For operators.
#
#   BERTH_URL=http://localhost:3000 BERTH_TOKEN=… docs/examples/agent-health.sh
#
# ROUNDS ends it after so many (0: never); EVERY is the pause between two, in seconds.
set -euo pipefail

API="${BERTH_URL:-http://localhost:3000}/api/v1"
: "${BERTH_TOKEN:?set it to a token: see POST /api/v1/auth/login}"

get() {
  curl -sS --fail-with-body -H "Authorization: Bearer $BERTH_TOKEN" "$API$1"
}

for ((round = 1; ; round++)); do
  STATS=$(get /agents/stats | jq -r '"Agents: \(.total_agents)  online \(.online_agents)  offline \(.offline_agents)  draining \(.draining_agents)
Sessions: \(.total_capacity.current_sessions) of \(.total_capacity.max_sessions), \(.utilization.percentage) %"')
  AGENTS=$(get /agents | jq -r '.agents[] | "\(.agent_id) (\(.platform)): \(.status), \(.capacity.current_sessions)/\(.capacity.max_sessions) sessions"')
  if [ -t 1 ]; then clear; fi
  printf '%s\n\n%s\n' "$STATS" "$AGENTS"
  if [ "$round" = "${ROUNDS:-0}" ]; then break; fi
  sleep "${EVERY:-5}"
done
