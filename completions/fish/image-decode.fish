function __image-decode_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __image-decode_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __image-decode_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __image-decode_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __image-decode_parse_tokens -S
    set -l unparsed_tokens (__image-decode_tokens -pc)
    switch $unparsed_tokens[1]
    case 'image-decode'
        __image-decode_parse_subcommand 1 'exif=' 'max-pixels=' 'f/force' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __image-decode_parse_subcommand -r 1 'version'
        end
    end
end

function __image-decode_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __image-decode_parse_subcommand -S -a positional_count
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

function __image-decode_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __image-decode_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__image-decode_tokens -p)
    if test -z "$(__image-decode_tokens -t)"
        set -l index (count (__image-decode_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'image-decode' -f
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_positional "image-decode" -eq 1' -F
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" exif' -l 'exif' -d 'EXIF orientation: apply it, or ignore it as LLaVA does.' -rfka 'apply ignore'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" max-pixels' -l 'max-pixels' -d 'Largest image to accept, in pixels.' -rfka ''
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" version' -l 'version' -d 'Show the version.'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_positional "image-decode" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'image-decode' -n '__image-decode_should_offer_completions_for_flags_or_options "image-decode help" version' -l 'version' -d 'Show the version.'
