function __clip-encode_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __clip-encode_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __clip-encode_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __clip-encode_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __clip-encode_parse_tokens -S
    set -l unparsed_tokens (__clip-encode_tokens -pc)
    switch $unparsed_tokens[1]
    case 'clip-encode'
        __clip-encode_parse_subcommand -r 1 'from=' 'm/model=' 'vision=' 'projector=' 'language=' 'precision=' 'activations=' 'layer=' 'features=' 'aspect=' 'recipe=' 'print-recipe' 'emit=' 'image-root=' 'image-key=' 'batch=' 'exif=' 'truncated=' 'lenient' 'max-pixels=' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __clip-encode_parse_subcommand -r 1 'version'
        end
    end
end

function __clip-encode_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __clip-encode_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __clip-encode_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __clip-encode_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__clip-encode_tokens -p)
    if test -z "$(__clip-encode_tokens -t)"
        set -l index (count (__clip-encode_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'clip-encode' -f
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_positional "clip-encode" -ge 1' -F
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" from' -l 'from' -d 'The input\'s format: auto, jsonl, array, paths, paths0, csv, tsv, tar.' -rfka 'auto jsonl array paths paths0 csv tsv tar'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" m model' -s 'm' -l 'model' -d 'The model directory; default: LLAVA_MODEL.' -rfa '(__clip-encode_complete_directories)'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" precision' -l 'precision' -d 'Number format of matrix products: bf16 or f32.' -rfka 'bf16 f32'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" activations' -l 'activations' -d 'Format of the activations that quantised weights multiply: int8 or bf16.' -rfka 'int8 bf16'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" layer' -l 'layer' -d 'Layer whose hidden state is taken; default: the model\'s, -2.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" features' -l 'features' -d 'Feature rows to keep: patch or cls_patch (default: the model\'s).' -rfka 'patch cls_patch'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" aspect' -l 'aspect' -d 'Make images square by crop or pad (default: the recipe\'s or the model\'s).' -rfka 'crop pad'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" recipe' -l 'recipe' -d 'Use the settings of this LLaVA recipe.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" print-recipe' -l 'print-recipe' -d 'Print the recipe as options of the tools, and exit.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" emit' -l 'emit' -d 'What to write: features or pixels.' -rfka 'features pixels'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" image-root' -l 'image-root' -d 'Resolve image paths in this directory; refuse those that lead out of it.' -rfa '(__clip-encode_complete_directories)'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" image-key' -l 'image-key' -d 'Member or column with the image, for records without an image member.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" batch' -l 'batch' -d 'Images encoded together.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" exif' -l 'exif' -d 'EXIF orientation: apply it, or ignore it as LLaVA does.' -rfka 'apply ignore'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" truncated' -l 'truncated' -d 'Truncated image files: skip them, or pad them with grey.' -rfka 'skip pad'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" lenient' -l 'lenient' -d 'Accept damaged images as far as they can be decoded.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" max-pixels' -l 'max-pixels' -d 'Largest image to accept, in pixels.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" version' -l 'version' -d 'Show the version.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_positional "clip-encode" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'clip-encode' -n '__clip-encode_should_offer_completions_for_flags_or_options "clip-encode help" version' -l 'version' -d 'Show the version.'
