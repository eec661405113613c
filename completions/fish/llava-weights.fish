function __llava-weights_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-weights_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __llava-weights_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-weights_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __llava-weights_parse_tokens -S
    set -l unparsed_tokens (__llava-weights_tokens -pc)
    switch $unparsed_tokens[1]
    case 'llava-weights'
        __llava-weights_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'inspect'
            __llava-weights_parse_subcommand -r 1 'verify' 'json' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        case 'convert'
            __llava-weights_parse_subcommand 1 'o/output=' 'layout=' 'type=' 'shard-size=' 'vision=' 'projector=' 'language=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        case 'quantize'
            __llava-weights_parse_subcommand 1 'o/output=' 'format=' 'vision-format=' 'importance=' 'j/threads=' 'vision=' 'projector=' 'language=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        case 'init'
            __llava-weights_parse_subcommand 1 'o/output=' 'seed=' 'type=' 'vision=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        case 'verify'
            __llava-weights_parse_subcommand 2 'part=+' 'json' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        case 'help'
            __llava-weights_parse_subcommand -r 1 'version'
        end
    end
end

function __llava-weights_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __llava-weights_parse_subcommand -S -a positional_count
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

function __llava-weights_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __llava-weights_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__llava-weights_tokens -p)
    if test -z "$(__llava-weights_tokens -t)"
        set -l index (count (__llava-weights_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'llava-weights' -f
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights" version' -l 'version' -d 'Show the version.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights" -eq 1' -fa 'inspect' -d 'Report what directories hold and whether it makes a complete model.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights" -eq 1' -fa 'convert' -d 'Write a model in another layout.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights" -eq 1' -fa 'quantize' -d 'Write a model as GGUF files with quantised weights.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights" -eq 1' -fa 'init' -d 'Write a new model with random weights, to train from scratch.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights" -eq 1' -fa 'verify' -d 'Compare the weights of two models.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights inspect" -ge 1' -F
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" verify' -l 'verify' -d 'Read all weights and check checksums, digests, NaN and infinity.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" json' -l 'json' -d 'Write a JSON object.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" version' -l 'version' -d 'Show the version.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights inspect" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights convert" -eq 1' -fa '(__llava-weights_complete_directories)'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" o output' -l 'output' -s 'o' -d 'The directory to write, new or empty.' -rfa '(__llava-weights_complete_directories)'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" layout' -l 'layout' -d 'The layout to write: llava-hf or llava.' -rfka 'llava-hf llava'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" type' -l 'type' -d 'Convert all weights to f16, bf16 or f32; default: keep their types.' -rfka 'f16 bf16 f32'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" shard-size' -l 'shard-size' -d 'Largest shard: bytes of weights in one file.' -rfka ''
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" version' -l 'version' -d 'Show the version.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights convert" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights quantize" -eq 1' -F
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" o output' -l 'output' -s 'o' -d 'The directory to write, new or empty.' -rfa '(__llava-weights_complete_directories)'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" format' -l 'format' -d 'Format of the language model\'s matrices.' -rfka 'F32 F16 BF16 Q8_0 Q6_K Q5_K_M Q5_K_S Q5_K Q5_1 Q5_0 Q4_K_M Q4_K_S Q4_K Q4_1 Q4_0'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" vision-format' -l 'vision-format' -d 'Format of the matrices of the vision tower and the projector; default: as --format, but Q8_0 where that has fewer bits.' -rfka 'F32 F16 BF16 Q8_0'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" importance' -l 'importance' -d 'Weight quantisation errors by this importance matrix.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" version' -l 'version' -d 'Show the version.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights quantize" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights init" -eq 1' -fa '(__llava-weights_complete_directories)'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" o output' -l 'output' -s 'o' -d 'The directory to write, new or empty.' -rfa '(__llava-weights_complete_directories)'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" seed' -l 'seed' -d 'Seed of the random numbers.' -rfka ''
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" type' -l 'type' -d 'Type of the weights: f16, bf16 or f32; default: the type in config.json.' -rfka 'f16 bf16 f32'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" version' -l 'version' -d 'Show the version.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights init" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights verify" -eq 1' -F
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_positional "llava-weights verify" -eq 2' -F
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify"' -l 'part' -d 'Compare only this part: vision, projector or language; may be repeated.' -rfka 'vision projector language'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify" json' -l 'json' -d 'Write a JSON object.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify" version' -l 'version' -d 'Show the version.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights verify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-weights' -n '__llava-weights_should_offer_completions_for_flags_or_options "llava-weights help" version' -l 'version' -d 'Show the version.'
