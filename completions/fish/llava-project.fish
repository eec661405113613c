function __llava-project_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-project_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __llava-project_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-project_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __llava-project_parse_tokens -S
    set -l unparsed_tokens (__llava-project_tokens -pc)
    switch $unparsed_tokens[1]
    case 'llava-project'
        __llava-project_parse_subcommand 1 'm/model=' 'vision=' 'projector=' 'language=' 'precision=' 'activations=' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __llava-project_parse_subcommand -r 1 'version'
        end
    end
end

function __llava-project_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __llava-project_parse_subcommand -S -a positional_count
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

function __llava-project_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __llava-project_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__llava-project_tokens -p)
    if test -z "$(__llava-project_tokens -t)"
        set -l index (count (__llava-project_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'llava-project' -f
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_positional "llava-project" -eq 1' -F
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" m model' -s 'm' -l 'model' -d 'The model directory; default: LLAVA_MODEL.' -rfa '(__llava-project_complete_directories)'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" vision' -l 'vision' -d 'Take the vision tower from this path.' -rF
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" projector' -l 'projector' -d 'Take the projector from this path.' -rF
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" language' -l 'language' -d 'Take the language model from this path.' -rF
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" precision' -l 'precision' -d 'Number format of matrix products: bf16 or f32.' -rfka 'bf16 f32'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" activations' -l 'activations' -d 'Format of the activations that quantised weights multiply: int8 or bf16.' -rfka 'int8 bf16'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" version' -l 'version' -d 'Show the version.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_positional "llava-project" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'llava-project' -n '__llava-project_should_offer_completions_for_flags_or_options "llava-project help" version' -l 'version' -d 'Show the version.'
