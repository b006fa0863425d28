#!/bin/sh
# Generates what speaks the contract from plugin.proto: Go beside it, and what the
# templates for Python and Node carry along. It needs protoc (Debian: protobuf-compiler)
# and writes below the folder given, or below the repository's root.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$root}
command -v protoc >/dev/null || { echo 'generate.sh: there is no protoc here: install protobuf-compiler' >&2; exit 1; }

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
(cd "$root" && go build -o "$tools/" google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc)

python=$out/plugins/templates/python/leat_plugin
node=$out/plugins/templates/node/leat-plugin
mkdir -p "$out/plugins/proto" "$python" "$node"
PATH="$tools:$PATH" protoc -I "$here" --go_out="$out/plugins/proto" --go_opt=paths=source_relative \
	--go-grpc_out="$out/plugins/proto" --go-grpc_opt=paths=source_relative plugin.proto
protoc -I "$here" --python_out="$python" plugin.proto
cp "$here/plugin.proto" "$node/plugin.proto"
