function __vicuna-decode_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vicuna-decode_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __vicuna-decode_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __vicuna-decode_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __vicuna-decode_parse_tokens -S
    set -l unparsed_tokens (__vicuna-decode_tokens -pc)
    switch $unparsed_tokens[1]
    case 'vicuna-decode'
        __vicuna-decode_parse_subcommand 1 'm/model=' 'vision=' 'projector=' 'language=' 'precision=' 'activations=' 'lora=' 'batch=' 'cache-memory=' 'kv=' 'max-tokens=' 'temperature=' 'top-k=' 'top-p=' 'repetition-penalty=' 'seed=' 'stop=+' 'emit=' 'stream' 'deltas' 'unordered' 'format=' 'keep-prompt' 'z/compress' 'chat' 'template=' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __vicuna-decode_parse_subcommand -r 1 'version'
        end
    end
end

function __vicuna-decode_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __vicuna-decode_parse_subcommand -S -a positional_count
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

function __vicuna-decode_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __vicuna-decode_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__vicuna-decode_tokens -p)
    if test -z "$(__vicuna-decode_tokens -t)"
        set -l index (count (__vicuna-decode_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'vicuna-decode' -f
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_positional "vicuna-decode" -eq 1' -F
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" m model' -s 'm' -l 'model' -d 'The model directory; default: LLAVA_MODEL.' -rfa '(__vicuna-decode_complete_directories)'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" vision' -l 'vision' -d 'Take the vision tower from here.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" projector' -l 'projector' -d 'Take the projector from here.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" language' -l 'language' -d 'Take the language model from here.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" precision' -l 'precision' -d 'Number format of products: bf16 or f32.' -rfka 'bf16 f32'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" activations' -l 'activations' -d 'What quantised weights are multiplied by: int8 or bf16.' -rfka 'int8 bf16'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" lora' -l 'lora' -d 'Add the LoRA adapter in this directory.' -rfa '(__vicuna-decode_complete_directories)'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" batch' -l 'batch' -d 'Answers that are decoded together.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" cache-memory' -l 'cache-memory' -d 'Memory for KV caches that later prompts may go on from.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" kv' -l 'kv' -d 'What keys and values are kept in: bf16 or int8.' -rfka 'bf16 int8'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-tokens' -l 'max-tokens' -d 'Longest answer.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" temperature' -l 'temperature' -d 'Sampling temperature; 0 is greedy.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" top-k' -l 'top-k' -d 'Draw from this many likeliest tokens; 0: all.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" top-p' -l 'top-p' -d 'Nucleus sampling: share of probability.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" repetition-penalty' -l 'repetition-penalty' -d 'Repetition penalty; 1 penalises nothing.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" seed' -l 'seed' -d 'Seed of the draws.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode"' -l 'stop' -d 'End the answer before this text; may be repeated.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" emit' -l 'emit' -d 'What to write: text, the prompt\'s logits, or importance for quantize.' -rfka 'text logits importance'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" stream' -l 'stream' -d 'Show the answer to a single record as it is written.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" deltas' -l 'deltas' -d 'Write each answer\'s text in parts as it comes, before its record.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" unordered' -l 'unordered' -d 'Write answers in the order in which they are done.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" format' -l 'format' -d 'How answers are written: jsonl, text, tsv, or sidecar files (.txt).' -rfka 'jsonl text tsv sidecar'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" keep-prompt' -l 'keep-prompt' -d 'Keep the prompt in the output.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" chat' -l 'chat' -d 'Read chat requests, as chat-complete does, and write replies.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" template' -l 'template' -d 'The template of --chat (default: the model\'s).' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" j threads' -s 'j' -l 'threads' -d 'Threads in all; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-skips' -l 'max-skips' -d 'Stop after more than this many skips, or this share (5%).' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" q quiet' -l 'quiet' -s 'q' -d 'No progress, warnings or summary.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" v verbose' -l 'verbose' -s 'v' -d 'A summary even if nothing was skipped.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" version' -l 'version' -d 'Show the version.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_positional "vicuna-decode" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode help" version' -l 'version' -d 'Show the version.'
