#!/bin/sh
# Installs the servers that tests run against into .testservers at the root of
# the repository, and what plugins in other languages are written with. It may be run
# as often as one likes: what is there is kept.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$here/../.." && pwd)/.testservers

# as_root NAME PACKAGE... installs Debian packages when a command is missing.
as_root() {
	command=$1
	shift
	unless "$command" "command -v $command" "$@"
}

# unless NAME CHECK PACKAGE... installs Debian packages when a check fails.
unless() {
	name=$1 check=$2
	shift 2
	if sh -c "$check" >/dev/null 2>&1; then
		return 0
	fi
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		echo "testservers: installing $*" >&2
		apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >/dev/null && return 0
	fi
	echo "testservers: there is no $name here: install $* (or what your system calls it) and run make test again" >&2
	return 1
}

missing=0
as_root java default-jre-headless || missing=1
as_root redis-server redis-server || missing=1
as_root protoc protobuf-compiler || missing=1
as_root chromium chromium || missing=1
as_root promtool prometheus || missing=1
# Debian's Python, whatever other one may come first on the PATH.
unless 'gRPC for Python' "/usr/bin/python3 -c 'import grpc, google.protobuf'" python3-grpcio || missing=1

if ! cmp -s "$here/package-lock.json" "$target/installed"; then
	if as_root npm npm nodejs; then
		mkdir -p "$target"
		echo '*' >"$target/.gitignore"
		cp "$here/package.json" "$here/package-lock.json" "$target/"
		# The marker comes last: an installation that was interrupted is begun anew.
		rm -f "$target/installed"
		(cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
		cp "$here/package-lock.json" "$target/installed"
	else
		missing=1
	fi
fi
exit $missing
