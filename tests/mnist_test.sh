#!/bin/sh
# The trainer as a user meets it: a training run on drawn digits, saving and loading, and every error with its one clear line.
set -u
mnist=build/mnist
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
passed=0 failed=0

ok() {   # ok CLAIM COMMAND...
    claim=$1
    shift
    if "$@" >"$dir/ok.out" 2>"$dir/ok.err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $claim"
        sed 's/^/    /' "$dir/ok.out" "$dir/ok.err"
    fi
}

refuses() {   # refuses PATTERN OPTION...: one line on standard error that matches, exit status 1
    pattern=$1
    shift
    $mnist "$@" >"$dir/out" 2>"$dir/err"
    status=$?
    if [ $status -eq 1 ] && [ "$(grep -c ^mnist: "$dir/err")" -eq 1 ] && grep -q -- "$pattern" "$dir/err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: mnist $* should say '$pattern', status 1; it said, status $status:"
        sed 's/^/    /' "$dir/err"
    fi
}

bytes() {   # bytes in octal or as text, as printf takes them
    printf "$1"
}

idx() {   # idx FOLDER PART PICTURES LABELS: pictures of noise with labels 0 to 9
    mkdir -p "$1"
    { printf '\0\0\010\003\0\0\0'; printf "\\$(printf %o "$3")"; printf '\0\0\0\034\0\0\0\034'; head -c $((784 * $3)) $mnist; } >"$1/$2-images-idx3-ubyte"
    { printf '\0\0\010\001\0\0\0'; printf "\\$(printf %o "$4")"; head -c "$4" /dev/zero; } >"$1/$2-labels-idx1-ubyte"
}

both() {   # a small data set of noise
    idx "$1" train 40 40
    idx "$1" t10k 20 20
}

one="$dir/one.safetensors" two="$dir/two.safetensors"
small='--epochs 1 --limit 2000'

ok 'trains on drawn digits' $mnist $small --save "$one" --threads 1 --log "$dir/log.csv"
cp "$dir/ok.out" "$dir/first"
ok 'the last line is the result of the test' sh -c "tail -n 1 '$dir/first' | grep -qE '^test: [0-9]+ of 2000 right, [0-9.]+ %\$'"
ok 'learns: at least 60 % of the drawn test digits' sh -c "tail -n 1 '$dir/first' | awk '{ exit !(\$2 >= 0.6 * \$4) }'"
ok 'the log has a line for each step' sh -c "[ \$(wc -l <'$dir/log.csv') -eq 64 ]"
ok 'trains again with two threads' $mnist $small --save "$two" --threads 2
ok 'to the same last bit' cmp "$one" "$two"
ok 'trains with more threads than processors' $mnist $small --save "$two" --threads 5 --batch 80
cp "$two" "$dir/five"
ok 'and with one' $mnist $small --save "$two" --threads 1 --batch 80
ok 'to the same last bit, too' cmp "$two" "$dir/five"
ok 'tests what it saved' $mnist --test --load "$one"
cp "$dir/ok.out" "$dir/again"
ok 'with the same result' sh -c "[ \"\$(tail -n 1 '$dir/again')\" = \"\$(tail -n 1 '$dir/first')\" ]"
ok 'other seeds give other parameters' $mnist $small --save "$two" --seed 2
ok 'seeds matter' sh -c "! cmp -s '$one' '$two'"
ok 'odd batches and one sample work' $mnist --epochs 1 --limit 71 --batch 7 --save "$two"
ok 'one sample works' $mnist --epochs 1 --limit 1 --save "$two"
ok 'puts samples aside' sh -c "$mnist --epochs 1 --limit 320 --hold-out 1500 --save '$two' | grep -q 'of 1500 right'"
ok 'tests on samples that were put aside' sh -c "$mnist --test --load '$one' --hold-out 19000 | grep -q 'of 19000 right'"
ok 'trains with the rule of the paper'"'"'s program' $mnist $small --rate 0.01 --constant --optimiser shipped --save "$two" --log "$dir/shipped.csv"
ok 'at a constant rate' sh -c "awk -F, 'NR > 1 && \$4 != 0.01 { exit 1 }' '$dir/shipped.csv'"
ok 'which is another rule' sh -c "! cmp -s '$one' '$two'"
for program in $mnist $mnist-double; do $program --epochs 1 --limit 320 --save "$two" 2>/dev/null; done >"$dir/both"
ok 'lanes and doubles learn the same' awk '/^test cost/ { if (n++ && ($3 - last) ^ 2 > 1e-6) exit 1; last = $3 } END { exit n != 2 }' "$dir/both"
ok 'the gradient of the whole network' $mnist --gradcheck --limit 10 --load "$one"
ok 'parts, paper'"'"'s order and trainer have the same gradient in lanes' build/bench --step 1
ok 'and in double' build/bench-double --step 1
ok 'a team of no threads is refused' sh -c '! build/bench --step 0'
ok 'prints a confusion matrix' sh -c "$mnist --test --load '$one' --confusion | grep -q 'shown'"
ok 'help' sh -c "$mnist --help | grep -q -- '--gradcheck'"

both "$dir/data"
ok 'trains on other data of any count' $mnist --data "$dir/data" --epochs 1 --save "$two"
{ printf 'P5 28 28 255\n'; head -c 784 /dev/zero; } >"$dir/black.pgm"
ok 'reads a picture' sh -c "$mnist --load '$one' --read '$dir/black.pgm' | grep -c % | grep -qx 10"

$mnist --epochs 1000 --save "$dir/stopped" >"$dir/out" 2>"$dir/err" &
process=$!
sleep 1.5
kill -INT $process 2>/dev/null
wait $process
ok 'an interruption saves' test -f "$dir/stopped"
ok 'and says so' grep -q interrupted "$dir/out"

refuses 'train-images-idx3-ubyte: No such file' --data "$dir/nowhere"
for case in magic dimensions size shorter longer counts label huge none; do both "$dir/$case"; done
images=train-images-idx3-ubyte labels=train-labels-idx1-ubyte
bytes 'hello, world, this is no idx file' >"$dir/magic/$images"
refuses 'not an idx file' --data "$dir/magic"
cp "$dir/data/$labels" "$dir/dimensions/$images"
refuses 'has 1 dimensions, expected 3\|not an idx file' --data "$dir/dimensions"
{ printf '\0\0\010\003\0\0\0\050\0\0\0\040\0\0\0\040'; head -c $((40 * 1024)) /dev/zero; } >"$dir/size/$images"
refuses '32 by 32, expected 28 by 28' --data "$dir/size"
head -c 1000 "$dir/data/$images" >"$dir/shorter/$images"
refuses 'is shorter than its header says' --data "$dir/shorter"
echo more >>"$dir/longer/$images"
refuses 'is longer than its header says' --data "$dir/longer"
idx "$dir/counts" train 40 39
refuses '39 labels for the 40 pictures' --data "$dir/counts"
{ printf '\0\0\010\001\0\0\0\050'; head -c 39 /dev/zero; printf '\012'; } >"$dir/label/$labels"
refuses 'label 10 of picture 39' --data "$dir/label"
{ printf '\0\0\010\003\377\377\377\377\377\377\377\377\377\377\377\377'; } >"$dir/huge/$images"
refuses 'more than this program can hold' --data "$dir/huge"
idx "$dir/none" train 0 0
refuses 'holds no pictures' --data "$dir/none"

refuses 'No such file' --test --load "$dir/nothing"
head -c 1000 "$one" >"$dir/truncated"
refuses 'truncated' --test --load "$dir/truncated"
sed 's/"shape":\[128,800\]/"shape":[800,128]/' "$one" >"$dir/shape"
refuses 'no array w3 of shape \[128,800\]' --test --load "$dir/shape"
{ head -c $(($(wc -c <"$one") - 4)) "$one"; printf '\0\0\300\177'; } >"$dir/nan"
refuses 'is not finite' --test --load "$dir/nan"
echo 'no parameters here' >"$dir/text"
refuses 'not a safetensors file' --test --load "$dir/text"

refuses 'cannot write' --epochs 1 --limit 32 --save "$dir/no/such/folder/file"
refuses 'no ordinary file' --epochs 1 --limit 32 --save /dev/null
ok 'and leaves the device alone' test -c /dev/null
cp "$one" "$dir/kept"
(
    trap '' XFSZ
    ulimit -f 8
    exec $mnist --epochs 1 --limit 32 --save "$dir/kept" >"$dir/out" 2>"$dir/err"
)
ok 'a full disk is said' grep -q 'cannot write' "$dir/err"
ok 'and loses nothing' cmp "$one" "$dir/kept"
refuses 'cannot write' --epochs 1 --limit 32 --log "$dir/no/such/folder/log.csv" --save "$two"

refuses 'not a binary PGM' --load "$one" --read "$dir/text"
{ printf 'P5 27 28 255\n'; head -c 784 /dev/zero; } >"$dir/narrow.pgm"
refuses '27 by 28' --load "$one" --read "$dir/narrow.pgm"
{ printf 'P5 28 28 255\n'; head -c 700 /dev/zero; } >"$dir/short.pgm"
refuses 'shorter' --load "$one" --read "$dir/short.pgm"

refuses 'whole number from 1' --epochs 0
refuses 'whole number from 1' --batch x
refuses 'whole number from 1' --threads 1.5
refuses 'number from' --rate -1
refuses 'expected adam or shipped' --optimiser sgd
refuses 'less than the 20000 training samples' --hold-out 20000
refuses 'no option --epoch;' --epoch 3
refuses 'needs a value' --seed
refuses '--load FILE' --test

# Weights of the last layer so large that its sums overflow. (In an earlier layer, ReLU would hide it.)
begin=$(($(wc -c <"$one") - 4 * (2 + 10 + 1280)))
{ head -c $begin "$one"; for i in $(seq 1000); do printf '\345\261\141\177'; done; tail -c +$((begin + 4001)) "$one"; } >"$dir/wild"
cp "$one" "$dir/kept"
refuses 'no longer finite' --epochs 1 --limit 32 --load "$dir/wild" --save "$dir/kept"
ok 'and nothing is saved then' cmp "$one" "$dir/kept"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
