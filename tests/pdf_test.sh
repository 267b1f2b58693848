#!/bin/sh
# The book in print, where it can be made: nothing wider than its line, no reference to nowhere, all fonts embedded as
# outlines, one size of code, an index, metadata; the reading edition has no second halves and at most 140 pages, the
# full one has everything.
passed=0 failed=0
check() {   # a claim, then a command
    claim=$1
    shift
    if "$@" >build/pdf_test.out 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $claim"
        cat build/pdf_test.out
    fi
}

outlines() {   # pdffonts: name, type of one or two words, encoding, embedded ...
    pdffonts build/book.pdf | awk 'NR > 2 { fonts++; if ($0 ~ /Type 3/ || $(NF - 4) != "yes") { print; bad = 1 } }
        END { exit bad || fonts < 5 }'
}

says() {   # the text of the PDF contains all of these
    pdftotext -layout build/book.pdf build/pdf_test.txt
    for words in "$@"; do
        grep -q "$words" build/pdf_test.txt || { echo "no '$words' in it"; return 1; }
    done
}

pages() {   # at most that many
    pdfinfo build/book.pdf | awk -v most="$1" '/^Pages:/ { print; found = $2 <= most } END { exit !found }'
}

metadata() {
    pdfinfo build/book.pdf | awk -F ': *' '/^(Title|Author|Subject):/ { print; full += $2 != "" }
        END { exit full != 3 }'
}

for tool in pdflatex makeindex rsvg-convert pdffonts pdfinfo; do
    command -v $tool >/dev/null || { echo "no $tool here: the book is not printed"; echo '0 passed, 0 failed'; exit 0; }
done
mkdir -p build
rm -f build/book.pdf
check 'the full edition is printed without a complaint' "${PYTHON:-python3}" paper/printed.py --full
check 'the full edition has the second halves and the files' says 'The checks' 'Wrong versions' '#include "check.h"'
check 'the reading edition is printed without a complaint' "${PYTHON:-python3}" paper/printed.py
check 'the log has no line that is too wide' sh -c '! grep Overfull build/pdf/book.log'
check 'every reference is found' sh -c '! grep undefined build/pdf/book.log'
check 'fonts are embedded outlines' outlines
check 'it has its chapters, chunks and index' says 'Contents' 'The convolutional layer' 'Convolution, forward' \
    'used in src/convolution.c' 'Exercises' 'convolution_da, [0-9]' 'Terms'
check 'coloured words in figures keep their spaces' says 'previous layer, a'
check 'it has results' says 'Check (8):'
check 'it has no second half' sh -c '! grep "^ *Wrong versions$" build/pdf_test.txt'
check 'at most 140 pages' pages 140
check 'all code has one size' sh -c '! grep -F "\\fontsize" build/pdf/book.tex | grep -v newenvironment'
check 'title, author and subject' metadata
rm -f build/pdf_test.out build/pdf_test.txt
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
