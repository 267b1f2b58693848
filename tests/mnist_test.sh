#!/bin/sh
# The trainer, the studies and the digit drawer as a user meets them: a run on drawn digits, saving and loading, and
# every error with its one clear line.
set -u
programs=$(cd "${PROGRAMS:-build}" && pwd)
mnist=$programs/mnist study=$programs/study draw=$programs/draw
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

refuses() {   # refuses PATTERN PROGRAM OPTION...: one line on standard error that matches, exit status 1
    pattern=$1 name=$(basename "$2")
    shift
    "$@" >"$dir/out" 2>"$dir/err"
    status=$?
    if [ $status -eq 1 ] && [ "$(grep -c "^$name:" "$dir/err")" -eq 1 ] && grep -q -- "$pattern" "$dir/err"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $* should say '$pattern', status 1; it said, status $status:"
        sed 's/^/    /' "$dir/err"
    fi
}

bytes() {   # bytes in octal or as text, as printf takes them
    printf "$1"
}

idx() {   # idx FOLDER PART PICTURES LABELS: pictures of noise with label 0
    mkdir -p "$1"
    {
        printf '\0\0\010\003\0\0\0'
        printf "\\$(printf %o "$3")"
        printf '\0\0\0\034\0\0\0\034'
        head -c $((784 * $3)) $mnist
    } >"$1/$2-images-idx3-ubyte"
    { printf '\0\0\010\001\0\0\0'; printf "\\$(printf %o "$4")"; head -c "$4" /dev/zero; } >"$1/$2-labels-idx1-ubyte"
}

both() {   # a small data set of noise
    idx "$1" train 40 40
    idx "$1" t10k 20 20
}

# Drawn digits
drawn="$dir/drawn"
ok 'draws digits' $draw --out "$drawn" --count 2000
ok 'and once more' $draw --out "$dir/same" --count 2000 --seed 1
ok 'the same seed draws the same digits' diff -r "$drawn" "$dir/same"
pictures() {   # pictures FOLDER PART: the first hundred, without the file's header
    tail -c +17 "$1/$2-images-idx3-ubyte" | head -c 78400
}
ok 'draws fewer of them' $draw --out "$dir/fewer" --count 100
pictures "$drawn" train >"$dir/a"
pictures "$dir/fewer" train >"$dir/b"
ok 'and these are the first of the others' cmp "$dir/a" "$dir/b"
ok 'draws with another seed' $draw --out "$dir/other" --count 2000 --seed 2
ok 'and these are others' sh -c "! cmp -s '$drawn/train-images-idx3-ubyte' '$dir/other/train-images-idx3-ubyte'"
pictures "$drawn" t10k >"$dir/b"
ok 'the test has other digits' sh -c "! cmp -s '$dir/a' '$dir/b'"
ok 'the pictures are all there' [ "$(wc -c <"$drawn/train-images-idx3-ubyte")" -eq 1568016 ]
ok 'and the labels' [ "$(wc -c <"$drawn/t10k-labels-idx1-ubyte")" -eq 208 ]
ok 'says what it takes' sh -c "$draw --help | grep -q -- '--count'"
refuses 'no option' $draw "$dir/no"
refuses 'whole number from 0' $draw --seed x
refuses 'whole number from 10' $draw --count 3
refuses 'cannot make this folder' $draw --out "$dir/no/such/folder"

# Training
one="$dir/one.safetensors" two="$dir/two.safetensors"
train="$mnist --data $drawn --epochs 1 --threads 1"
ok 'trains on drawn digits' $train --save "$one"
cp "$dir/ok.out" "$dir/first"
cp "$dir/ok.err" "$dir/progress"
ok 'the last line is the result of the test' \
    sh -c "tail -n 1 '$dir/first' | grep -qE '^test: [0-9]+ of 200 right, [0-9.]+ %\$'"
ok 'learns: at least 60 % of the drawn test digits' sh -c "tail -n 1 '$dir/first' | awk '{ exit !(\$2 >= 0.6 * \$4) }'"
ok 'tells its progress by tenths' sh -c "[ \$(grep -c 'samples/s' '$dir/progress') -eq 10 ]"
small='--limit 320 --save'
ok 'trains with one thread' $train $small "$two.1"
ok 'and with two' $train $small "$two.2" --threads 2
ok 'to the same last bit' cmp "$two.1" "$two.2"
ok 'with more threads than processors' $train $small "$two.5" --threads 5 --batch 80
ok 'and with one' $train $small "$two" --batch 80
ok 'to the same last bit, too' cmp "$two" "$two.5"
for threads in 2 3; do   # 80 samples are five groups of 16, ten of 8: shares that are not equal
    ok "with $threads threads and unequal shares" $train $small "$two.$threads.80" --threads $threads --batch 80
    ok 'to the same last bit as well' cmp "$two" "$two.$threads.80"
done
cp "$two.1" "$two.3"
ok 'with another seed' $train $small "$two" --seed 2
ok 'to other parameters' sh -c "! cmp -s '$two.1' '$two'"
ok 'odd batches work' $train --limit 71 --batch 7 --save "$two"
ok 'one sample works' $train --limit 1 --save "$two"
for program in $mnist $mnist-plain $mnist-double; do
    $program --data "$drawn" --epochs 1 --threads 1 $small "$two" 2>/dev/null
done >"$dir/all"
ok 'fast sums, plain sums and doubles learn the same' \
    awk '/^test cost/ { if (n++ && ($3 - last) ^ 2 > 1e-6) exit 1; last = $3 } END { exit n != 3 }' "$dir/all"
ok 'the single file compiles as it is' "${CC:-cc}" -std=gnu11 -w -fsyntax-only build/one.c
ok 'and includes nothing of ours' sh -c "! grep '^#include \"' build/one.c"
ok 'help' sh -c "$mnist --help | grep -q -- '--threads'"
both "$dir/data"
ok 'trains on other data of any count' $mnist --data "$dir/data" --epochs 1 --save "$two"

# make train where MNIST is out of reach, with a program that only tells its options
printf '#!/bin/sh\necho "$@"\n' >"$dir/program"
chmod +x "$dir/program"
ok 'without MNIST, make train says what it does' \
    env MAKEFLAGS= MIRRORS=http://localhost:9 make -o build/tangled -o build/draw train MNIST= PLAIN= \
    DATA="$dir/unreached" PROGRAM="$dir/program"
cp "$dir/ok.out" "$dir/reached"
ok 'trains on drawn digits' grep -q 'training on drawn digits instead' "$dir/reached"
ok 'and leaves mnist.safetensors alone' grep -q -- '--data build/drawn --save drawn.safetensors' "$dir/reached"

# Studies
again="$study --data $drawn --epochs 1 --threads 1"
ok 'a study trains as the trainer does' $again $small "$two" --log "$dir/log.csv"
ok 'to the same last bit' cmp "$two.1" "$two"
ok 'its log has a line for each step' [ "$(wc -l <"$dir/log.csv")" -eq 11 ]
ok 'and counts the samples' [ "$(tail -n 1 "$dir/log.csv" | cut -d, -f2)" -eq 320 ]
ok 'tests what was saved' $again --test --load "$one"
cp "$dir/ok.out" "$dir/again"
ok 'with the same result' sh -c "[ \"\$(tail -n 1 '$dir/again')\" = \"\$(tail -n 1 '$dir/first')\" ]"
ok 'goes on from what was saved' $again --load "$one" --limit 32 --rate 1e-9 --save "$two"
ok 'puts samples aside' sh -c "$again --limit 32 --hold-out 150 --save '$two' | grep -q 'of 150 right'"
ok 'tests on samples that were put aside' sh -c "$again --test --load '$one' --hold-out 1900 | grep -q 'of 1900 right'"
ok 'trains with the rule of the paper'"'"'s program' \
    $again $small "$two" --rate 0.01 --constant --optimiser shipped --log "$dir/shipped.csv"
ok 'at a constant rate' sh -c "awk -F, 'NR > 1 && \$4 != 0.01 { exit 1 }' '$dir/shipped.csv'"
ok 'its own rule by name' $again $small "$two.3" --optimiser adam
ok 'is its own rule' cmp "$two.1" "$two.3"
ok 'which is another rule' sh -c "$again $small '$two.1' --rate 0.01 --constant && ! cmp -s '$two.1' '$two'"
ok 'prints a confusion matrix' $again --test --load "$one" --confusion
cp "$dir/ok.out" "$dir/confusion"
ok 'of all pictures, the right ones on its diagonal' awk '
    /of 200 right/ { right = $2 }
    NF == 11 && $1 ~ /^[0-9]$/ { for (i = 2; i < 12; i++) n += $i; diagonal += $($1 + 2) }
    END { exit n != 200 || diagonal != right }' "$dir/confusion"
{ printf 'P5 28 28 255\n'; head -c 784 /dev/zero; } >"$dir/black.pgm"
ok 'reads a picture' sh -c "$study --load '$one' --read '$dir/black.pgm' | grep -c % | grep -qx 10"
ok 'has the options of both' sh -c "$study --help | grep -q -- '--threads' && $study --help | grep -q -- '--confusion'"

# Interruption, once it has begun to train (a shell lets its background ignore SIGINT)
interrupted() {   # interrupted SIGNAL STATUS
    rm -f "$dir/err"
    $mnist --data "$drawn" --epochs 20 --threads 2 --save "$dir/stopped" >"$dir/out" 2>"$dir/err" &
    process=$!
    until [ -s "$dir/err" ] || ! kill -0 $process 2>/dev/null; do sleep 0.1; done
    kill -"$1" $process
    wait $process 2>/dev/null
    [ $? -eq "$2" ]
}
ok 'an end by SIGTERM' interrupted TERM 143
ok 'saves' $again --test --load "$dir/stopped"
ok 'and says so' grep -q interrupted "$dir/out"
cp "$one" "$dir/stopped"
ok 'an end by SIGHUP' interrupted HUP 129
ok 'does not replace an older file' cmp "$one" "$dir/stopped"
ok 'but saves beside it' $again --test --load "$dir/stopped.interrupted"
ok 'into a closed pipe' sh -c "$train $small '$dir/piped' 2>&1 | head -n 1; cmp '$dir/piped' '$two.3'"
ok 'with standard error closed' sh -c "$again $small '$two' --log '$dir/log.csv' 2>&-"
ok 'no progress lands in the log' [ "$(head -n 1 "$dir/log.csv")" = step,samples,loss,rate,seconds ]

# Data that are none
refuses 'train-images-idx3-ubyte: No such file' $mnist --data "$dir/nowhere"
mkdir "$dir/empty"
(cd "$dir/empty" && "$mnist" >"$dir/out" 2>"$dir/err")
ok 'without data, the error says what to do' grep -q "data/train-images-idx3-ubyte.*make train.*--data" "$dir/err"
for case in magic dimensions size shorter longer counts label huge none; do both "$dir/$case"; done
images=train-images-idx3-ubyte labels=train-labels-idx1-ubyte
bytes 'hello, world, this is no idx file' >"$dir/magic/$images"
refuses 'no idx file' $mnist --data "$dir/magic"
cp "$dir/data/$labels" "$dir/dimensions/$images"
refuses 'no idx file of bytes in 3 dimensions' $mnist --data "$dir/dimensions"
{ printf '\0\0\010\003\0\0\0\050\0\0\0\040\0\0\0\040'; head -c $((40 * 1024)) /dev/zero; } >"$dir/size/$images"
refuses '32 by 32, expected 28 by 28' $mnist --data "$dir/size"
head -c 1000 "$dir/data/$images" >"$dir/shorter/$images"
refuses 'is shorter than its header says' $mnist --data "$dir/shorter"
echo more >>"$dir/longer/$images"
refuses 'is longer than its header says' $mnist --data "$dir/longer"
idx "$dir/counts" train 40 39
refuses '39 labels for the 40 pictures' $mnist --data "$dir/counts"
{ printf '\0\0\010\001\0\0\0\050'; head -c 39 /dev/zero; printf '\012'; } >"$dir/label/$labels"
refuses 'label 10 of picture 39' $mnist --data "$dir/label"
{ printf '\0\0\010\003\377\377\377\377\377\377\377\377\377\377\377\377'; } >"$dir/huge/$images"
refuses 'more than this program can hold' $mnist --data "$dir/huge"
idx "$dir/none" train 0 0
refuses 'holds no pictures' $mnist --data "$dir/none"
both "$dir/packed"
gzip "$dir/packed/$images"
refuses 'ubyte.gz: is packed' $mnist --data "$dir/packed"
refuses 'cannot read: Is a directory' $study --test --load "$dir/data" --data "$drawn"
little() (   # a program with 1 GB of memory
    ulimit -v 1000000
    exec "$@"
)
if little $mnist --help >"$dir/out" 2>&1; then   # the sanitizers' builds reserve more than that
    little $mnist --data "$dir/huge" 2>"$dir/err"
    ok 'what a header promises takes no memory' grep -q 'more than this program can hold' "$dir/err"
    { printf '\0\0\010\003\0\0\150\0\0\0\0\034\0\0\0\034'; } >"$dir/huge/$images"
    little $mnist --data "$dir/huge" --threads 1 2>"$dir/err"
    ok 'nor do pictures that are not there' grep -q 'shorter than its header says' "$dir/err"
    (ulimit -s 600000; little $mnist --data "$drawn" --threads 3 --save "$two" 2>"$dir/err")   # KB for each thread
    ok 'a thread that cannot be started is told' grep -q 'cannot start thread .*; try fewer --threads' "$dir/err"
fi

# Parameters that are none
load="$study --data $drawn --test --load"
refuses 'No such file' $load "$dir/nothing"
head -c 1000 "$one" >"$dir/truncated"
refuses 'truncated' $load "$dir/truncated"
sed 's/"shape":\[128,800\]/"shape":[800,128]/' "$one" >"$dir/shape"
refuses 'no array w3 of shape \[128,800\]' $load "$dir/shape"
{ head -c $(($(wc -c <"$one") - 4)) "$one"; printf '\0\0\300\177'; } >"$dir/nan"
refuses 'is not finite' $load "$dir/nan"
{ cat "$one"; echo; } >"$dir/trailing"
refuses 'behind the header, expected' $load "$dir/trailing"
sed 's/\[800,832\]/\[768,800\]/' "$one" >"$dir/overlap"
refuses 'arrays w1 and b1 overlap' $load "$dir/overlap"
echo 'no parameters here' >"$dir/text"
refuses 'not a safetensors file' $load "$dir/text"

# Places that can't be written to
brief="$train --limit 32 --save"
refuses 'cannot write' $brief "$dir/no/such/folder/file"
ok 'and does so before it trains' sh -c "! grep samples '$dir/err'"
refuses 'cannot write' $study --data "$drawn" --epochs 1 --save "$dir/no/such/folder/file"
ok 'a study, too' sh -c "! grep samples '$dir/err'"
refuses 'no ordinary file' $brief /dev/null
ok 'and leaves the device alone' test -c /dev/null
[ ! -c /dev/full ] ||   # Linux has it
    refuses 'no ordinary file' $study --data "$drawn" --epochs 1 --limit 32 --save "$two" --log /dev/full
refuses 'No such file' $brief ''
ln -s "$dir/no/such" "$dir/dangling"
refuses 'leads nowhere' $brief "$dir/dangling"
cp "$one" "$dir/target"
chmod 600 "$dir/target"
ln -s target "$dir/link"
echo mine >"$dir/link.new"
ok 'follows a link' $brief "$dir/link"
ok 'to the file' sh -c "[ -h '$dir/link' ] && ! cmp -s '$one' '$dir/target'"
ok 'keeps its permissions' sh -c "ls -l '$dir/target' | grep -q '^-rw-------'"
ok 'and touches no file of the user' grep -q mine "$dir/link.new"
ok 'nothing is left beside' sh -c "! ls '$dir' | grep -E '[.][A-Za-z0-9]{6}\$'"
unprinted() {   # a result that cannot be printed is no success
    ! "$@" >/dev/full 2>"$dir/err" && ! "$@" >&- 2>>"$dir/err" &&
        [ "$(grep -c 'standard output: cannot write' "$dir/err")" -eq 2 ]
}
for job in '--test' '--test --confusion' "--read $dir/black.pgm"; do
    [ ! -c /dev/full ] ||
        ok "a full disk or a closed output is said by $job" unprinted $study --data "$drawn" --load "$one" $job
done
cp "$one" "$dir/kept"
(
    trap '' XFSZ
    ulimit -f 8
    exec $brief "$dir/kept" >"$dir/out" 2>"$dir/err"
)
ok 'a full disk is said' grep -q 'cannot write' "$dir/err"
ok 'and loses nothing' cmp "$one" "$dir/kept"
refuses 'cannot write' $study --data "$drawn" --epochs 1 --limit 32 --log "$dir/no/such/folder/log.csv" --save "$two"

refuses 'not a binary PGM' $study --load "$one" --read "$dir/text"
{ printf 'P5 27 28 255\n'; head -c 784 /dev/zero; } >"$dir/narrow.pgm"
refuses '27 by 28' $study --load "$one" --read "$dir/narrow.pgm"
{ printf 'P5 28 28 255\n'; head -c 700 /dev/zero; } >"$dir/short.pgm"
refuses 'shorter' $study --load "$one" --read "$dir/short.pgm"

# Options that are none
refuses 'whole number from 1' $mnist --epochs 0
refuses 'whole number from 1' $mnist --batch x
refuses 'whole number from 1' $mnist --threads 1.5
refuses 'number from' $mnist --rate -1
refuses 'no option --epoch;' $mnist --epoch 3
refuses 'needs a value' $mnist --seed
refuses 'no option --test;' $mnist --test
refuses 'expected adam or shipped' $study --optimiser sgd
refuses '--test needs' $study --test
refuses '--read needs' $study --read x
refuses 'expected two files' $study --log x --save x

# Weights of the last layer so large that its sums overflow. (In an earlier layer, ReLU would hide it.)
begin=$(($(wc -c <"$one") - 4 * (2 + 10 + 1280)))
{
    head -c $begin "$one"
    for i in $(seq 1000); do printf '\345\261\141\177'; done
    tail -c +$((begin + 4001)) "$one"
} >"$dir/wild"
cp "$one" "$dir/kept"
refuses 'after 32 samples the loss is no longer finite' \
    $study --data "$drawn" --epochs 1 --limit 320 --load "$dir/wild" --save "$dir/kept"
ok 'and nothing is saved then' cmp "$one" "$dir/kept"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
