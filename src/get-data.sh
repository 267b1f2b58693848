#!/bin/sh
# Puts the four unpacked idx files of MNIST into a folder: all four, or none.
#
#   sh src/get-data.sh download data      from public mirrors, checked against the known SHA-256 of their contents
#   sh src/get-data.sh DIR data           from a folder that has them, or others of their names, gzipped or not
#
# MIRRORS="URL URL" names other mirrors. PATIENCE=30 is for how many seconds one may stand still; a file may take
# twenty times as long.
set -u
from=$1 to=$2
mirrors=${MIRRORS:-'https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist'}
patience=${PATIENCE:-30}
names='train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte'
packed=20000000 unpacked=100000000   # bytes; no file of MNIST has more. In a folder there may be others, up to 1 GB.

known() {   # the SHA-256 of a file's contents
    case $1 in
    train-images-idx3-ubyte) echo ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db ;;
    train-labels-idx1-ubyte) echo 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 ;;
    t10k-images-idx3-ubyte) echo 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 ;;
    t10k-labels-idx1-ubyte) echo ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 ;;
    esac
}

say() {
    echo "get-data: $*" >&2
}

fail() {
    say "$*"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

sha256() {
    if have sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

fetch() {   # writes what a URL gives; neither a mirror that stands still nor one that never ends holds us
    if have curl; then
        curl -fsSL --proto '=http,https' --max-redirs 5 --connect-timeout "$patience" --speed-limit 1000 \
            --speed-time "$patience" --max-time $((20 * patience)) "$1"
    else
        timeout $((20 * patience)) wget -q -t 2 -T "$patience" -O - "$1"
    fi 2>/dev/null
}

at_most() {   # at_most BYTES FILE COMMAND...: its output, if it succeeds and has fewer bytes
    limit=$1 file=$2
    shift 2
    rm -f "$new/failed"
    { "$@" || : >"$new/failed"; } | head -c "$limit" >"$file" || return
    [ ! -e "$new/failed" ] && [ "$(wc -c <"$file")" -lt "$limit" ]
}

unpack() {   # unpack BYTES FILE.gz FILE
    at_most "$1" "$3" gzip -dc "$2" 2>/dev/null
}

download() {   # one file, from the first mirror that has it with the right contents
    for mirror in $mirrors; do
        url=$mirror/$1.gz
        if ! at_most $packed "$new/packed" fetch "$url"; then
            say "$url: cannot be fetched"
        elif ! unpack $unpacked "$new/packed" "$new/$1" || [ "$(sha256 "$new/$1")" != "$(known "$1")" ]; then
            say "$url: is not the $1 that is expected"
        else
            return
        fi
    done
    fail "$1: no mirror has it; put the file into a folder yourself and name that: make train MNIST=folder"
}

copy() {   # one file, from the folder
    if [ -f "$from/$1" ]; then
        cp "$from/$1" "$new/$1" 2>/dev/null || fail "$from/$1: cannot be copied to $to; is the disk full?"
    elif [ -f "$from/$1.gz" ]; then
        unpack ${unpacked}0 "$from/$1.gz" "$new/$1" || fail "$from/$1.gz: cannot be unpacked to $to; is it whole?"
    else
        fail "$from: holds neither a file $1 nor $1.gz"
    fi
}

[ "$from" = download ] || [ -d "$from" ] || fail "$from: no such folder"
have gzip || fail 'no gzip here: install it'
if [ "$from" = download ]; then
    have curl || { have wget && have timeout; } || fail 'neither curl nor wget is here: install one of them'
    have sha256sum || have shasum || fail 'neither sha256sum nor shasum is here: install one of them'
fi
mkdir -p "$to" 2>/dev/null || fail "$to: cannot be made a folder"
new=$(mktemp -d "$to/new.XXXXXX" 2>/dev/null) || fail "$to: cannot be written to"
trap 'rm -rf "$new"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

for name in $names; do
    [ ! -d "$to/$name" ] || fail "$to/$name: is a folder where a file belongs; move it away"
    if [ "$from" != download ]; then
        copy "$name"
    elif ! [ -f "$to/$name" ] || [ "$(sha256 "$to/$name")" != "$(known "$name")" ]; then
        download "$name"
    fi
done
for name in $names; do
    [ ! -f "$new/$name" ] || mv -f "$new/$name" "$to/$name" || fail "$to/$name: cannot be written"
done
