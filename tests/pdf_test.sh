#!/bin/sh
# The printed paper, where it can be made: nothing wider than its line, no reference to nowhere, all fonts embedded as outlines.
passed=0 failed=0
check() {   # a claim, then a command
    claim=$1
    shift
    if "$@" >build/paper_test.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $claim"; cat build/paper_test.out; fi
}

outlines() {   # pdffonts: name, type of one or two words, encoding, embedded ...
    pdffonts build/paper.pdf | awk 'NR > 2 { fonts++; if ($0 ~ /Type 3/ || $(NF - 4) != "yes") { print; bad = 1 } } END { exit bad || fonts < 5 }'
}

says() {   # the text of the PDF contains all of these
    pdftotext build/paper.pdf build/paper_test.txt
    for words in "$@"; do
        grep -q "$words" build/paper_test.txt || { echo "no '$words' in it"; return 1; }
    done
}

for tool in pdflatex rsvg-convert pdffonts; do
    command -v $tool >/dev/null || { echo "no $tool here: the paper is not printed"; echo '0 passed, 0 failed'; exit 0; }
done
mkdir -p build
check 'it is printed without a complaint' "${PYTHON:-python3}" paper/printed.py
check 'the log has no line that is too wide' sh -c '! grep Overfull build/paper/paper.log'
check 'every reference is found' sh -c '! grep undefined build/paper/paper.log'
check 'fonts are embedded outlines' outlines
check 'it has its chapters and chunks' says 'Contents' 'The convolutional layer' 'Convolution, forward' 'used in src/convolution.c' 'Exercises'
rm -f build/paper_test.out build/paper_test.txt
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
