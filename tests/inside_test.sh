#!/bin/sh
# The program that writes the figures' tables: its errors, each with one clear line, and its first tables. (All of them
# take half a minute.)
set -u
inside=build/inside
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0

ok() {   # ok CLAIM COMMAND...
    claim=$1
    shift
    if "$@" >"$dir/ok.out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $claim"
        sed 's/^/    /' "$dir/ok.out"
    fi
}

refuses() {   # refuses PATTERN OPTION...: one line on standard error that matches, exit status 1
    pattern=$1
    shift
    $inside "$@" >"$dir/out" 2>"$dir/err"
    status=$?
    ok "inside $* should say '$pattern', status 1; it said, status $status: $(cat "$dir/err")" \
        sh -c "[ $status -eq 1 ] && [ \$(wc -l <'$dir/err') -eq 1 ] && grep -q -- '$pattern' '$dir/err'"
}

idx() {   # idx FOLDER PART COUNT: that many pictures of noise, all of them with label 0
    size=$(printf '\\0\\0\\%o\\%o' $(($3 / 256)) $(($3 % 256)))
    {
        printf '\0\0\010\003'
        printf "$size"
        printf '\0\0\0\034\0\0\0\034'
        while cat build/mnist 2>/dev/null; do :; done | head -c $((784 * $3))
    } >"$1/$2-images-idx3-ubyte"
    { printf '\0\0\010\001'; printf "$size"; head -c "$3" /dev/zero; } >"$1/$2-labels-idx1-ubyte"
}

parameters="$dir/parameters"
build/draw --out "$dir/drawn" --count 320 >/dev/null
build/mnist --data "$dir/drawn" --epochs 1 --threads 1 --save "$parameters" >/dev/null 2>&1
mkdir "$dir/data" "$dir/few" "$dir/tables"
idx "$dir/data" train 1024
idx "$dir/data" t10k 40
idx "$dir/few" train 100
idx "$dir/few" t10k 40

refuses 'no option --picture; .inside --help. lists them' --picture 3
refuses '--data needs a value' --data
refuses 'No such file' --load "$dir/nothing"
refuses 'not a safetensors file' --load "$dir/data/train-labels-idx1-ubyte"
refuses 'No such file' --load "$parameters" --data "$dir/nowhere"
refuses 'at least 1024 training pictures' --load "$parameters" --data "$dir/few"
refuses 'cannot write' --load "$parameters" --data "$dir/data" --out "$dir/no/such/folder"

$inside --load "$parameters" --data "$dir/data" --out "$dir/tables" >/dev/null 2>&1 &
process=$!
for second in $(seq 60); do
    [ -f "$dir/tables/confusion.csv" ] && break
    sleep 1
done
kill $process 2>/dev/null
wait $process 2>/dev/null
for table in filters activations correlation wrong confusion; do
    ok "$table.csv says which command made it" \
        sh -c "head -n 1 '$dir/tables/$table.csv' | grep -q '^# build/inside --load '"
done
rows() {
    grep -c "^$2," "$dir/tables/$1.csv"
}
ok 'eight filters of five rows' [ "$(rows filters w1)" -eq 40 ]
ok 'and 64 in the second layer' [ "$(rows filters w2)" -eq 320 ]
ok 'eight maps of 24 rows' [ "$(rows activations a1)" -eq 192 ]
ok 'eight maps of 20 rows' [ "$(rows activations a2)" -eq 160 ]
ok 'the probabilities add up to one' awk -F, '
    $1 == "a5" { for (i = 4; i <= NF; i++) s += $i; n += NF }
    END { exit !(n == 13 && s > 0.99 && s < 1.01) }' "$dir/tables/activations.csv"
ok 'the confusion matrix counts every picture in the row of what was shown' awk -F, '
    $1 == "0" { for (i = 2; i <= 11; i++) s += $i }
    END { exit s != 40 }' "$dir/tables/confusion.csv"
ok 'no wrong picture is listed twice' sh -c "! cut -d , -f 1 '$dir/tables/wrong.csv' | sort | uniq -d | grep ."
ok 'the wrong ones are those off its diagonal' awk -F, '
    NR == FNR && FNR > 2 { for (i = 2; i <= 11; i++) s += $i; s -= $(FNR - 1) }
    NR != FNR && FNR > 2 { s-- }
    END { exit s != 0 }' "$dir/tables/confusion.csv" "$dir/tables/wrong.csv"
awk -F, '$1 == "correlation" || $1 == "convolution" { $1 = ""; print }' "$dir/tables/correlation.csv" |
    sort | uniq -d | grep '[1-9].*[1-9].*[1-9].*[1-9].*[1-9]' >"$dir/twice"
ok 'the convolution of the flipped kernel and picture is no copy of the correlation' [ ! -s "$dir/twice" ]

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
