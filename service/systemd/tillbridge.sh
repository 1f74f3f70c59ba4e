#!/bin/sh
# The program of the till, on the Node that comes with it.
# While an upgrade lays out its files, the version before stands in for them, also after a power cut in the middle.
program=/usr/lib/tillbridge
if [ -e /usr/lib/tillbridge.previous/stands-in ]; then program=/usr/lib/tillbridge.previous; fi
export TILLBRIDGE_CONFIG="${TILLBRIDGE_CONFIG:-/etc/tillbridge/tillbridge.json}"
# Called by hand, too, it leaves nothing in anybody's home, where a purge would not find it.
export CACHE_DIRECTORY="${CACHE_DIRECTORY:-/var/cache/tillbridge}"
# What is in memory are keys and customers: it is never written out when the program falls over.
# shellcheck disable=SC3045 # Debian's sh knows it.
ulimit -c 0
# Node looks names up on the same threads that wait for the disk, up to half of them at once: four of Node's own would leave two.
export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-8}"
# A till makes little garbage at a time: small steps of the young heap save memory and cost nothing it would feel. Whoever reads a whole
# journal makes much.
case "${1:-}" in journal | reconcile) young=16 ;; *) young=1 ;; esac
exec "$program/node" "--max-semi-space-size=$young" "$program/dist/main.mjs" "$@"
