#!/bin/sh
# Shows each log's last line, a failed log whole, and the sum of all: N passed, N failed.
passed=0 failed=0
for log in "$@"; do
    last=$(tail -n 1 "$log")
    last=${last#\# }   # with TAP=1 it is a comment
    case $last in
    [0-9]*' passed, '[0-9]*' failed')
        p=${last%% *} f=${last#*, } f=${f%% *} ;;
    *)
        p=0 f=1 ;;
    esac
    [ "$f" -eq 0 ] || cat "$log"
    printf '%-32s %s\n' "$(basename "$log" .log)" "$p passed, $f failed"
    passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
