function __instruct-gen_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __instruct-gen_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __instruct-gen_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __instruct-gen_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __instruct-gen_parse_tokens -S
    set -l unparsed_tokens (__instruct-gen_tokens -pc)
    switch $unparsed_tokens[1]
    case 'instruct-gen'
        __instruct-gen_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'prompt'
            __instruct-gen_parse_subcommand 1 'kind=' 'captions=' 'boxes=' 'bbox=' 'compat' 'prompts=' 'ask-teacher' 'instructions=' 'pick=' 'seed=' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        case 'parse'
            __instruct-gen_parse_subcommand 1 'kind=' 'rejected=' 'drop-leaks=' 'truncated=' 'instructions=' 'keep-duplicates' 'keep' 'seed=' 'z/compress' 'o/output=' '0/store' 'level=' 'j/threads=' 'strict' 'max-skips=' 'f/force' 'max-line=' 'q/quiet' 'v/verbose' 'errors=' 'max-record=' 'version' 'h/help'
        case 'help'
            __instruct-gen_parse_subcommand -r 1 'version'
        end
    end
end

function __instruct-gen_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __instruct-gen_parse_subcommand -S -a positional_count
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

function __instruct-gen_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __instruct-gen_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__instruct-gen_tokens -p)
    if test -z "$(__instruct-gen_tokens -t)"
        set -l index (count (__instruct-gen_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'instruct-gen' -f
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen" version' -l 'version' -d 'Show the version.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_positional "instruct-gen" -eq 1' -fa 'prompt' -d 'Make requests from the captions and boxes of images.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_positional "instruct-gen" -eq 1' -fa 'parse' -d 'Make records from a teacher model\'s replies.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_positional "instruct-gen" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_positional "instruct-gen prompt" -eq 1' -F
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" kind' -l 'kind' -d 'conversation, detail, complex or brief.' -rfka 'conversation detail complex brief'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" captions' -l 'captions' -d 'Read COCO\'s captions instead of records.' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" boxes' -l 'boxes' -d 'Read the boxes from this file of COCO\'s instances.' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" bbox' -l 'bbox' -d 'How the boxes of records are written.' -rfka 'fractions corners coco'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" compat' -l 'compat' -d 'Do not clip boxes that reach outside their image.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" prompts' -l 'prompts' -d 'Take the system message and the examples from this directory.' -rfa '(__instruct-gen_complete_directories)'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" ask-teacher' -l 'ask-teacher' -d 'Make requests for the questions of kind brief, too.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" instructions' -l 'instructions' -d 'File with the list of questions (default: the bundled list).' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" pick' -l 'pick' -d 'Which of an image\'s captions kind brief takes.' -rfka 'random first each'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" seed' -l 'seed' -d 'Seed for random choices.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" version' -l 'version' -d 'Show the version.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen prompt" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_positional "instruct-gen parse" -eq 1' -F
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" kind' -l 'kind' -d 'conversation, detail, complex or brief.' -rfka 'conversation detail complex brief'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" rejected' -l 'rejected' -d 'Write rejected replies to this file.' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" drop-leaks' -l 'drop-leaks' -d 'Reject replies that contain a phrase in this file.' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" truncated' -l 'truncated' -d 'How to treat truncated replies.' -rfka 'skip keep'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" instructions' -l 'instructions' -d 'File with the list of questions (default: the bundled list).' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" keep-duplicates' -l 'keep-duplicates' -d 'Accept several replies with the same id.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" keep' -l 'keep' -d 'Keep the other members of the replies.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" seed' -l 'seed' -d 'Seed for random choices.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" compress z' -s 'z' -l 'compress' -d 'Write compressed JSONL, except on a terminal.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" o output' -s 'o' -l 'output' -d 'Write to a file, which appears when it is complete.' -rF
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" 0 store' -s '0' -l 'store' -d 'Store instead of compressing.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" level' -l 'level' -d 'Compression level, 0 (store) to 19.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" j threads' -s 'j' -l 'threads' -d 'Number of threads; default: LLAVA_THREADS, else all cores.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" strict' -l 'strict' -d 'Stop at the first record that would be skipped.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" max-skips' -l 'max-skips' -d 'Stop when more records than this count or share (5%) are skipped.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" f force' -l 'force' -s 'f' -d 'Write binary data to a terminal.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" max-line' -l 'max-line' -d 'Longest JSON line to accept.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" q quiet' -l 'quiet' -s 'q' -d 'Print no progress, warnings or summary.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" v verbose' -l 'verbose' -s 'v' -d 'Print a summary even if nothing was skipped.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" errors' -l 'errors' -d 'How messages are written: text or json.' -rfka 'text json'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" max-record' -l 'max-record' -d 'Largest tensor record to accept.' -rfka ''
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" version' -l 'version' -d 'Show the version.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen parse" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'instruct-gen' -n '__instruct-gen_should_offer_completions_for_flags_or_options "instruct-gen help" version' -l 'version' -d 'Show the version.'
