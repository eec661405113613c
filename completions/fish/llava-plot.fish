function __llava-plot_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-plot_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __llava-plot_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __llava-plot_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __llava-plot_parse_tokens -S
    set -l unparsed_tokens (__llava-plot_tokens -pc)
    switch $unparsed_tokens[1]
    case 'llava-plot'
        __llava-plot_parse_subcommand -r 1 'o/output=' 'format=' 'panels=' 'smooth=' 'x=' 'log-y' 'name=+' 'title=' 'size=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __llava-plot_parse_subcommand -r 1 'version'
        end
    end
end

function __llava-plot_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __llava-plot_parse_subcommand -S -a positional_count
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

function __llava-plot_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __llava-plot_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__llava-plot_tokens -p)
    if test -z "$(__llava-plot_tokens -t)"
        set -l index (count (__llava-plot_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'llava-plot' -f
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_positional "llava-plot" -ge 1' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'jsonl\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" o output' -s 'o' -l 'output' -d 'Write to this file, .svg or .png.' -rfa '(set -l exts \'svg\' \'png\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" format' -l 'format' -d 'svg or png; default: what the file\'s name says, svg on stdout.' -rfka 'svg png'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" panels' -l 'panels' -d 'Comma-separated panels: loss, held-out, accuracy, rate, norm; default: all with data.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" smooth' -l 'smooth' -d 'Half-life of the smoothing average, in steps; 0 for none; default: a hundredth of the run.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" x' -l 'x' -d 'The horizontal axis: step, records or tokens.' -rfka 'step records tokens'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" log-y' -l 'log-y' -d 'Plot loss, held-out loss and gradient norm on logarithmic axes.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot"' -l 'name' -d 'Name of a run, in the order of the logs; may be repeated.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" title' -l 'title' -d 'Title; default: the name of the run if there is only one.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" size' -l 'size' -d 'Width and height, such as 900x1200; default: 900 wide, as high as the panels need.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" strict' -l 'strict' -d 'Stop at the first line that would be skipped.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" f force' -l 'force' -s 'f' -d 'Write a PNG to a terminal.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" max-line' -l 'max-line' -d 'Longest line to accept.' -rfka ''
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" version' -l 'version' -d 'Show the version.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_positional "llava-plot" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'llava-plot' -n '__llava-plot_should_offer_completions_for_flags_or_options "llava-plot help" version' -l 'version' -d 'Show the version.'
