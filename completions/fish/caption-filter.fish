function __caption-filter_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __caption-filter_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __caption-filter_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __caption-filter_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __caption-filter_parse_tokens -S
    set -l unparsed_tokens (__caption-filter_tokens -pc)
    switch $unparsed_tokens[1]
    case 'caption-filter'
        __caption-filter_parse_subcommand 1 'from=' 'caption-key=' 'phrases-from=' 'phrase-key=' 'min-count=' 'cap=' 'cap-counts=' 'seed=' 'stats' 'json' 'plot=' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __caption-filter_parse_subcommand -r 1 'version'
        end
    end
end

function __caption-filter_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __caption-filter_parse_subcommand -S -a positional_count
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

function __caption-filter_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __caption-filter_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__caption-filter_tokens -p)
    if test -z "$(__caption-filter_tokens -t)"
        set -l index (count (__caption-filter_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'caption-filter' -f
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_positional "caption-filter" -eq 1' -F
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" from' -l 'from' -d 'The input\'s format.' -rfka 'auto jsonl array tsv'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" caption-key' -l 'caption-key' -d 'The member that holds the caption (default: caption, else the answer in conversations).' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" phrases-from' -l 'phrases-from' -d 'Take phrases from the list in this member, not from captions.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" phrase-key' -l 'phrase-key' -d 'Which spellings count as one phrase.' -rfka 'as-is lower lemma head'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" min-count' -l 'min-count' -d 'Ignore phrases that occur in fewer captions.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" cap' -l 'cap' -d 'Largest number of captions taken for one phrase.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" cap-counts' -l 'cap-counts' -d 'Which captions count toward the cap: the phrase\'s own, or all selected.' -rfka 'own selected'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" seed' -l 'seed' -d 'Seed for sampling captions.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" stats' -l 'stats' -d 'Print figures instead of records.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" json' -l 'json' -d 'Print the figures of --stats as JSON.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" plot' -l 'plot' -d 'Plot the phrases\' counts before and after, as .svg or .png.' -rfa '(set -l exts \'svg\' \'png\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" version' -l 'version' -d 'Show the version.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_positional "caption-filter" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'caption-filter' -n '__caption-filter_should_offer_completions_for_flags_or_options "caption-filter help" version' -l 'version' -d 'Show the version.'
