#!/usr/bin/env bash
# A session of ten designs through the mailbox, its answers written by hand (mailbox_session.md): what waits is given back, what is
# answered is taken up, and the transcripts alone make the same files, bit for bit.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/tools/fixture.sh
source "$here/../tools/fixture.sh"
enter_fixture
fail() { echo "$*"; exit 1; }
cat > mailbox.yaml << 'YAML'
rungs: [pico]
proposals: 10
review: {accept_rating: 3.0625}
check: {canaries: none, tier: fast, parameter_tolerance: 0.9, block_tolerance: 0.9}
propose: {agent: mailbox, attempts: 2, p_scratch: 0.0, p_crossover: 0.0}
agents: {search_rounds: 0, unit_attempts: 2, failed_rounds: 0}
YAML
bin/new exp --from mailbox.yaml --quiet > /dev/null

# Nobody has answered: it asks, waits, and says so; twice the same.
for _ in 1 2; do
  code=0
  bin/propose exp -n 2 --quiet > out || code=$?
  [ $code = 75 ] || fail "exit code $code, not 75"
  [ "$(grep -c waiting out)" = 2 ] || fail "not both are waiting: $(cat out)"
done
grep -q 'Design g001-000, draft 1 of 2' exp/mailbox/g001-000.propose.1.draft.request.md || fail "no request"
[ "$(grep -c '"event":"intent"' exp/transcripts/g001/g001-000.jsonl)" = 1 ] || fail "asked twice"

awk '/^=== /{close(file); file = "exp/mailbox/" $2 ".answer.md"; next} file != "" {print > file}' "$here/mailbox_session.md"
bin/propose exp -n 10 | bin/review - | bin/implement - > session
[ "$(cut -f2 session | sort | uniq -c | tr -s ' \n' ' ')" = " 1 no 8 ok 1 skipped " ] || fail "another outcome: $(cat session)"
grep -q 'no.*given up' session || fail "no design was given up"
grep -q "mean(1\|statistic" exp/designs/g001/g001-007/implement.yaml || fail "the leak of g001-007 was not told"
grep -q 'accepted: false' exp/designs/g001/g001-008/review.yaml || fail "g001-008 is not rejected"
[ "$(grep -c '"event":"answer"' exp/transcripts/g001/*.jsonl | awk -F: '{n += $2} END {print n}')" = \
  "$(grep -c '^=== ' "$here/mailbox_session.md")" ] || fail "not every answer was used once"

grep -q 'accept_rating: 3.0625' exp/experiment.yaml || fail "another threshold"
! grep -rq '3\.0625' exp/mailbox || fail "somebody was told which rating the reviewer takes"

mkdir -p again/designs && cp -r exp/experiment.yaml exp/transcripts again/ && cp -r exp/designs/g000 again/designs/
mkdir again/units && cp exp/units/* again/units/
bin/propose again -n 10 --replay | bin/review --replay - | bin/implement --replay - > replay
diff <(sed 's/^exp/again/' session) replay
diff -r exp/designs/g001 again/designs/g001
echo "ten designs, $(grep -c '^=== ' "$here/mailbox_session.md") answers, and their replay is equal"
