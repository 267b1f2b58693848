#!/bin/sh
# Puts the four unpacked idx files of MNIST into a folder.
#
#   sh src/get-data.sh download data      from public mirrors, checked against the known SHA-256 of their contents
#   sh src/get-data.sh DIR build/data     from a folder that has them, gzipped or not
set -eu
from=$1 to=$2
mirrors='https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist'
files='train-images-idx3-ubyte ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'

fail() {
    echo "get-data: $*" >&2
    exit 1
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

download() {   # one file, from the first mirror that has it with the right contents
    for mirror in $mirrors; do
        if curl -fsSL --connect-timeout 10 -o "$to/$1.gz.new" "$mirror/$1.gz" 2>/dev/null &&
            gzip -dc "$to/$1.gz.new" >"$to/$1.new" 2>/dev/null &&
            [ "$(sha256 "$to/$1.new")" = "$2" ]; then
            rm -f "$to/$1.gz.new"
            mv "$to/$1.new" "$to/$1"
            return
        fi
    done
    rm -f "$to/$1.gz.new" "$to/$1.new"
    fail "$1: no mirror has it, or none with the expected contents; put the file into $to yourself"
}

mkdir -p "$to"
echo "$files" | while read -r name sum; do
    if [ "$from" = download ]; then
        [ -f "$to/$name" ] && [ "$(sha256 "$to/$name")" = "$sum" ] || download "$name" "$sum"
    elif [ -f "$from/$name" ]; then
        cp "$from/$name" "$to/$name.new" && mv "$to/$name.new" "$to/$name"
    elif [ -f "$from/$name.gz" ]; then
        gzip -dc "$from/$name.gz" >"$to/$name.new" || fail "$from/$name.gz: cannot unpack"
        mv "$to/$name.new" "$to/$name"
    else
        fail "$from: holds neither $name nor $name.gz"
    fi
done
