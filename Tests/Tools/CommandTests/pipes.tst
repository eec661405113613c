# Pipelines and how they end; PipeTable.swift reads this, Workbench.swift makes the files.
# Columns, two spaces or more between them:
#   statuses  of each command of the pipeline: 0|3; ~ is 0 or 141 (its reader left); ok: all 0
#   says      what stderr holds: - nothing, else a part of it (and nothing but the tools' messages)
#   gives     what stdout is: - anything, none nothing, else the text
#   command   run by bash -o pipefail in the directory of the files, the tools first on PATH

# The main job, step by step and in one.
ok  -  -  convo-format --ask 'Describe the image.' good | cmp - good.zst
ok  -  -  clip-encode good.zst | tensor-diff - good.features > /dev/null
ok  -  -  llava-project good.features | tensor-diff - good.projected > /dev/null
ok  -  5\n  vicuna-decode --max-tokens 4 good.projected | grep -c '"finish_reason":"length"'
ok  -  5\n  convo-format --ask 'What?' good | clip-encode | llava-project | vicuna-decode --max-tokens 2 | grep -c '"text":'
ok  -  5\n  clip-encode good | llava-project | tensor-view --ids | wc -l
ok  -  10\n  convo-format --ask 'What?' --ask 'Where is {image.name}?' good | clip-encode | llava-project | vicuna-decode --max-tokens 1 | grep -c '#[12]","question":"Wh'
ok  -  What?\nquestion\n  convo-format --ask 'What?' good | clip-encode | llava-project | vicuna-decode --max-tokens 1 --format tsv | cut -f2 | sort -u
ok  -  -  (echo image; cat good) > good.csv; convo-format --ask 'Describe the image.' good.csv | cmp - good.zst
ok  -  5\n  cat good | convo-format --plain --ask hi - | clip-encode - | llava-project - | vicuna-decode --max-tokens 1 - | wc -l
ok  -  5\n  printf '%s\0' $(cat good) | clip-encode --from paths0 | tensor-view --ids | wc -l
ok  -  2\n  printf '[{"image":"grey.jpg"},{"image":"rgb-8.png"}]' | clip-encode | tensor-view --ids | wc -l
ok  -  1\n  printf '{"text":"Hello?"}\n' | convo-format | vicuna-decode --max-tokens 2 | grep -c '"question":"Hello?"'
ok  -  1\n  printf '{"text":"Hello?"}\n' | convo-format | clip-encode | llava-project | vicuna-decode --max-tokens 2 | grep -c '"question":"Hello?"'
ok  -  1\n  printf '{"id":"x","image":"grey.jpg","text":"a","n":1.50}\n' | convo-format | clip-encode | llava-project | vicuna-decode --max-tokens 1 | grep -c '^{"id":"x","image":"grey.jpg","question":"a","n":1.50,"text":'
ok  -  5\n  clip-encode --emit pixels good | tensor-view --json | grep -c '"shape":\[1,28,28,3\]'
ok  -  1\n  head -1 good.jsonl | clip-encode | llava-project | vicuna-decode --emit logits | tensor-view | grep -c 'logits  F32 \[166, 320\]'

# Images as arguments, as the input and inside records give what the same files in a list give.
ok  -  -  clip-encode $(cat good) | cmp - <(clip-encode good)
ok  -  -  convo-format --ask 'Describe the image.' $(cat good) | cmp - good.zst
ok  -  -  clip-encode grey.jpg | cmp - <(echo grey.jpg | clip-encode)
ok  -  -  convo-format --ask x grey.jpg | cmp - <(echo grey.jpg | convo-format --ask x)
ok  -  -  clip-encode ./grey.jpg grey.jpg --batch 1 | cmp - <(printf './grey.jpg\ngrey.jpg\n' | clip-encode)
ok  -  -  cp good list.jpg; clip-encode list.jpg | cmp - <(clip-encode good)
ok  -  -  cp good.zst list.png; clip-encode list.png | cmp - <(clip-encode good.zst)
ok  -  -  mkdir -p root; cp grey.jpg root/below.jpg; clip-encode --image-root root below.jpg | cmp - <(echo below.jpg | clip-encode --image-root root)
ok  -  1\n  clip-encode < grey.jpg | tensor-diff - <(echo '{"id":"stdin","image":"grey.jpg"}' | clip-encode) | grep -c '^equal: 1 record'
ok  -  1\n  cat raw-255.ppm | clip-encode - | tensor-diff - <(echo '{"id":"stdin","image":"raw-255.ppm"}' | clip-encode) | grep -c '^equal: 1 record'
ok  -  1\n  zstd -qc rgb-8.png | clip-encode | tensor-diff - <(echo '{"id":"stdin","image":"rgb-8.png"}' | clip-encode) | grep -c '^equal: 1 record'
ok  -  1\n  clip-encode <(cat grey.jpg) | tensor-view --ids | grep -c '^/dev/fd/'
ok  -  1\n  clip-encode < grey.jpg | tensor-view --json | grep -c '"image":"data:image/jpeg;sha256='$(sha256sum < grey.jpg | cut -c1-64)'"'
ok  -  1\n  printf '{"id":"a","image":["data:;base64,%s","rgb-8.png"]}' "$(base64 -w0 grey.jpg)" | clip-encode | tensor-diff - <(echo '{"id":"a","image":["grey.jpg","rgb-8.png"]}' | clip-encode) | grep -c '^equal: 1 record'
ok  -  -  convo-format --ask 'What?' < grey.jpg | clip-encode | llava-project | vicuna-decode --format text --max-tokens 5 | cmp - <(echo '{"id":"stdin","image":"grey.jpg"}' | convo-format --ask 'What?' | clip-encode | llava-project | vicuna-decode --format text --max-tokens 5 | sed s/grey.jpg/stdin/)
ok  1 record has its picture in the record itself or in an archive  none  clip-encode < grey.jpg | tensor-view --ids > /dev/null; convo-format --ask x < grey.jpg | clip-encode | llava-project | vicuna-decode --format sidecar --max-tokens 1
1|0|0  arguments: image 1: none.jpg:  1\n  clip-encode none.jpg grey.jpg | tensor-view --ids | grep -c grey.jpg
1|0|0  (fetch it first, and name the file: curl -fsSLO  1\n  clip-encode https://example.org/a | tensor-view --ids | wc -l
4  none: open: No such file  none  clip-encode none
2  expected one input with --from, found 2 arguments, which are images  none  clip-encode --from paths grey.jpg rgb-8.png
2  found stdin (-) among them  none  clip-encode grey.jpg -
2  found stdin (-) among them  none  convo-format --ask x - grey.jpg
1|0  holds its image itself, which has no name for {image.name}  -  convo-format --ask 'What is {image.name}?' < grey.jpg | cat > /dev/null
1|0  expected at most 1024: skipped (raise --max-line)  -  convo-format --ask x --max-line 1K < grey.jpg | cat > /dev/null
0|1|0  -  1\n  printf '{"image":"data:image/png,%%89PNG"}' | clip-encode --errors json 2>&1 > /dev/null | grep -c '"code":"image/data-url"'
0|0  stdin: line 1: the record has no `image`, but `photo` looks like a path  -  printf '{"photo":"data:;base64,AAAA"}' | clip-encode > /dev/null

# Photos stand upright, and the stream says whether they were turned.
ok  -  -  clip-encode --emit pixels <(echo $IMAGES/orientation-6.jpg) | cmp - <(clip-encode --emit pixels --exif apply <(echo $IMAGES/orientation-6.jpg))
0|1|0  -  1\n  clip-encode --emit pixels <(echo $IMAGES/orientation-6.jpg) | tensor-diff - <(clip-encode --emit pixels --exif ignore <(echo $IMAGES/orientation-6.jpg)) | grep -c 'different: 1 record'
0|1|0  -  1\n  (cd $IMAGES && ls orientation-[67].jpg) > l; head -1 l > one; clip-encode --emit pixels --image-root $IMAGES l -o two.tsz; clip-encode --emit pixels --image-root $IMAGES one | tensor-diff - two.tsz | grep -c '^stdin has 1 record, two.tsz has 2 records: those that only one has are not compared$'
ok  -  1\n  echo $IMAGES/orientation-6.jpg | clip-encode -0 | grep -ac '\\"exif\\":\\"apply\\"'
ok  -  1\n  echo $IMAGES/orientation-6.jpg | clip-encode -0 --exif ignore | grep -ac '\\"exif\\":\\"ignore\\"'

# A record that no stream could hold is refused before anything is made of it; the next one goes on.
0|1|1|0|0  expected a record of at most 1048576 bytes, found 10400000: skipped (raise --max-record)  2\n  (printf '{"image":["grey.jpg"'; printf ',"a"%.0s' $(seq 39999); printf ']}\n{"image":"grey.jpg"}\n') | clip-encode --max-record 1M | llava-project -q | tensor-view --ids | grep -c grey

# What the system lacks skips no record: with too few open files all is done or the run ends.
ok  -  none  for n in 4 5 6 7 8 9 10 12; do (ulimit -n $n; exec clip-encode -j 4 good) > /dev/null 2>&1; case $? in 0|4) ;; *) echo $n ;; esac; done

# Streams may be stored, compressed anew, taken out of their frames, put one behind the other.
ok  -  -  clip-encode -0 good.zst | tensor-diff - good.features > /dev/null
ok  -  -  clip-encode --level 19 good.zst | tensor-diff - good.features > /dev/null
ok  -  -  zstd -dcq good.features | llava-project > raw && cmp raw good.projected
ok  -  -  zstd -dcq good.features | zstd -q | llava-project | tensor-diff - good.projected > /dev/null
ok  -  10\n  cat good.features good.features | llava-project | tensor-view --ids | wc -l
ok  -  5\n  zstd -dcq good.zst | zstd -q | clip-encode | tensor-view --ids | wc -l
ok  -  -  clip-encode -o out.features good.zst && cmp out.features good.features
ok  -  -  llava-project -o out.projected good.features && cmp out.projected good.projected
~|0|0  -  1\n  tensor-view good.features | head -3 | grep -c clip-features
ok  -  -  vicuna-decode -z --max-tokens 2 good.projected | zstd -dcq | cmp - <(vicuna-decode --max-tokens 2 good.projected)

# A bad record is skipped, reported once, kept in its place; status 1 to the end of the pipe.
1  cut.jpg: the JPEG data ends  -  clip-encode prompts.zst > /dev/null
1  1 skipped  -  llava-project features.tsz > /dev/null
1  5 done, 1 skipped  -  vicuna-decode --max-tokens 1 projected.tsz > /dev/null
1|0  -  1\n  vicuna-decode -q --max-tokens 1 projected.tsz | grep -c '"skipped":{"code":"image/truncated"'
1|0|0  -  cut.jpg\n  llava-project -q features.tsz | tensor-view --ids | sed -n 1p
0|1  line 1: column 3  -  printf '{ \n' | convo-format > /dev/null
0|1|1|0  llava-project: 5 done, 1 skipped  -  cat list | clip-encode | llava-project | tensor-view > /dev/null
0|1  none.jpg: no such file  -  printf 'none.jpg\n' | clip-encode > /dev/null
0|1  https://h/a.jpg: expected the path of an image, found a URL  -  printf 'https://h/a.jpg\n' | clip-encode > /dev/null
0|1  fetch it first, and name the file: curl -fsSLO 'https://h/a.jpg')  -  printf '{"image":"https://h/a.jpg"}\n' | clip-encode --image-root . > /dev/null
1  Apple's variant of PNG (CgBI)  -  printf '\211PNG\r\n\032\n\0\0\0\4CgBI\120\0\040\2\053\325\263\177\0\0\0\015IHDR' > apple.png; clip-encode <(echo apple.png) > /dev/null
0|1  no `prompt`  -  printf '{"a":1}\n' | vicuna-decode > /dev/null
# A byte that no JSON has spoils its line, not the run.
0|1|0  line 2: column 8  101\n  printf '{"id":"1","text":"a"}\n{"id":"\0","text":"b"}\n{"id":"3","text":"c"}\n' | convo-format --plain | awk '{ printf "%d", !/skipped/ }  END { print "" }'
0|1|0  line 1: column 2  01\n  printf '{\0}\n{"text":"a"}\n' | convo-format --plain | awk '{ printf "%d", !/skipped/ }  END { print "" }'
0|1|0  line 1: column 11  01\n  printf ' {"text":"\0"}\n{"text":"a"}\n' | convo-format --plain --from jsonl | awk '{ printf "%d", !/skipped/ }  END { print "" }'
0|1|0  line 2: column 10  101\n  printf '{"text":"a"}\n{"text":"\377"}\n{"text":"c"}\n' | convo-format --plain | awk '{ printf "%d", !/skipped/ }  END { print "" }'
0|3  line 2: expected text, found binary data  -  printf 'grey.jpg\ncut\0.jpg\nrgb-8.png\n' | clip-encode > /dev/null
0|1|0  line 2: column 2  1\n  printf '{"prompt":{"segments":[{"text":"a"}]}}\n{\0\n' | vicuna-decode --max-tokens 1 | grep -c '"id":"line-2","skipped":{"code":"json/syntax"'
# Quiet leaves out the summary, not what was skipped.
1|0|0  the JPEG data ends  1\n  clip-encode -q list 2>&1 > /dev/null | tee /dev/stderr | wc -l
3  the JPEG data ends  -  clip-encode --strict list > /dev/null
3  1 of 1 records skipped  -  clip-encode --max-skips 0 list > /dev/null
3  skipped by an earlier tool  -  llava-project --strict features.tsz > /dev/null
3  skipped by an earlier tool  none  vicuna-decode --strict projected.tsz
ok  -  6\n  clip-encode --truncated pad list | tensor-view --ids | wc -l

# A reader that leaves is no error, whatever it leaves.
~|~|~|0|0  -  1\n  yes good | head -20000 | convo-format --ask x | head -c 1 | wc -c
~|~|~|0|0  -  1\n  yes grey.jpg | head -9000 | clip-encode | head -c 1 | wc -c
~|~|0|0  -  1\n  cat $(yes good.features | head -400) | llava-project | head -c 1 | wc -c
~|~|0|0  -  1\n  cat $(yes good.features | head -400) | tensor-view | head -1 | wc -l
~|~|0|0  -  1\n  cat $(yes good.projected | head -40) | vicuna-decode --max-tokens 3 | head -1 | wc -l
~|~|0|0  -  1\n  cat $(yes good.projected | head -40) | vicuna-decode --emit logits | head -c 1 | wc -c
~|0|0  -  1\n  convo-format --ask x good | head -c 1 | wc -c
~|0|0  -  1\n  convo-format --check --ask x good | head -c 1 | wc -c
~|0|0  -  1\n  convo-format --tokenizer $LLAVA_MODEL --show-mask --ask x good | head -1 | wc -l
~|6  see what is trained of pixels  none  clip-encode --emit pixels good.zst | convo-format --tokenizer $LLAVA_MODEL --show-mask
~|0|0  -  1\n  clip-encode good | head -c 1 | wc -c
~|0|0  -  1\n  llava-project good.features | head -c 1 | wc -c
~|0|0  -  1\n  vicuna-decode --max-tokens 1 good.projected | head -1 | wc -l
~|0|0  -  1\n  tensor-view good.features | head -1 | wc -l
~|0|0  -  1\n  tensor-diff --all good.features good.features | head -c 1 | wc -c
~|~|~|~|0|0  -  1\n  convo-format --ask x good | clip-encode | llava-project | vicuna-decode --max-tokens 1 | head -1 | wc -l

# A full disk, or no stdout at all.
4  No space left on device  none  convo-format --ask x good > /dev/full
4  No space left on device  none  convo-format --plain --ask x good > /dev/full
4  No space left on device  none  convo-format --check --ask x good > /dev/full
4  No space left on device  none  convo-format --tokenizer $LLAVA_MODEL --show-mask --ask x good > /dev/full
4  No space left on device  none  clip-encode good > /dev/full
4  No space left on device  none  clip-encode --emit pixels good > /dev/full
4  No space left on device  none  llava-project good.features > /dev/full
4  No space left on device  none  vicuna-decode --max-tokens 1 good.projected > /dev/full
4  No space left on device  none  vicuna-decode -z --max-tokens 1 good.projected > /dev/full
4  No space left on device  none  vicuna-decode --emit logits good.projected > /dev/full
4  No space left on device  none  tensor-view good.features > /dev/full
4  No space left on device  none  tensor-diff good.features good.features > /dev/full
4  No space left on device  none  clip-encode --help > /dev/full
4  No space left on device  none  vicuna-decode --version > /dev/full
4  stdout: write  none  convo-format --ask x good >&-
4  stdout: write  none  clip-encode good >&-
4  stdout: write  none  llava-project good.features >&-
4  stdout: write  none  vicuna-decode --max-tokens 1 good.projected >&-
4  stdout: write  none  tensor-view good.features >&-
4  stdout: write  none  tensor-diff good.features good.features >&-
0  -  none  clip-encode good > /dev/null 2>&-
3  -  none  llava-project good 2>&-
4  /none/out  none  clip-encode -o /none/out good
4  there is no such  none  clip-encode -m none good
4  No such file  none  llava-project none
4  No such file  none  vicuna-decode none
4  No such file  none  tensor-view none
4  No such file  none  convo-format --ask x none

# No stdin.
4  stdin: read  none  convo-format --ask x <&-
4  stdin: read  none  clip-encode <&-
4  read: Bad file descriptor  none  llava-project <&-
4  stdin: read  none  vicuna-decode <&-
4  read: Bad file descriptor  none  tensor-view <&-
4  read: Bad file descriptor  none  tensor-diff - good.features <&-

# Nothing, junk, and streams that were cut. An empty list of records is none of these.
3  found no bytes  none  llava-project < /dev/null
3  found no bytes  none  vicuna-decode < /dev/null
3  found no bytes  none  tensor-view < /dev/null
3  found no bytes  none  tensor-diff - good.features < /dev/null
ok  convo-format: warning: no records in stdin  none  convo-format --ask x < /dev/null | clip-encode | llava-project | vicuna-decode
ok  convo-format: warning: no records in stdin  none  convo-format --ask x < /dev/null | vicuna-decode
0|3  ends inside the record  none  printf junk | llava-project
0|3  ends inside the record  none  printf junk | tensor-view
0|3  stdin: the input ends inside a frame  none  printf '\x28\xb5\x2f\xfd' | clip-encode
0|3  stdin: the input ends inside a frame  none  printf '\x28\xb5\x2f\xfd' | convo-format --ask x
0|3  the input ends inside a frame  none  printf '\x28\xb5\x2f\xfd' | llava-project
0|3  the input ends inside a frame  none  printf '\x28\xb5\x2f\xfd' | vicuna-decode
0|3  expected text, found binary data (for paths that end with NUL: --from paths0  none  printf 'a\0b\0' | clip-encode
0|3  expected text, found binary data  none  printf 'a\0b\n' | convo-format --ask x
0|3  expected text, found binary data  none  printf 'a\0b\n' | vicuna-decode
0|1|0  -  1\n  printf '{junk\n' | vicuna-decode --errors json 2>&1 > /dev/null | grep -c '"code":"json/syntax"'
0|3  expected text, found binary data  none  printf 'x\0yzzzz\n' | clip-encode --from jsonl
0|3  expected text, found binary data  none  printf '\n\nlonger than eight\0\n' | convo-format --ask x --from jsonl
0|3  expected text, found binary data  none  printf 'longer than eight\0\n' | clip-encode
# An image is a record of its own; these are cut ones.
0|1|0  stdin: image 1 id=stdin: data:image/gif;sha256=  stdin\n  printf 'GIF89a\1\0\1\0\0\0\0' | clip-encode | tensor-view --ids
0|1|0  stdin: image 1 id=stdin: data:image/webp;sha256=  stdin\n  printf 'RIFF\44\0\0\0WEBPVP8 ' | clip-encode | tensor-view --ids
0|1|0  stdin: image 1 id=stdin: data:image/avif;sha256=  stdin\n  printf '\0\0\0\34ftypavif\0\0\0\0' | clip-encode | tensor-view --ids
0|1|0  stdin: image 1 id=stdin: data:image/heif;sha256=  stdin\n  printf '\0\0\0\34ftypheic\0\0\0\0' | clip-encode | tensor-view --ids
0|1|0  stdin: image 1 id=stdin: data:image/bmp;sha256=  stdin\n  printf 'BM\36\0\0\0\0\0\0\0\33\0\0\0\14\0' | clip-encode | tensor-view --ids
0|1|0  stdin: image 1 id=stdin: data:image/tiff;sha256=  stdin\n  printf 'II*\0\10\0\0\0' | clip-encode | tensor-view --ids
ok  -  1\n  cp rgb-8.png GIF8.png; printf 'GIF8.png\n' | clip-encode | tensor-view --ids | grep -c GIF8.png
ok  -  line-3\n  printf '\n\n{"text":"a"}\n' | convo-format | zstd -dcq | grep -o 'line-[0-9]*'
ok  -  1\n  cp rgb-8.png ' b.png'; printf ' b.png\n' | clip-encode | tensor-view --ids | grep -c '^ b.png$'
3  expected a tensor stream, found a JPEG image  none  llava-project grey.jpg
3  expected a tensor stream, found a zip file  none  llava-project <(printf 'PK\3\4aaaaaaaaaaaa')
0|3  the input ends inside a frame  -  head -c -70 good.features | llava-project > /dev/null
0|3  ends inside  -  head -c -1 good.features | tensor-view > /dev/null
0|3  ends inside  -  head -c -1 good.projected | vicuna-decode --max-tokens 1 > /dev/null
0|3  the input ends inside a frame  -  head -c -30 good.zst | clip-encode > /dev/null
0|3  without an end mark  -  head -c -37 good.zst | clip-encode > /dev/null
0|3|3|0  without an end record  5\n  head -c -1 good.features | llava-project | vicuna-decode --max-tokens 1 | wc -l
0|3  the input ends inside a frame  -  head -c 300 good.zst | convo-format --ask x > /dev/null
0|3  bytes after  -  cat good.features good | llava-project > /dev/null
0|3  record 2  -  (head -c 1500 good.features; printf x; tail -c +1502 good.features) | llava-project > /dev/null

# A stream of the wrong kind.
6  expected features from clip-encode, found a stream of 'projected'  none  llava-project good.projected
6  expected embeddings from llava-project, found a stream of 'clip-features' (pass it through llava-project first)  none  vicuna-decode good.features
6  found a stream of 'pixels'  none  clip-encode --emit pixels good -o pixels && llava-project pixels
6  expected projected, found clip-features  none  tensor-diff good.features good.projected
3  found JSON (pass it through clip-encode first)  none  llava-project good.jsonl
3  expected a tensor stream, found JSON  none  llava-project good.zst
3  expected a tensor stream, found JSON  none  tensor-view good.jsonl
3  expected records or paths, found a tensor stream  none  convo-format --ask x good.features
3  expected records or paths, found a tensor stream  none  clip-encode good.features
3  expected records or paths, found a tensor stream  none  clip-encode --from jsonl good.features
3  expected records or paths, found a tensor stream  none  zstd -dcq good.projected > raw && clip-encode raw
1|0  the prompt names 1 image,  5\n  vicuna-decode good.jsonl | grep -c '"code":"prompt/image-count"'

3  found a JPEG image itself (encode it first: clip-encode photo.jpg)  none  vicuna-decode grey.jpg
3  found a PNG image itself  none  clip-encode --from jsonl rgb-8.png
3  found zeros  none  llava-project < /dev/zero
4  read: Is a directory (name a file in it, or pipe in a list  -  convo-format --ask x . > /dev/null
ok  -  line-1\n  printf '{"id":""}\n' | clip-encode | tensor-view --ids
0|1|0  -  1\n  printf '{"id":"","prompt":{"segments":[{"image":-1}]}}\n' | vicuna-decode 2>&1 | grep -c '"line-1",.*found image -1'
0|1  found tokens without `image_positions`  -  printf '{"prompt":{"segments":[{"image":0}],"tokens":[1]}}\n' | vicuna-decode > /dev/null
0|1|0  -  0\n  printf '{"a":1}\n{"a":2}\n' | vicuna-decode --stream 2>&1 > /dev/null | (! grep -c '^$')
3  name the directory: models  none  ln -s $LLAVA_MODEL models; clip-encode -m models/config.json good

# --version has a way of its own past the parser, to the same text.
ok  -  6\n  for tool in convo-format clip-encode llava-project vicuna-decode tensor-view tensor-diff; do test -n "$($tool --version)" && cmp <($tool --version) <($tool -q --version) && echo same; done | grep -c same

# Wrong options say so in one line, and how the tool is used in the next.
2  Unknown option '--nope'  none  convo-format --nope
2  Unknown option '--nope'  none  clip-encode --nope
2  Unknown option '--nope'  none  llava-project --nope
2  Unknown option '--nope'  none  vicuna-decode --nope
2  Unknown option '--nope'  none  tensor-view --nope
2  Unknown option '--nope'  none  tensor-diff a b --nope
2  see clip-encode --help  none  clip-encode --batch 0
1  arguments: image 2: b: no such file  -  clip-encode a b > /dev/null
2  see clip-encode --help  none  clip-encode --emit nothing
2  see llava-project --help  none  llava-project --precision f64 good.features
2  --temperature must be 0 to 1000000, found -1.0 (see vicuna-decode --help)  none  vicuna-decode --temperature -1
2  see vicuna-decode --help  none  vicuna-decode --temperature nan
2  see vicuna-decode --help  none  vicuna-decode --top-p 0
2  see vicuna-decode --help  none  vicuna-decode --max-tokens 0
2  see vicuna-decode --help  none  vicuna-decode --stream --emit logits
2  see vicuna-decode --help  none  vicuna-decode -j 0
2  see vicuna-decode --help  none  vicuna-decode --stop ''
2  scalar, found abacus  none  LLAVA_CPU=abacus llava-project good.features
2  LLAVA_THREADS  none  LLAVA_THREADS=0 llava-project good.features
2  no model was named  none  LLAVA_MODEL= clip-encode good
2  no model was named  none  LLAVA_MODEL= vicuna-decode good.projected

# Two hundred threads in little address space: fewer are started, and the bytes are the same.
ok  -  -  (ulimit -v 400000; clip-encode -j 200 good.zst) | tensor-diff - good.features > /dev/null
ok  -  -  (ulimit -v 400000; llava-project -j 200 good.features) | tensor-diff - good.projected > /dev/null
ok  -  -  vicuna-decode --max-tokens 4 good.projected > text; (ulimit -v 400000; vicuna-decode -j 200 --max-tokens 4 good.projected) | cmp - text
5  use --precision bf16, or raise ulimit -v  none  (ulimit -v 200000; llava-project --precision f32 good.features)

# Binary data is not for terminals, and no terminal is a tensor stream.
2  will not write binary data to a terminal  none  script -qec 'clip-encode good 2>&3' /dev/null 3>&2 < /dev/null
2  will not write binary data to a terminal  none  script -qec 'llava-project good.features 2>&3' /dev/null 3>&2 < /dev/null
2  will not write binary data to a terminal  none  script -qec 'vicuna-decode --emit logits good.projected 2>&3' /dev/null 3>&2 < /dev/null
2  not a terminal  none  script -qec 'llava-project 2>&3' /dev/null 3>&2 < /dev/null
2  stdin: expected an input, not a terminal (pipe it in, name a file, or type it after convo-format -)  none  script -qec 'convo-format --ask x 2>&3' /dev/null 3>&2 < /dev/null
2  type it after clip-encode -)  none  script -qec 'clip-encode 2>&3 > /dev/null' /dev/null 3>&2 < /dev/null
2  type it after vicuna-decode -)  none  script -qec 'vicuna-decode 2>&3' /dev/null 3>&2 < /dev/null
ok  -  -  printf 'grey.jpg\n\004' | script -qec 'timeout --foreground 20 clip-encode - 2>&3 > typed' /dev/null 3>&2 > /dev/null && tensor-view typed > /dev/null
~|~|0|0  -  1\n  script -qec 'clip-encode -f good 2>&3' /dev/null 3>&2 < /dev/null | tail -c +999 | head -c 1 | wc -c
0|0  -  5\n  script -qec 'convo-format --ask x good 2>&3' /dev/null 3>&2 < /dev/null | grep -c '^{'

# Parts of a model that do not fit, or are not there.
3  expected config.json  none  vicuna-decode -m . good.projected
3  name a directory that holds it with --vision  none  clip-encode -m $MODELS/llava-original good
3  expected tokenizer.model or tokenizer.json  none  vicuna-decode -m $MODELS/llama-tied good.jsonl
3  the model has no projector  none  llava-project -m $MODELS/llama-tied good.features
6  from -4 to 3, found 99  none  clip-encode --layer 99 good
ok  -  -  clip-encode -m $MODELS/llava-original --vision $MODELS/clip-42 good | llava-project -m $MODELS/llava-original | tensor-view > /dev/null

# Usage: what was asked for is what the message is about.
2  Unknown option '--bogus'  none  tensor-diff --bogus
2  expected a command before --lora: pretrain  none  llava-train --lora 8
2  expected a command before -m: scienceqa  none  llava-eval -m x
2  Unknown option '-version'  none  vicuna-decode -version
2  --threads must be 1 to 1024, found -1  none  clip-encode -j -1 good
2  begins with - is written --option=-value  none  convo-format --ask -x good
ok  -  5\n  clip-encode --max-pixels 100M good | tensor-view --ids | wc -l
2  64K, 512M or 2G  none  clip-encode --max-pixels 0 good
2  expected a path, found an empty one  none  clip-encode -o '' good
2  expected a path, found an empty one  none  clip-encode ''
2  is not valid UTF-8  none  convo-format --ask x $'\377'

# An output that names an input, however it is spelt: nothing is lost.
2  good: the output would replace this input  none  clip-encode -o good good
2  stdin: the output would replace this input  none  clip-encode -o good < good
2  would replace this input  none  ln good hard && convo-format --ask x -o hard good
2  would replace this input  none  ln -s good soft && convo-format --ask x -o soft good
2  would replace this input  none  convo-format --ask x -o good.jsonl --skip-done good.jsonl good
# Whatever lies in a model's directory belongs to the model, whether or not the tool reads it.
2  the output would replace a file of this model  none  cp -r $LLAVA_MODEL own && convo-format --ask x -m own -o own/config.json good
2  the output would replace a file of this model  none  cp -r $LLAVA_MODEL own && echo x > own/notes && ln -s own/notes settings && vicuna-decode -m own -o settings good.projected
ok  -  -  cp -r $LLAVA_MODEL own && clip-encode -m own -o own/new.tsz good

# A name that no file may have is refused before the work.
4  File name too long  none  clip-encode -o $(printf 'a%.0s' {1..256}) good
2  Unknown option '-j1': write -j 1  none  clip-encode good -j1
2  grey.jpg: the output would replace this input  none  clip-encode -o grey.jpg good
2  would replace a file of this model  none  cp -r $LLAVA_MODEL m && clip-encode -m m -o m/model.safetensors good
2  would replace a file of this model  none  cp -r $LLAVA_MODEL m2 && clip-encode -m m2 -o m2/config.json good
2  would replace this input  none  tensor-view --png good.features good.features
2  two outputs are the same file  none  > both; tensor-view --png both --svg ./both good.features
2  must not be the same file  none  tensor-view --png - --svg - good.features
ok  -  1\n  tensor-view --png - good.features | grep -ac IHDR
ok  -  1\n  tensor-view --svg - good.features | grep -c '^<svg'

# A byte order mark at the beginning is none of the text.
ok  -  1\n  printf '\357\273\277{"image":"grey.jpg"}\n' | convo-format --plain --ask x | grep -c '^{"image":"grey.jpg",'
ok  -  1\n  printf '\357\273\277grey.jpg\n' | convo-format --plain --ask x | grep -c '^{"image":"grey.jpg",'
ok  -  1\n  printf '\357\273\277[{"image":"grey.jpg"}]' | convo-format --plain --ask x | grep -c '^{"image":"grey.jpg",'
ok  -  1\n  printf '\357\273\277{"image":"grey.jpg"}\n' | zstd -q | clip-encode | tensor-view --ids | grep -c '^grey.jpg$'

# What is compressed by others, or nothing but zeros, is named with the way out.
0|3  found gzip data (unpack it first: gzip -dc)  none  gzip -nc good | clip-encode
0|3  found a tar archive (name its file  none  tar -cf - ./grey.jpg --transform 's/.*/a/' | convo-format --ask x
0|3  found a tar archive (name its file, not compressed  none  tar -cf - grey.jpg | convo-format --ask x
0|3  found gzip data (unpack it first: gzip -dc)  none  gzip -nc good.features | llava-project
0|3  found gzip data  none  gzip -nc good.jsonl | vicuna-decode
0|3  found gzip data  none  gzip -c good.features | tensor-view
0|3  found bzip2 data (unpack it first: bzip2 -dc)  none  printf 'BZh91AY&SY\0\0\0\0' | convo-format --ask x
0|3  found bzip2 data  none  printf 'BZh91AY&SY\0\0\0\0' | llava-project
0|3  found xz data (unpack it first: xz -dc)  none  printf '\3757zXZ\0\0\0\0\0' | convo-format --ask x
0|3  found xz data  none  printf '\3757zXZ\0\0\0\0\0' | tensor-view
0|3  found zeros (the file was not written to its end  none  head -c 100 /dev/zero | convo-format --ask x
0|3  found zeros  none  head -c 100 /dev/zero | vicuna-decode
0|3  found UTF-16 text (convert it first: iconv -f UTF-16 -t UTF-8)  none  printf '\377\376{\0}\0' | convo-format

# A model in another layout answers as it did, bit for bit; the way back gives the same weights.
ok  -  vision tower: 55 tensors, equal\nprojector: 4 tensors, equal\nlanguage model: 21 tensors, equal\n  llava-weights convert -q $LLAVA_MODEL --layout llava -o c1 && llava-weights convert c1 -o c2 && llava-weights convert -q c2 --layout llava -o c0 && llava-weights verify c1 c0
ok  -  -  llava-weights convert -q $LLAVA_MODEL --layout llava -o c3 && clip-encode -m c3 good | cmp - <(clip-encode good)
ok  -  -  llava-weights convert -q $LLAVA_MODEL --layout llava -o c4 && cmp <(llava-project -m c4 good.features | tensor-view --json | tail -n +2) <(tensor-view --json good.projected | tail -n +2)
ok  -  1\n  llava-weights convert $LLAVA_MODEL --type f32 -v -o c5 2>&1 | grep -c '80 tensors'
1  -  1\n  llava-weights verify --json $LLAVA_MODEL $MODELS/llama-tied > v.json; status=$?; grep -c '"equal":false,"parts"' v.json; (exit $status)
1  -  none  llava-weights verify -q $LLAVA_MODEL $MODELS/llama-tied
0  -  projector: 4 tensors, equal\n  llava-weights verify --part projector $LLAVA_MODEL $LLAVA_MODEL
6  two layers (mlp2x_gelu)  none  llava-weights convert $MODELS/llava-original --vision $MODELS/clip-42 -o c6
6  neither this nor  none  llava-weights verify --part language $MODELS/clip-42 $MODELS/clip-42
3  no language model  none  llava-weights convert $MODELS/clip-42 -o c7
2  holds files  none  mkdir c8; touch c8/x; llava-weights convert $LLAVA_MODEL -o c8
2  would lie in the directory of an input  none  cp -r $LLAVA_MODEL m9; llava-weights convert m9 -o m9/out
4  none/out: create  none  llava-weights convert $LLAVA_MODEL -o none/out
4  there is no such file  none  llava-weights convert none -o c10
4  No such file  none  llava-weights verify $LLAVA_MODEL none
4  No space left on device  none  llava-weights verify $LLAVA_MODEL $LLAVA_MODEL > /dev/full
2  expected a command  none  llava-weights
2  Unknown command 'convrt'  none  llava-weights convrt a -o b
6  expected a vocab_size for the  none  cp -r $LLAVA_MODEL few && sed -i 's/"vocab_size": *[0-9]*/"vocab_size": 100/' few/config.json && llava-weights init few -o fresh
2  Unknown option '--layot'  none  llava-weights convert --layot llava a
2  Missing expected argument '--output <dir>'  none  llava-weights convert a
2  invalid for '--type <type>'  none  llava-weights convert --type f8 -o a b
4  File too large  0\n  (ulimit -f 20; llava-weights convert $LLAVA_MODEL -o c11); status=$?; ls -A | grep -c 'c11'; (exit $status)

# A tool whose commands have commands of their own.
2  expected a command: scienceqa  none  llava-eval
2  expected a command: prompt, second, join, score, requery or combine  none  llava-eval scienceqa
2  Unknown command 'nope': expected prompt  none  llava-eval scienceqa nope
2  Unknown option '--nope'  none  llava-eval scienceqa score --nope
2  Missing expected argument '--problems <file>'  none  llava-eval scienceqa score
2  --format must be one of CQM, QCM  none  llava-eval scienceqa prompt --format QCM-X p.json

# Data made and judged.
0|2  --plot and --output are the same file  none  echo '{"caption":"a cat"}' | caption-filter --plot x.svg -o x.svg
2  a file of reviews is named twice  none  llava-eval judge score a.jsonl a.jsonl
2  --template plain has no place for roles  none  vicuna-decode --chat --template plain list
ok  -  none  : | vicuna-decode --chat
0|3  found no bytes  none  : | vicuna-decode
0|1  ... (1,000,  -  (printf '{"id":"'; head -c 1000000 /dev/zero | tr '\0' x; echo '","image":"none.jpg"}') | clip-encode
0|1  ... (1,000,  -  (printf '{"id":"'; head -c 1000000 /dev/zero | tr '\0' x; echo '","messages":5}') | vicuna-decode --chat
2  --chat and --emit logits exclude each other  none  vicuna-decode --chat --emit logits list
2  --unordered and --emit logits exclude each other  none  vicuna-decode --unordered --emit logits list
2  --unordered and --format text exclude each other  none  vicuna-decode --unordered --format text list
2  --deltas and --format tsv exclude each other  none  vicuna-decode --deltas --format tsv list
2  --format sidecar and -o exclude each other  none  vicuna-decode --format sidecar -o x.out list
2  --train takes the records' own questions, not those of --ask  none  convo-format --train --ask 'What?' list
2  --deltas and --stream exclude each other  none  vicuna-decode --deltas --stream list
2  --deltas and -z exclude each other  none  vicuna-decode --deltas -z list
ok  2 records with an id that an earlier one has  3\n  printf '{"id":1,"image":"a","captions":["x"]}\n%.0s' 1 2 3 | instruct-gen prompt --kind brief | wc -l
0|1  the reply broke off  none  echo '{"id":1,"image":"a","text":"Q","finish_reason":"error"}' | instruct-gen parse --kind detail
0|1  1 of 1 problems have no answer  -  echo '{"1":{"question":"Q","choices":["a"],"answer":0,"hint":"","image":null,"task":"","grade":"grade1","subject":"natural science","topic":"","category":"","skill":"","lecture":"","solution":"","split":"test"}}' > p.json; echo '{"id":"1","skipped":{"code":"x","message":"y"}}' | llava-eval scienceqa score --problems p.json
# Captions: what is no caption is a skip, what is no option ends the run before it reads.
ok  -  none  caption-filter < /dev/null
ok  -  none  printf '\n\n' | caption-filter
2  --cap  none  caption-filter --cap 0 < /dev/null
2  --min-count  none  caption-filter --min-count 0 < /dev/null
2  --caption-key and --phrases-from exclude each other  none  caption-filter --caption-key a --phrases-from b < /dev/null
2  --json goes with --stats  none  caption-filter --json < /dev/null
2  --stats and -z exclude each other  none  caption-filter --stats -z < /dev/null
2  --plot must end in .svg or .png  none  caption-filter --plot a.gif < /dev/null
2  --phrase-key  none  caption-filter --phrase-key stem < /dev/null
0|1|0  expected a text in `caption`, found a number  1\n  printf '{"id":"a","caption":5}\n{"id":"b","caption":"a dog"}\n' | caption-filter --min-count 1 | grep -c '"code":"caption/type"'
0|1|0  expected a list of texts in `p`, found a text  1\n  printf '{"id":"a","p":"x"}\n' | caption-filter --phrases-from p | grep -c '"code":"caption/phrases"'
0|3  expected text  none  printf 'a\0b\n' | caption-filter
ok  -  2\n  printf 'a dog\thttp://h/1\nthe dog\n' | caption-filter --min-count 1 -j 3 | grep -c '"caption"'
