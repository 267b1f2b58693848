#!/bin/sh
# Writes the tables in figures/data that come from checks and from training: sh figures/data.sh DIR, where DIR holds the
# four unpacked files of MNIST.
# 'make figure-data MNIST=dir' runs it, and builds the programs before.
set -eu
data=$1
tables=figures/data

# learning NAME OPTION...: trains and keeps the log, thinned: a line each time that the samples have grown by a tenth,
# with the mean loss since the line before.
# A rest at the end joins the last line, because the mean of a few batches is mostly noise.
learning() {
    table=$tables/learning-$1.csv name=$1
    shift
    set -- build/study --data "$data" "$@"
    echo "$*"
    "$@" --log build/learning.csv --save "build/$name.safetensors" >build/learning.txt
    {
        echo "# $*"
        tail -n 1 build/learning.txt | sed 's/^/# /'
        awk -F, '
            NR == 1 { print; next }
            { place = $1 "," $2; after = $4 "," $5; sum += $3; n++ }
            $2 < line { next }
            { if (kept_n) printf "%s,%.4f,%s\n", kept_place, kept_sum / kept_n, kept_after }
            { kept_place = place; kept_after = after; kept_sum = sum; kept_n = n; sum = n = 0; line = 1.1 * $2 }
            END { printf "%s,%.4f,%s\n", place, (kept_sum + sum) / (kept_n + n), after }' build/learning.csv
    } >"$table.new"
    mv "$table.new" "$table"
}

# The V: the errors of (G7)'s check at each step, as the checker writes them down.
rm -f build/sweep.csv
command='SWEEP=build/sweep.csv MUTANTS=0 build/activations_complex'
echo "$command"
SWEEP=build/sweep.csv MUTANTS=0 build/activations_complex >build/sweep.txt
{
    echo "# $command, the rows of (G7)"
    echo 'step,central,complex'
    grep '^(G7),' build/sweep.csv | cut -d, -f3-
} >$tables/v-curve.csv.new
mv $tables/v-curve.csv.new $tables/v-curve.csv

learning all
learning half --limit 30000
learning sixteenth --limit 3750
learning shipped --optimiser shipped --rate 0.01 --constant
learning adam --rate 0.001 --constant
learning adam-fast --rate 0.01 --constant
build/inside --load build/all.safetensors --data "$data" --out $tables
