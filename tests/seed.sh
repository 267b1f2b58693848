#!/bin/sh
# seed.sh N PROGRAM...: runs each program with SEED=N; says which one fails and how.
export SEED=$1
shift
for program in "$@"; do
    "$program" >"build/seed-$SEED.log" 2>&1 || { echo "SEED=$SEED $program"; cat "build/seed-$SEED.log"; exit 255; }
done
rm -f "build/seed-$SEED.log"
