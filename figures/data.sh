#!/bin/sh
# Writes the tables in figures/data that come from training: sh figures/data.sh DIR, where DIR holds the four unpacked files of MNIST.
# 'make figure-data MNIST=dir' runs it, and builds build/mnist and build/inside before.
set -eu
data=$1
tables=figures/data

# learning NAME OPTION...: trains and keeps the log, thinned: a line each time that the samples have grown by a tenth, with the mean loss since the line before.
learning() {
    table=$tables/learning-$1.csv name=$1
    shift
    set -- build/mnist --data "$data" "$@"
    echo "$*"
    "$@" --log build/learning.csv --save "build/$name.safetensors" >build/learning.txt
    {
        echo "# $*"
        tail -n 1 build/learning.txt | sed 's/^/# /'
        awk -F, 'NR == 1 { print; next }
            { n++; loss += $3; last = $1 "," $2 }
            $2 >= next_line { printf "%s,%.4f,%s,%s\n", last, loss / n, $4, $5; n = loss = 0; next_line = 1.1 * $2; next }
            { rest = $4 "," $5 }
            END { if (n) printf "%s,%.4f,%s\n", last, loss / n, rest }' build/learning.csv
    } >"$table.new"
    mv "$table.new" "$table"
}

learning all
learning half --limit 30000
learning sixteenth --limit 3750
build/inside --load build/all.safetensors --data "$data" --out $tables
