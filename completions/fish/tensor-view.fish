function __tensor-view_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __tensor-view_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __tensor-view_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __tensor-view_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __tensor-view_parse_tokens -S
    set -l unparsed_tokens (__tensor-view_tokens -pc)
    switch $unparsed_tokens[1]
    case 'tensor-view'
        __tensor-view_parse_subcommand 1 'ids' 'json' 'record=' 'tensor=' 'values=' 'png=' 'svg=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __tensor-view_parse_subcommand -r 1 'version'
        end
    end
end

function __tensor-view_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __tensor-view_parse_subcommand -S -a positional_count
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

function __tensor-view_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __tensor-view_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__tensor-view_tokens -p)
    if test -z "$(__tensor-view_tokens -t)"
        set -l index (count (__tensor-view_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'tensor-view' -f
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_positional "tensor-view" -eq 1' -F
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" ids' -l 'ids' -d 'Print only the ids, one per line.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" json' -l 'json' -d 'Print JSON, one object per line: the header, then the records.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" record' -l 'record' -d 'Show only the record with this sequence number.' -rfka ''
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" tensor' -l 'tensor' -d 'Show only the tensor with this name.' -rfka ''
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" values' -l 'values' -d 'Number of values to show of each tensor.' -rfka ''
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" png' -l 'png' -d 'Draw one tensor of one record as a PNG.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'png\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" svg' -l 'svg' -d 'Draw one tensor of one record as an SVG.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'svg\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" version' -l 'version' -d 'Show the version.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_positional "tensor-view" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'tensor-view' -n '__tensor-view_should_offer_completions_for_flags_or_options "tensor-view help" version' -l 'version' -d 'Show the version.'
