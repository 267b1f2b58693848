#!/bin/sh
# Writes figures/data/*.csv, from which the learning curves are drawn:   make build/mnist && sh figures/data.sh data
# (data: the folder of the four idx files). Each file says how it was made, and what came of it on the test images.
set -eu
data=$1 dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p figures/data

curve() {   # curve NAME OPTION...: about 75 points, each the mean loss of the batches since the point before
    name=$1
    shift
    build/mnist --data "$data" --save "$dir/parameters" --log "$dir/log" "$@" >"$dir/out" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
    {
        echo "# build/mnist --data data --log log.csv $*"
        sed -n 's/^trained/# trained/p; s/^test: /# test: /p' "$dir/out"
        echo 'samples,cost,seconds'
        awk -F, -v rows="$(wc -l <"$dir/log")" '
            BEGIN { each = int(rows / 75) }
            NR > 1 { sum += $3; if (++n == each) { printf "%d,%.4f,%.3f\n", $2, sum / n, $5; sum = n = 0 } }
            END { if (n) printf "%d,%.4f,%.3f\n", $2, sum / n, $5 }' "$dir/log"
    } >"figures/data/$name.csv.new"
    mv "figures/data/$name.csv.new" "figures/data/$name.csv"
}

curve all --seed 1
curve half --seed 1 --limit 30000
curve sixteenth --seed 1 --limit 3750
curve shipped-0.01 --seed 1 --optimiser shipped --constant --rate 0.01
curve adam-0.01 --seed 1 --constant --rate 0.01
curve adam-0.001 --seed 1 --constant --rate 0.001
