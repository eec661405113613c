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
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" precision' -l 'precision' -d 'Number format of matrix products: bf16 or f32.' -rfka 'bf16 f32'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" activations' -l 'activations' -d 'Format of the activations that quantised weights multiply: int8 or bf16.' -rfka 'int8 bf16'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" lora' -l 'lora' -d 'Add the LoRA adapter in this directory.' -rfa '(__vicuna-decode_complete_directories)'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" batch' -l 'batch' -d 'Sequences decoded together.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" cache-memory' -l 'cache-memory' -d 'Memory for KV caches kept for later prompts with the same prefix.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" kv' -l 'kv' -d 'Number format of the KV cache: bf16 or int8.' -rfka 'bf16 int8'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-tokens' -l 'max-tokens' -d 'Longest answer, in tokens.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" temperature' -l 'temperature' -d 'Sampling temperature; 0 is greedy.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" top-k' -l 'top-k' -d 'Sample from this many likeliest tokens; 0: all.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" top-p' -l 'top-p' -d 'Nucleus sampling: share of probability to keep.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" repetition-penalty' -l 'repetition-penalty' -d 'Repetition penalty; 1 for none.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" seed' -l 'seed' -d 'Seed for sampling.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode"' -l 'stop' -d 'End the answer before this text; may be repeated.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" emit' -l 'emit' -d 'What to write: answers, the logits of prompts, or an importance matrix.' -rfka 'text logits importance'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" stream' -l 'stream' -d 'Show each answer on stderr as it is generated, one record at a time.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" deltas' -l 'deltas' -d 'Write the text of each answer in parts as it is generated, before its record.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" unordered' -l 'unordered' -d 'Write answers in the order in which they finish.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" format' -l 'format' -d 'How answers are written: jsonl, text, tsv, or sidecar files (.txt).' -rfka 'jsonl text tsv sidecar'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" keep-prompt' -l 'keep-prompt' -d 'Keep the prompt in the output.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" chat' -l 'chat' -d 'Answer chat requests as chat-complete does.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" template' -l 'template' -d 'Conversation template for --chat (default: the model\'s).' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" version' -l 'version' -d 'Show the version.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_positional "vicuna-decode" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'vicuna-decode' -n '__vicuna-decode_should_offer_completions_for_flags_or_options "vicuna-decode help" version' -l 'version' -d 'Show the version.'
