#!/bin/sh
# compare.sh REF [flags of bench/table]: measures this tree beside the commit REF.
set -eu
ref=${1:?which commit? make bench-compare REF=HEAD~1}
shift
dir=$(mktemp -d)
trap 'git worktree remove --force "$dir/before" 2>/dev/null; rm -rf "$dir"' EXIT
git worktree add --quiet --detach "$dir/before" "$ref"
(cd "$dir/before" && go build -o "$dir/leat-before" ./cmd/leat)
echo "leat: this tree; against: $(git log -1 --format='%h %s' "$ref")"
go run ./bench/table -against "$dir/leat-before" "$@"
